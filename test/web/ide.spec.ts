import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { createLamplightClient } from '../../client/src/index.js';
import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { TestBrowser } from './browser.js';

vi.setConfig({ testTimeout: 60_000 });

let app: TestApp;
let browser: TestBrowser;

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend('alice', 'bob');
  browser = await TestBrowser.open(app.url);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

it('a subscription in the IDE shows live events, signed in with a click', async () => {
  const page = await browser.page('/graphql');
  await page.getByText('Signed in as alice').waitFor();
  await page.locator('.graphiql-query-editor').getByText('statusChanged').waitFor();
  await page.getByRole('button', { name: /Execute query/ }).click();
  const answer = page.locator('.graphiql-response');
  await answer.getByText('"OFFLINE"').waitFor();
  const bob = createLamplightClient({ url: app.url, token: () => app.token('bob'), platform: 'DESKTOP' });
  await answer.getByText('"DESKTOP"').waitFor();
  await answer.getByText('"ONLINE"').waitFor();
  bob.dispose();
  await answer.getByText('"OFFLINE"').waitFor();
  await page.close();
  expect(browser.complaints).toEqual([]);
});

it('the bar above the editor decides who asks', async () => {
  const page = await browser.page('/graphql');
  // An editor that is still being loaded would put what was in the first tab into the next one.
  await page.locator('.graphiql-query-editor').getByText('statusChanged').waitFor();
  await page.getByRole('button', { name: 'bob', exact: true }).click();
  await page.getByText('Signed in as bob').waitFor();
  await page.getByRole('tab', { name: 'Me', exact: true }).click();
  await page.locator('.graphiql-query-editor').getByText('customStatus').waitFor();
  await page.getByRole('button', { name: /Execute query/ }).click();
  await page.locator('.graphiql-response').getByText('"bob"').first().waitFor();
  await page.close();
  expect(browser.complaints).toEqual([]);
});
