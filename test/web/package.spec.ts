import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

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
  await app.befriend('alice', 'bob');
  project = await mkdtemp(join(tmpdir(), 'lamplight-app-'));
});
afterAll(async () => {
  await preview?.close();
  await app?.stop();
  await rm(project, { recursive: true, force: true });
});

it('the example of the documents runs in a project of its own, with the package as it is packed', async () => {
  await install();
  await writeFile(join(project, 'main.tsx'), await example());
  await writeFile(
    join(project, 'index.html'),
    '<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/main.tsx"></script>',
  );
  preview = await serve();

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
