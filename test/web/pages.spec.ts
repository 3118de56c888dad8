import { afterAll, beforeAll, expect, it } from 'vitest';

import { TestApp } from '../support/app.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

let development: TestApp;
let production: TestApp;

beforeAll(async () => {
  [development, production] = await Promise.all([
    TestApp.start(),
    TestApp.start({ NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://app.example' }),
  ]);
});
afterAll(() => Promise.all([development.stop(), production.stop()]));

it('production has neither a demo nor an IDE', async () => {
  for (const path of ['/demo', '/demo/', '/demo/assets/x.js', '/graphql-ide/assets/x.js']) {
    expect((await fetch(production.url + path, { headers: BROWSER })).status).toBe(404);
  }
  const answer = await fetch(`${production.url}/graphql`, { headers: BROWSER });
  expect(answer.headers.get('content-type')).not.toContain('text/html');
});

it('a client of the API is never given a page', async () => {
  const query = `${development.url}/graphql?query=${encodeURIComponent('{ __typename }')}`;
  for (const accept of ['*/*', 'application/json', 'application/graphql-response+json'])
    expect(
      (await fetch(query, { headers: { accept, 'apollo-require-preflight': '1' } })).headers.get('content-type'),
    ).toContain('json');
});

it('nobody climbs out of the pages', async () => {
  for (const path of ['/demo/assets/..%2f..%2f..%2fpackage.json', '/demo/assets/%2e%2e/index.html'])
    expect((await fetch(development.url + path)).status).not.toBe(200);
});
