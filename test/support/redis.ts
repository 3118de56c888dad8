import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { endWithUs } from './children.js';

const INSTALLER = fileURLToPath(new URL('../../scripts/ensure-redis.sh', import.meta.url));

/** A real redis-server of its own, gone with the process that started it. */
export class PrivateRedis {
  private child: ChildProcess | null = null;
  private client: Redis | null = null;

  private constructor(
    private readonly command: string,
    private readonly directory: string,
    readonly port: number,
    private readonly options: readonly string[],
  ) {}

  /** `options`: further arguments of redis-server. Nothing is kept on disk unless they say so. */
  static async start(...options: readonly string[]): Promise<PrivateRedis> {
    const { stdout } = await promisify(execFile)(INSTALLER);
    const directory = await mkdtemp(join(tmpdir(), 'lamplight-redis-'));
    const redis = new PrivateRedis(stdout.trim(), directory, await freePort(), options);
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** A client for the test itself. */
  get admin(): Redis {
    this.client ??= new Redis(this.url).on('error', () => undefined);
    return this.client;
  }

  async flush(): Promise<void> {
    await this.admin.flushall();
  }

  /** Ends the server at once. What was not persisted is lost. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    this.client?.disconnect();
    this.client = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Throws away what was persisted; it has to be dead. */
  async lose(): Promise<void> {
    for (const name of await readdir(this.directory))
      await rm(join(this.directory, name), { recursive: true, force: true });
  }

  /** Starts it again on its port. */
  async run(): Promise<void> {
    const { command, directory, port } = this;
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.child = spawn(command, [...fixed, '--dir', directory, '--daemonize', 'no', ...this.options], {
      stdio: 'ignore',
    });
    endWithUs(this.child);
    const client = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: 250 });
    client.on('error', () => undefined);
    await client.ping();
    client.disconnect();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Free a moment ago: loopback only. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + worker * PORTS.each + (drawn++ % PORTS.each);
    if (await isFree(port)) return port;
  }
}

/** Below those that the system hands out to others, and some for each worker: nobody takes one before its use. */
const PORTS = { first: 12_000, each: 4000 };
const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % 4;
let drawn = process.pid;

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
