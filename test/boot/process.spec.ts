import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startPostgres } from '../support/postgres.js';
import { LamplightProcess } from '../support/process.js';

let folder: string;
const running: LamplightProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamplight-process-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function start(env: Readonly<Record<string, string>> = {}): LamplightProcess {
  const process = LamplightProcess.spawn({ PORT: '0', ...env }, folder);
  running.push(process);
  return process;
}

/** The free port of this machine that it listens on. */
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Command lines of the processes that know our folder. */
async function processesHere(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

describe('a developer who starts it with nothing set', () => {
  it('gets a running service, people to try it with, and is rid of it within two seconds', async () => {
    const process = start();
    const url = await process.ready();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const answer = await fetch(`${url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"carol"}',
    });
    expect(answer.status).toBe(200);
    expect(process.stdout).toContain('/dev/token');

    const before = performance.now();
    expect(await process.stop('SIGINT')).toBe(0);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await processesHere()).toEqual([]);
  });

  it('stops it in good order with one Ctrl-C, although under npm that arrives twice', async () => {
    const process = start();
    await process.ready();
    process.child.kill('SIGINT');
    expect(await process.stop('SIGINT')).toBe(0);
    expect(await processesHere()).toEqual([]);
  });

  it('can start a second one in the same folder only after the first has ended', async () => {
    await start().ready();
    const second = start();
    expect(await second.exit()).not.toBe(0);
    expect(second.stderr).toContain('DATA_DIR');
  });
});

describe('an operator', () => {
  it('is told about a wrong setting by its name, also from a .env file, and at once', async () => {
    await writeFile(join(folder, '.env'), 'HEARTBEAT_SECONDS=0\nTYPING_TTL_MS=5\n');
    const process = start({ TYPING_TTL_MS: '5000', NODE_ENV: 'production' });
    expect(await process.exit()).not.toBe(0);
    expect(process.stderr).toContain('HEARTBEAT_SECONDS');
    expect(process.stderr).toContain('JWT_SECRET');
    expect(process.stderr).not.toContain('TYPING_TTL_MS');
  });

  it('does not get it started on a port that is taken', async () => {
    const taken = createServer();
    const process = start({ PORT: String(await listen(taken)) });
    expect(await process.exit()).not.toBe(0);
    expect(process.stderr).toContain('EADDRINUSE');
    expect(await processesHere()).toEqual([]);
    taken.close();
  });

  it('runs it in production with a database of their own, and it says so in one line of JSON', async () => {
    const database = await startPostgres();
    const process = start({ NODE_ENV: 'production', JWT_SECRET: 's'.repeat(32), DATABASE_URL: database.url });
    const url = await process.ready();
    expect((await fetch(`${url}/dev/token`, { method: 'POST' })).status).toBe(404);
    expect(
      process.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toHaveLength(1);
    expect(await process.stop()).toBe(0);
    await database.drop();
  });

  it('hears without the password that the database refuses', async () => {
    const closed = createServer((socket) => socket.end(refusal));
    const port = await listen(closed);
    const process = start({ DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${port}/x` });
    expect(await process.exit()).not.toBe(0);
    expect(process.stderr).toContain('DATABASE_URL');
    expect(process.stderr).not.toContain('hunter2');
    closed.close();
  });
});

// What a server says to a wrong password: an ErrorResponse with SQLSTATE 28P01.
const fields = 'SFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0';
const refusal = Buffer.alloc(5 + fields.length);
refusal.write('E');
refusal.writeUInt32BE(4 + fields.length, 1);
refusal.write(fields, 5);
