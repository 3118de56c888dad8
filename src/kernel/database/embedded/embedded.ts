import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';

import { chooseAccount } from './account.js';
import type { Account } from './account.js';
import { findBinaries } from './binaries.js';
import type { Binaries } from './binaries.js';
import { isPostgres, readServerFile, removeSocketFolder, SOCKET_PREFIX } from './server-file.js';

export interface Embedded {
  /** `postgres://…` over the Unix socket. */
  readonly url: string;
  /** Stops the server within seconds; calling it again does nothing. */
  stop(): Promise<void>;
}

export class DataDirInUse extends Error {}

const USER = 'postgres';
const DATABASE = 'lamplight';
const POLL_MS = 20;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** How long the session of an owner that was killed may linger. */
const OWNER_GONE_MS = 3_000;
const OWNER_LOCK = 7_263_510_001;

// A presence server's database on somebody's laptop: small, quiet, and safe against a power cut.
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
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

/**
 * Runs the Postgres of a data folder, which it makes when it is new. One process at a time owns a folder: a second one
 * gets DataDirInUse. A server that a killed owner has left behind is taken over.
 */
export async function startEmbedded(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<Embedded> {
  const folder = join(dataDir, 'postgres');
  const binaries = await findBinaries();
  await mkdir(dataDir, { recursive: true });
  const account = chooseAccount(binaries.initdb, folder);
  await makeCluster(folder, binaries, account);

  const server = (await adopt(folder)) ?? (await launch(folder, binaries, account, settings));
  await makeDatabase(server.owner);
  const watchdog = watch(server.pid);
  return { url: urlOf(server.socket, DATABASE), stop: once_(() => stop(server, watchdog, folder)) };
}

interface Server {
  readonly pid: number;
  readonly socket: string;
  /** Holds the lock that makes us the owner; the server drops it when we die, however we die. */
  readonly owner: pg.Client;
}

async function makeCluster(folder: string, binaries: Binaries, account: Account): Promise<void> {
  if (await exists(folder)) return account.own(folder);
  // Made beside its place, so that one that was interrupted is never taken for a whole one.
  const making = await mkdtemp(`${folder}.`);
  await account.own(making);
  const { file, args, ...as } = account.command(binaries.initdb, [
    `--pgdata=${making}`, `--username=${USER}`, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions',
  ]);
  try {
    const { status, stderr, error } = spawnSync(file, args, { ...as, cwd: '/', encoding: 'utf8', env: serverEnvironment() });
    if (status !== 0) throw new Error(`The embedded Postgres could not be set up: ${error?.message ?? stderr.trim()}`);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process may have been faster: then the cluster is there, and its lock decides whose it is.
    if (!(await exists(folder))) throw error;
  }
}

const exists = (path: string) => stat(path).then(() => true, () => false);

/** The server a previous owner has left running, or null when there is none. */
async function adopt(folder: string): Promise<Server | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const file = await readServerFile(folder);
    if (file === null) return null;
    if (!(await isPostgres(file.pid))) {
      await removeSocketFolder(file.socket);
      // The number may belong to another program by now, which Postgres itself would take for a running server.
      await rm(join(folder, 'postmaster.pid'), { force: true });
      return null;
    }
    const owner = await connectOwner(file.socket);
    if (owner !== null) return { ...file, owner };
    if (waited >= STOP_TIMEOUT_MS) throw new Error(`A Postgres (process ${file.pid}) holds ${folder} and does not answer`);
    await wait(POLL_MS);
  }
}

