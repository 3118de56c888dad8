import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { ROOT, theCodeOf } from '../support/pages.js';
import { BRISK } from '../support/people.js';
import { freePort } from '../support/redis.js';

const PAGE = 'docs/older-protocols.md';
const PATIENCE = { timeout: 10_000 };

let app: TestApp;
let folder: string;
let env: NodeJS.ProcessEnv;
const running: ChildProcess[] = [];

beforeAll(async () => {
  const grpcPort = await freePort();
  app = await TestApp.start({ ...BRISK, GRPC_PORT: String(grpcPort) });
  await app.befriend('alice', 'bob');
  // Within the repository, whose packages the examples find.
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  folder = await mkdtemp(join(ROOT, '.cache/examples-'));
  env = {
    ...process.env,
    LAMPLIGHT: app.url,
    TOKEN: app.token('alice'),
    GRPC: `127.0.0.1:${grpcPort}`,
    PROTO: join(ROOT, 'src/transports/grpc/status.proto'),
  };
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill();
});
afterAll(async () => {
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs an example of the page as it stands; answers what it has printed so far. */
async function start(name: string): Promise<() => string> {
  const path = join(folder, name);
  await writeFile(path, await theCodeOf(PAGE, `js ${name}`));
  const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (printed += text.toString()));
  return () => printed;
}

/** Bob comes while the example runs, and goes. */
async function bobPassesBy(coming: () => boolean, going: () => boolean): Promise<void> {
  const bob = await graphql.connect(app, 'bob', {});
  await expect.poll(coming, PATIENCE).toBe(true);
  await bob.leave();
  await expect.poll(going, PATIENCE).toBe(true);
}

it('a client of the older REST gets its answers by the calls of the page', async () => {
  const script = `set -euo pipefail\n${await theCodeOf(PAGE, 'sh rest.sh')}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
  expect(stdout).not.toContain('"success":false');
  expect(stdout).toContain('"user_id":"bob","status":"offline"');
  expect(stdout).toContain('"count":0');
  expect(stdout).toContain('"show_last_seen":false');
  expect(stdout).toContain('"customStatus":"DO_NOT_DISTURB"');
});

it('the plain WebSocket of the page is told who comes and goes', async () => {
  const printed = await start('ws.mjs');
  await expect.poll(printed, PATIENCE).toContain('{"type":"ready","data":{"user_id":"alice"}}');
  await bobPassesBy(
    () => printed().includes('"user_id":"bob","status":"online"'),
    () => printed().includes('"user_id":"bob","status":"offline"'),
  );
});

it('the Socket.IO client of the page asks, and is told', async () => {
  const printed = await start('socketio.mjs');
  await expect.poll(printed, PATIENCE).toMatch(/userId: 'bob',\s+isOnline: false/);
  await bobPassesBy(
    () => printed().includes('bob is online'),
    () => printed().includes('bob has left'),
  );
});

it('the gRPC client of the page asks, and is told', async () => {
  const printed = await start('grpc.mjs');
  await expect.poll(printed, PATIENCE).toMatch(/user_id: 'bob',\s+status: 'OFFLINE'/);
  await expect.poll(printed, PATIENCE).toContain('bob OFFLINE');
  await bobPassesBy(
    () => printed().includes('bob ONLINE'),
    () => printed().trimEnd().endsWith('bob OFFLINE'),
  );
});
