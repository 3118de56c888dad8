import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';

import { serverEnvironment, USER } from './cluster.js';
import type { Cluster } from './cluster.js';
import { isPostgres, readServerFile, removeSocketFolder } from './server-file.js';

/** A running server that we own. */
export interface Server {
  readonly pid: number;
  /** The folder of its Unix socket. */
  readonly socket: string;
  /** Holds the lock that makes us the owner; the server drops it when we die, however we die. */
  readonly owner: pg.Client;
}

export type ServerSettings = Readonly<Record<string, string>>;

export class DataDirInUse extends Error {}

const OWNER_LOCK = 7_263_510_001;
const POLL_MS = 20;
const CONNECT_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 60_000;
const LEFT_BEHIND_TIMEOUT_MS = 20_000;
/** How long the session of an owner that was killed may linger. */
const OWNER_GONE_MS = 3_000;
/** By then a watchdog of the previous owner has ended the server, if it is going to. */
const SETTLED_MS = 500;

// A presence server's database on somebody's laptop: small, quiet, and safe against a power cut.
const SETTINGS: ServerSettings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  io_method: 'sync',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  dynamic_shared_memory_type: 'mmap',
  synchronous_commit: 'on',
  log_min_messages: 'fatal',
  log_min_error_statement: 'panic',
};

export const urlOf = (socket: string, database: string) =>
  `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(socket)}`;

/** The server a previous owner has left running, or null when there is none. Refuses when somebody owns it. */
export async function adopt(cluster: Cluster): Promise<Server | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const file = await readServerFile(cluster.folder);
    if (file === null) return null;
    if (!(await isPostgres(file.pid))) {
      // The number may belong to another program by now, which Postgres itself would take for a running server.
      await rm(join(cluster.folder, 'postmaster.pid'), { force: true });
      await removeSocketFolder(file.socket);
      return null;
    }
    const owner = await connectOwner(file.socket);
    if (owner !== null && (await outlives(owner, SETTLED_MS))) return { ...file, owner };
    if (waited >= LEFT_BEHIND_TIMEOUT_MS)
      throw new Error(`A Postgres (process ${file.pid}) holds ${cluster.folder} and does not answer`);
    await wait(POLL_MS);
  }
}

/** Starts a server with its socket in `socket`, a short path: a Unix socket's has room for about 100 characters. */
export async function launch(cluster: Cluster, socket: string, settings: ServerSettings): Promise<Server> {
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await chmod(socket, 0o700);
  await cluster.account.own(socket);
  const child = spawnServer(cluster, { ...SETTINGS, ...settings, unix_socket_directories: socket });
  const failed = once(child, 'exit').then(() => 'failed' as const);

  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    const owner = await connectOwner(socket);
    if (owner !== null && child.pid !== undefined) return { pid: child.pid, socket, owner };
    if ((await Promise.race([failed, wait(POLL_MS)])) === 'failed') break;
  }
  child.kill('SIGQUIT');
  await removeSocketFolder(socket);
  throw await explain(cluster);
}

function spawnServer(cluster: Cluster, settings: ServerSettings): ChildProcess {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, args, ...as } = cluster.account.command(cluster.postgres, ['-D', cluster.folder, ...flags]);
  const log = openSync(cluster.logFile, 'w', 0o600);
  // Detached: Ctrl-C is for us, and the server stops when we have drained.
  const child = spawn(file, args, {
    ...as,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: serverEnvironment(),
  });
  child.on('error', () => child.emit('exit', null));
  closeSync(log);
  child.unref();
  return child;
}

async function explain({ logFile }: Cluster): Promise<Error> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  if (log.includes('lock file "postmaster.pid"')) return inUse();
  return new Error(`The embedded Postgres did not start: ${log.trim().split('\n').at(-1) ?? ''}`);
}

/** A session that owns the server, or null while it takes no connections. Refuses when somebody else owns it. */
async function connectOwner(socket: string): Promise<pg.Client | null> {
  const client = new pg.Client({
    connectionString: urlOf(socket, 'postgres'),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'lamplight-owner',
  });
  client.on('error', () => {}); // Whoever keeps the server listens for the end of the session.
  try {
    await client.connect();
    for (let waited = 0; waited < OWNER_GONE_MS; waited += POLL_MS) {
      const { rows } = await client.query<{ owned: boolean }>('SELECT pg_try_advisory_lock($1) AS owned', [OWNER_LOCK]);
      if (rows[0]?.owned) return client;
      await wait(POLL_MS);
    }
  } catch {
    return null; // Not up yet, or on its way down.
  }
  await client.end();
  throw inUse();
}

async function outlives(owner: pg.Client, ms: number): Promise<boolean> {
  await wait(ms);
  return owner.query('SELECT 1').then(
    () => true,
    () => false,
  );
}

const inUse = () =>
  new DataDirInUse('Another Lamplight is running with this DATA_DIR: stop it, or set DATA_DIR to another folder');
