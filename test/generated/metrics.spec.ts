import { expect, it } from 'vitest';

import { METRICS, PROCESS_METRICS } from '../../src/kernel/metrics/metrics.table.js';

const HEAD = `# Metrics

\`GET /metrics\` answers in the text format of Prometheus; in production it wants \`Authorization: Bearer SERVICE_TOKEN\`.
Every instance has to be read by itself. No label grows with the number of users: each has the values that stand here,
and no others. This page is written from \`src/kernel/metrics/metrics.table.ts\` by \`npm run docs\`.

| metric | kind | labels | what it says |
| --- | --- | --- | --- |
`;

const TAIL = `
Histograms are in seconds, with \`_bucket\`, \`_sum\` and \`_count\`. Besides, from prom-client, about the process
(of the lag of the event loop the least, the most and all between are the time from one look to the next, 50 ms later;
0.05 is no lag):

`;

/** A stale page fails here; `npm run docs` writes it anew. */
it('an operator reads about every metric on one page that is up to date', async () => {
  const rows = Object.values(METRICS).map(({ name, kind, help, labels }) => {
    const all = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values.join(', ')}`);
    return `| \`${name}\` | ${kind} | ${all.join('<br>')} | ${help} |\n`;
  });
  const process = PROCESS_METRICS.map((name) => `- \`${name}\`\n`);
  await expect(HEAD + rows.join('') + TAIL + process.join('')).toMatchFileSnapshot('../../docs/metrics.md');
});
