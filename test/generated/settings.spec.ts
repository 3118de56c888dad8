import { expect, it } from 'vitest';

import { SETTINGS } from '../../src/kernel/config/settings.js';

const HEAD = `# Settings

Environment variables; a \`.env\` file in the working directory is read too, and the environment wins. Every one is
checked at start: a wrong one stops it with a sentence that names it. This page is written from
\`src/kernel/config/settings.ts\` by \`npm run docs\`.

| variable | unit | default | why one would change it |
| --- | --- | --- | --- |
`;

/** A stale page fails here; \`npm run docs\` writes it anew. */
it('an operator reads about every setting on one page that is up to date', async () => {
  const rows = Object.values(SETTINGS).map(
    ({ name, unit, fallback, without, why }) =>
      `| \`${name}\` | ${unit} | ${fallback === null ? (without ?? '') : `\`${fallback}\``} | ${why} |\n`,
  );
  await expect(HEAD + rows.join('')).toMatchFileSnapshot('../../docs/settings.md');
});
