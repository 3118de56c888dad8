import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { TestBrowser } from './browser.js';
import { Screen } from './screen.js';

/** What a browser writes to its console when nobody answers; not ours to prevent. */
const NOBODY_THERE = /ERR_CONNECTION_REFUSED|WebSocket connection to/;

vi.setConfig({ testTimeout: 60_000 });

let database: TestDatabase;
let app: TestApp;
let browser: TestBrowser;

beforeAll(async () => {
  database = await startPostgres();
  app = await TestApp.start({ ...BRISK, DATABASE_URL: database.url });
  await app.befriend('alice', 'bob');
  await app.gather('lobby', 'alice', 'bob');
  browser = await TestBrowser.open(app.url);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
  await database?.drop();
});

it('a page survives the restart of its server without anybody reloading it', async () => {
  const page = await browser.page('/demo');
  const [alice, bob] = [new Screen(page, 0), new Screen(page, 1)];
  await alice.sees('bob', 'ONLINE');
  const { port } = new URL(app.url);
  browser.forgive(NOBODY_THERE);
  await app.stop();
  await alice.reads(/Reconnecting…/);
  app = await TestApp.start({ ...BRISK, DATABASE_URL: database.url, PORT: port });
  await alice.reads('Live', 30_000);
  await bob.reads('Live', 30_000);
  await alice.sees('bob', 'ONLINE');
  await alice.types('Still there?');
  await bob.reads('alice is typing…');
  expect(browser.complaints).toEqual([]);
});
