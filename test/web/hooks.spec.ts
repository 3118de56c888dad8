import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { createLamplightClient } from '../../client/src/index.js';
import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { TestBrowser } from './browser.js';

vi.setConfig({ testTimeout: 60_000 });

const CLIENT = join(import.meta.dirname, '../../client/src');

let app: TestApp;
let outDir: string;
let server: PreviewServer;
let url: string;

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend('alice', 'bob', 'carol', 'dave');
  outDir = await mkdtemp(join(tmpdir(), 'lamplight-list-'));
  // As the tests' environment is not production, React keeps its checks, and mounts everything twice.
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'fixture'),
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^@lamplight\/client\/react$/, replacement: join(CLIENT, 'react/index.ts') },
        { find: /^@lamplight\/client$/, replacement: join(CLIENT, 'index.ts') },
      ],
    },
    build: { outDir, minify: false },
  });
  server = await preview({ configFile: false, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  const address = server.httpServer.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(async () => {
  await server?.close();
  await app?.stop();
  await rm(outDir, { recursive: true, force: true });
});

it('people who scroll into view and out of it cost one more subscription, and nothing for the others', async () => {
  const browser = await TestBrowser.open(url, {}, [app.url]);
  const bob = createLamplightClient({ url: app.url, token: () => app.token('bob') });
  try {
    const watched: string[][] = [];
    const who = new URLSearchParams({ url: app.url, token: app.token('alice') });
    const page = await browser.page(`/#${who}`, (opened) => note(opened, watched));
    await page.getByText('bob: ONLINE').waitFor();
    await page.getByText('carol: OFFLINE').waitFor();
    await page.getByLabel('Who is on screen').fill('carol bob dave nobody-at-all');
    await page.getByText('dave: OFFLINE').waitFor();
    await page.getByText('nobody-at-all: nobody').waitFor();
    await page.getByLabel('Who is on screen').fill('dave bob');
    bob.dispose();
    await page.getByText('bob: OFFLINE').waitFor();
    expect(watched.filter((ids) => ids.includes('bob'))).toHaveLength(1);
    expect(browser.complaints).toEqual([]);
  } finally {
    bob.dispose();
    await browser.close();
  }
});

/** Writes down the ids of every watch that the page asks for. */
function note(page: Page, watched: string[][]): void {
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(String(payload)) as { payload?: { variables?: { userIds?: string[] } } };
      const ids = message.payload?.variables?.userIds;
      if (ids) watched.push(ids);
    }),
  );
}
