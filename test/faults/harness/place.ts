import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import type { Environment } from '../../../src/kernel/config/config.js';
import { endWithUs } from '../../support/children.js';
import { LamplightProcess } from '../../support/process.js';
import type { Proxy } from '../../support/proxy.js';
import { freePort } from '../../support/redis.js';

const SECRET = 'a secret that only the faults know, 32 bytes and more';
const KEY = createSecretKey(Buffer.from(SECRET));
export const SERVICE_TOKEN = 'the service token of the faults';

/** Three of them start at a time, on whatever machine there is. */
const READY_WITHIN_MS = 120_000;

/** One instance of the built server on a port of its own, which it keeps over restarts. */
export class Place {
  private process: LamplightProcess | null = null;
  url = '';
  /** Hears that it stands still, or goes on. */
  onStill: (stands: boolean) => void = () => undefined;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly folder: string,
    /** Between it and its stores; a cluster's nodes are reached directly. */
    readonly redis: Proxy | null,
    readonly postgres: Proxy,
    private readonly env: Readonly<Record<string, string>>,
    /** Where its inspector listens once SIGUSR1 has opened it. */
    readonly inspectPort: number,
  ) {}

  static async make(
    name: string,
    redis: Proxy | null,
    postgres: Proxy,
    stores: { readonly redisUrl: string; readonly databaseUrl: string },
    more: Environment,
  ): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'lamplight-faults-'));
    const port = await freePort();
    const inspectPort = await freePort();
    const env = {
      NODE_ENV: 'test',
      PORT: String(port),
      INSTANCE_ID: name,
      REDIS_URL: stores.redisUrl,
      DATABASE_URL: stores.databaseUrl,
      DATA_DIR: folder,
      JWT_SECRET: SECRET,
      SERVICE_TOKEN,
      // Whoever does nothing is no news to anybody for as long as a run takes.
      IDLE_AFTER_MS: '7200000',
      NODE_OPTIONS: `--inspect-port=${inspectPort}`,
    };
    return new Place(name, port, folder, redis, postgres, { ...env, ...(more as Record<string, string>) }, inspectPort);
  }

  async start(): Promise<void> {
    this.process = LamplightProcess.spawn(this.env, this.folder);
    endWithUs(this.process.child);
    await this.process.ready(READY_WITHIN_MS);
    this.url = `http://127.0.0.1:${this.port}`;
  }

  get running(): boolean {
    return this.process?.child.exitCode === null && this.process.child.signalCode === null;
  }

  get pid(): number {
    return this.process?.child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    if (name === 'SIGSTOP' || name === 'SIGCONT') this.onStill(name === 'SIGSTOP');
    this.process?.child.kill(name);
  }

  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
    this.onStill(false);
  }

  /** Milliseconds until it was gone. */
  async terminate(): Promise<number> {
    const before = performance.now();
    await this.process?.stop('SIGTERM');
    return performance.now() - before;
  }

  async dispose(): Promise<void> {
    if (this.running) await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  token(userId: string): string {
    return tokenOf(userId);
  }
}

const tokens = new Map<string, string>();

function tokenOf(userId: string): string {
  const known = tokens.get(userId);
  if (known !== undefined) return known;
  const token = jwt.sign({ sub: userId, exp: Math.floor(Date.now() / 1000) + 7200 }, KEY, { algorithm: 'HS256' });
  tokens.set(userId, token);
  return token;
}
