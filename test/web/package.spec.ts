import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { createLamplightClient } from '../../client/src/index.js';
import { TestApp } from '../support/app.js';
import { ROOT, theCodeOf } from '../support/pages.js';
import { BRISK } from '../support/people.js';
import { TestBrowser } from './browser.js';

vi.setConfig({ testTimeout: 120_000 });

const PAGE = 'docs/clients.md';
/** What the commands of the page call it. */
const PROJECT = 'hello-presence';
const run = promisify(execFile);

let app: TestApp;
let folder: string;
let preview: ChildProcess | undefined;
let url: string;

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend('alice', 'bob');
  folder = await mkdtemp(join(tmpdir(), 'lamplight-package-'));
  // What somebody has who has just cloned this repository.
  await symlink(ROOT, join(folder, 'lamplight'));
  await run('bash', ['-c', `set -euo pipefail\n${await theCodeOf(PAGE, 'sh setup')}`], { cwd: folder, env: plain() });
  for (const name of ['index.html', 'main.tsx'])
    await writeFile(join(folder, PROJECT, name), await theCodeOf(PAGE, `${name.split('.')[1]} ${name}`));
  url = await serve();
}, 300_000);
afterAll(async () => {
  preview?.kill();
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a page written only from the documents shows somebody come and go', async () => {
  const browser = await TestBrowser.open(url, {}, [app.url]);
  const page = await browser.page('/');
  const friend = (status: string) => page.locator(`p[data-status="${status}"]`);
  await friend('OFFLINE').getByText('bob: Offline').waitFor();
  const bob = createLamplightClient({ url: app.url, token: () => app.token('bob') });
  try {
    await friend('ONLINE').getByText('bob: Online').waitFor();
    await bob.myself.setStatus({ status: 'DO_NOT_DISTURB', message: { text: 'Reading' } });
    await friend('DO_NOT_DISTURB').getByText('bob: Do not disturb Reading').waitFor();
    bob.dispose();
    await friend('OFFLINE').getByText('bob: last seen just now').waitFor();
    expect(browser.complaints).toEqual([]);
  } finally {
    bob.dispose();
    await browser.close();
  }
});

/** Built and served by the project's own Vite, as a front-end developer would. */
async function serve(): Promise<string> {
  const cwd = join(folder, PROJECT);
  const vite = join(cwd, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build'], { cwd, env: { ...plain(), VITE_LAMPLIGHT: app.url } });
  const server = spawn(process.execPath, [vite, 'preview', '--host', '127.0.0.1', '--port', '0'], {
    cwd,
    env: plain(),
  });
  preview = server;
  let printed = '';
  for (;;) {
    const [text] = (await once(server.stdout, 'data', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
    printed += text.toString();
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(stripVTControlCharacters(printed));
    if (found) return found[0];
  }
}

/** Somebody's shell: nothing of the tests' own settings, so that npm and Vite do what they do by default. */
function plain(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|VITE|VITEST|NODE_ENV$)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
