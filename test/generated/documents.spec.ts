import { expect, it } from 'vitest';

import { documents } from '../../scripts/client-documents.js';

/** Stale documents fail here; `npm run docs` writes them anew. */
it('the documents of the client are those of the schema', async () => {
  await expect(await documents()).toMatchFileSnapshot('../../client/src/documents.ts');
});
