import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { createLamplightClient } from '../../client/src/index.js';
import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { TestBrowser } from './browser.js';

vi.setConfig({ testTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../..');
const PEERS = ['@apollo/client', 'graphql', 'graphql-ws', 'react', 'react-dom', 'rxjs'];
const run = promisify(execFile);

let app: TestApp;
let project: string;
let preview: { close(): Promise<void>; url: string };

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend('alice', 'bob', 'carol', 'dave');
  project = await mkdtemp(join(tmpdir(), 'lamplight-app-'));
  await install();
  await write();
  preview = await serve();
}, 120_000);
afterAll(async () => {
  await preview?.close();
  await app?.stop();
  await rm(project, { recursive: true, force: true });
});

it('the example of the documents runs in a project of its own, with the package as it is packed', async () => {
  const browser = await TestBrowser.open(preview.url, {}, [app.url]);
  try {
    const page = await browser.page('/');
    const friend = (status: string) => page.locator(`p[data-status="${status}"]`);
    await friend('OFFLINE').getByText('bob: Offline').waitFor();
    const bob = createLamplightClient({ url: app.url, token: () => app.token('bob') });
    await friend('ONLINE').getByText('bob: Online').waitFor();
    bob.dispose();
    await friend('OFFLINE').getByText('bob: last seen just now').waitFor();
    expect(browser.complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

it('people who come on screen and leave it cost one more subscription, and nothing for the others', async () => {
  const browser = await TestBrowser.open(preview.url, {}, [app.url]);
  const bob = createLamplightClient({ url: app.url, token: () => app.token('bob') });
  try {
    const watched: string[][] = [];
    const who = new URLSearchParams({ url: app.url, token: app.token('alice') });
    const page = await browser.page(`/list.html#${who}`, (opened) => note(opened, watched));
    await page.getByText('bob: ONLINE').waitFor();
    await page.getByText('carol: OFFLINE').waitFor();
    await page.getByLabel('Who is on screen').fill('carol bob dave nobody-at-all');
    await page.getByText('dave: OFFLINE').waitFor();
    await page.getByText('nobody-at-all: nobody').waitFor();
    expect(watched.filter((ids) => ids.includes('bob'))).toHaveLength(1);
    bob.dispose();
    await page.getByText('bob: OFFLINE').waitFor();
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

/** Two pages: the example of the documents, and a list that changes. */
async function write(): Promise<void> {
  const page = (script: string) =>
    `<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/${script}"></script>`;
  const config = `export default { build: { rolldownOptions: { input: ['index.html', 'list.html'] } } };`;
  await Promise.all([
    writeFile(join(project, 'main.tsx'), await example()),
    writeFile(join(project, 'index.html'), page('main.tsx')),
    copyFile(join(import.meta.dirname, 'fixture/list.tsx'), join(project, 'list.tsx')),
    writeFile(join(project, 'list.html'), page('list.tsx')),
    writeFile(join(project, 'vite.config.mjs'), config),
  ]);
}

/** The tarball, unpacked as npm would, beside the peers of this repository. */
async function install(): Promise<void> {
  const modules = join(project, 'node_modules');
  const target = join(modules, '@lamplight/client');
  await mkdir(target, { recursive: true });
  await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: join(ROOT, 'client') });
  await run('tar', ['-xzf', join(project, 'lamplight-client-0.1.0.tgz'), '--strip-components=1', '-C', target]);
  for (const peer of PEERS) {
    await mkdir(dirname(join(modules, peer)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', peer), join(modules, peer));
  }
}

async function example(): Promise<string> {
  const text = await readFile(join(ROOT, 'docs/clients.md'), 'utf8');
  const code = /```tsx main\.tsx\n(.*?)```/s.exec(text)?.[1];
  if (code === undefined) throw new Error('The documents have no main.tsx');
  return code;
}

/** Built and served by Vite in a process of its own, as a front-end developer would. */
async function serve(): Promise<typeof preview> {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const env = { ...process.env, NODE_ENV: 'production', VITE_LAMPLIGHT: app.url };
  await run(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: project, env });
  const { preview: start } = await import('vite');
  const server = await start({ root: project, configFile: false, preview: { host: '127.0.0.1', port: 0 } });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('It does not listen');
  return { close: () => server.close(), url: `http://127.0.0.1:${address.port}` };
}