async function launch(folder: string, binaries: Binaries, account: Account, settings: Readonly<Record<string, string>>): Promise<Server> {
  // A Unix socket's path has room for about 100 characters: data folders are often longer.
  const socket = await mkdtemp(join(process.platform === 'win32' ? tmpdir() : '/tmp', SOCKET_PREFIX));
  await chmod(socket, 0o700);
  await account.own(socket);
  const child = spawnServer(folder, socket, binaries, account, settings);
  const failed = once(child, 'exit').then(() => 'failed' as const);

  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    const owner = await connectOwner(socket);
    if (owner !== null && child.pid !== undefined) return { pid: child.pid, socket, owner };
    if ((await Promise.race([failed, wait(POLL_MS)])) === 'failed') break;
  }
  child.kill('SIGQUIT');
  await removeSocketFolder(socket);
  const log = await readFile(join(folder, '..', 'postgres.log'), 'utf8').catch(() => '');
  if (/lock file "postmaster.pid"/.test(log)) throw inUse();
  throw new Error(`The embedded Postgres did not start: ${log.trim().split('\n').at(-1) ?? ''}`);
}

function spawnServer(folder: string, socket: string, binaries: Binaries, account: Account, settings: Readonly<Record<string, string>>): ChildProcess {
  const options = Object.entries({ ...SERVER_SETTINGS, ...settings, unix_socket_directories: socket });
  const { file, args, ...as } = account.command(binaries.postgres, ['-D', folder, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])]);
  const log = openSync(join(folder, '..', 'postgres.log'), 'w', 0o600);
  // Detached: Ctrl-C is for us, and the server stops when we have drained.
  const child = spawn(file, args, { ...as, cwd: '/', detached: true, stdio: ['ignore', log, log], env: serverEnvironment() });
  child.on('error', () => child.emit('exit', null));
  closeSync(log);
  child.unref();
  return child;
}

/** A session that owns the server, or null when it does not take connections yet. Refuses when somebody else owns it. */
async function connectOwner(socket: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: urlOf(socket, 'postgres'), connectionTimeoutMillis: 2_000, application_name: 'lamplight-owner' });
  client.on('error', () => {}); // The pool's own errors tell when the server is gone.
  try {
    await client.connect();
  } catch {
    return null;
  }
  for (let waited = 0; waited < OWNER_GONE_MS; waited += POLL_MS) {
    const { rows } = await client.query<{ owned: boolean }>('SELECT pg_try_advisory_lock($1) AS owned', [OWNER_LOCK]);
    if (rows[0]?.owned) return client;
    await wait(POLL_MS);
  }
  await client.end();
  throw inUse();
}

const inUse = () => new DataDirInUse('Another Lamplight is running with this DATA_DIR: stop it, or set DATA_DIR to another folder');

async function makeDatabase(owner: pg.Client): Promise<void> {
  const { rowCount } = await owner.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await owner.query(`CREATE DATABASE ${DATABASE}`);
}

/**
 * Stops the server when this process ends without having done so, even by `kill -9`: its input ends then.
 * A shell is enough, and it outlives us.
 */
function watch(pid: number): ChildProcess {
  const script = 'cat >/dev/null; kill -INT "$1" 2>/dev/null';
  const shell = spawn('/bin/sh', ['-c', script, 'lamplight-watchdog', String(pid)], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.on('error', () => {}); // Without a shell a killed process leaves its server behind; the next start adopts it.
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return shell;
}

async function stop(server: Server, watchdog: ChildProcess, folder: string): Promise<void> {
  await server.owner.end().catch(() => {});
  signal(server.pid, 'SIGINT');
  for (let waited = 0; waited < STOP_TIMEOUT_MS && (await readServerFile(folder))?.pid === server.pid && (await isPostgres(server.pid)); waited += POLL_MS)
    await wait(POLL_MS);
  if (await isPostgres(server.pid) && (await readServerFile(folder))?.pid === server.pid) signal(server.pid, 'SIGQUIT');
  watchdog.kill('SIGKILL');
  await removeSocketFolder(server.socket);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself, which is what was wanted.
  }
}

function once_(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

const urlOf = (socket: string, database: string) => `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(socket)}`;

// Nothing of ours is Postgres's business; LC_ALL keeps its messages in one language.
const serverEnvironment = () => ({ PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' });
