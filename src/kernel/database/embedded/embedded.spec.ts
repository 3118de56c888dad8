import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startEmbedded } from './embedded.js';
import type { Embedded } from './embedded.js';
import { isPostgres, readServerFile } from './server-file.js';
import { DataDirInUse } from './server.js';

let folder: string;
const started: Embedded[] = [];
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamplight-embedded-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir = folder): Promise<Embedded> {
  const server = await startEmbedded(dataDir);
  started.push(server);
  return server;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that owns the folder, until it is killed. */
async function startElsewhere(): Promise<ChildProcess> {
  const child = fork(new URL('./owner.fixture.mjs', import.meta.url), [folder], {
    execArgv: ['--experimental-transform-types', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('The other process did not start'))),
  ]);
  return child;
}

describe('a developer without a database', () => {
  it('finds what was stored again after a restart', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(await ask((await start()).url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('loses nothing in a power cut: commits wait for the disk', async () => {
    const { url } = await start();
    expect(
      await ask(
        url,
        "SELECT string_agg(setting, ',' ORDER BY name) AS settings FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')",
      ),
    ).toEqual([{ settings: 'on,on,on' }]);
  });

  it('may have it deep in the tree, in a folder with spaces', async () => {
    const deep = join(folder, 'a folder with spaces', 'x'.repeat(120));
    await mkdir(deep, { recursive: true });
    expect(await ask((await start(deep)).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('may work in a folder that is closed to everybody else', async () => {
    await chmod(folder, 0o700);
    expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('leaves no process behind after stopping', async () => {
    const server = await start();
    const pid = await serverPid();
    await server.stop();
    expect(await isPostgres(pid)).toBe(false);
    expect(await readServerFile(join(folder, 'postgres'))).toBeNull();
  });
});

describe('a server that dies', () => {
  it('is started again, at the same address', async () => {
    const { url } = await start();
    const pid = await serverPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]), {
      timeout: 15_000,
      interval: 100,
    });
    expect(await serverPid()).not.toBe(pid);
  });
});

describe('two that share a folder', () => {
  it('are told apart: the second one is refused politely and the first goes on', async () => {
    const { url } = await start();
    await expect(startEmbedded(folder)).rejects.toThrow(DataDirInUse);
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('that start in the same moment: one gets it', async () => {
    const [one, two] = await Promise.allSettled([startEmbedded(folder), startEmbedded(folder)]);
    for (const attempt of [one, two]) if (attempt.status === 'fulfilled') started.push(attempt.value);
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected']);
    for (const attempt of [one, two])
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(DataDirInUse);
  });
});

describe('someone who is killed', () => {
  it('takes the server with them, and the next start finds everything', async () => {
    const owner = await startElsewhere();
    const pid = await serverPid();
    owner.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isPostgres(pid)).toBe(false), { timeout: 10_000 });
    expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('and is back at once gets the folder', async () => {
    const owner = await startElsewhere();
    owner.kill('SIGKILL');
    expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('together with whoever should have cleaned up leaves a server that the next start takes over', async () => {
    const owner = await startElsewhere();
    const pid = await serverPid();
    for (const watchdog of await watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await start();
    expect(await serverPid()).toBe(pid);
  });
});

async function serverPid(): Promise<number> {
  return (await readServerFile(join(folder, 'postgres')))?.pid ?? 0;
}

async function watchdogsOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (name) => [Number(name), await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')] as const),
  );
  return lines.filter(([, line]) => line.includes(`lamplight-watchdog\0${pid}\0`)).map(([watchdog]) => watchdog);
}
