import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Embedded, startEmbedded } from '../src/kernel/database/embedded/embedded.js';
import { CACHE, PEERS, ROOT } from './places.js';
import { SERVER_SETTINGS, SECRET } from './others.js';
import type { Peer } from './peers.js';

/** The server that is measured has the first core for itself; the crowd, Redis and Postgres share the second. */
const SERVER_CORE = '0';
const OTHERS_CORE = '1';
const START_WITHIN_MS = 60_000;
const SERVICE_TOKEN = 'benchmark-service-token';
const IMPORT_LINES = 5000;

const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Everything that this process starts, but for the servers, stays on the second core. */
export function takeSides(): void {
  execFileSync('taskset', ['-a', '-c', '-p', OTHERS_CORE, String(process.pid)], { stdio: 'ignore' });
}

export interface Running {
  readonly port: number;
  readonly pid: number;
  /** Never resolves; rejects when it dies before it is stopped. */
  readonly death: Promise<never>;
  stop(): Promise<void>;
}

/** A Redis that forgets everything with the server it was started for. */
export async function startRedis(): Promise<Running> {
  const program = execFileSync(join(ROOT, 'scripts/ensure-redis.sh'), { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await freePort();
  const only = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = begin(program.toString().trim(), only, {});
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 250 });
  client.on('error', () => undefined);
  await client.ping();
  // The wrapper of an unpacked server becomes the server: the id stays the same.
  client.disconnect();
  return running('Redis', child, port);
}

/** A Postgres for all runs. */
export async function startDatabase(): Promise<Embedded> {
  const folder = join(CACHE, 'data');
  mkdirSync(folder, { recursive: true });
  return startEmbedded(folder);
}

export interface Surroundings {
  readonly redisPort: number;
  readonly databaseUrl: string;
  readonly profile?: string;
}

/** Starts a server as it is run in production, on a core of its own; resolves when it takes connections. */
export async function startServer(peer: Peer, { redisPort, databaseUrl, profile }: Surroundings): Promise<Running> {
  const port = await freePort();
  const env = {
    ...peer.env,
    ...(peer.id === 'lamplight' ? { ...SERVER_SETTINGS, SERVICE_TOKEN, DATABASE_URL: databaseUrl } : {}),
    ...(profile ? { BENCH_PROFILE: profile } : {}),
    NODE_ENV: 'production',
    PORT: String(port),
    HOST: '127.0.0.1',
    REDIS_PORT: String(redisPort),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    JWT_SECRET: SECRET,
  };
  const node = [process.execPath, '--expose-gc', '--import', join(PEERS, 'peers/on-signal.mjs'), peer.entry];
  const child = begin('taskset', ['-c', SERVER_CORE, ...node], env);
  const answers = peer.id === 'lamplight' ? () => isReady(port) : () => listens(port);
  for (let waited = 0; !(await answers()); waited += 50) {
    if (child.exitCode !== null || waited > START_WITHIN_MS) throw new Error(`${peer.title} does not start`);
    await wait(50);
  }
  return running(peer.title, child, port);
}

/** Makes everybody known to our server, the way a back end does. */
export async function introduce(port: number, userIds: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson', 'x-secret-token': SERVICE_TOKEN };
  for (let at = 0; at < userIds.length; at += IMPORT_LINES) {
    const lines = userIds.slice(at, at + IMPORT_LINES).map((id) => {
      return JSON.stringify({ user: { id, username: id, displayName: `Person ${id}` } });
    });
    const url = `http://127.0.0.1:${port}/api/internal/import`;
    const response = await fetch(url, { method: 'POST', headers, body: lines.join('\n') });
    const report = (await response.json()) as { imported?: number };
    if (report.imported !== lines.length) throw new Error(`Not everybody was imported: ${JSON.stringify(report)}`);
  }
}

function begin(program: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, [...args], { env: { PATH, HOME, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function running(name: string, child: ChildProcess, port: number): Running {
  let stopping = false;
  const death = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new Error(`${name} has died (${signal ?? code})`));
    });
  });
  // Whoever is interested waits for it too.
  death.catch(() => undefined);
  const stop = () => {
    stopping = true;
    return end(child);
  };
  return { port, pid: child.pid ?? 0, death, stop };
}

/** At once: what a server does in order to leave is not measured, and its Redis goes with it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Free a moment ago: loopback only. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
