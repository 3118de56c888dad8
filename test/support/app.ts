import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { NestExpressApplication } from '@nestjs/platform-express';
import jwt from 'jsonwebtoken';

import { Lamplight } from '../../src/boot/application.js';
import { loggerFor } from '../../src/boot/logger.js';
import type { Config, Environment } from '../../src/kernel/config/config.js';
import { loadConfig } from '../../src/kernel/config/config.js';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { startPostgres } from './postgres.js';
import type { TestDatabase } from './postgres.js';

const SECRET = 'a secret that only the tests know, 32 bytes and more';
const SERVICE_TOKEN = 'the service token of the tests';

/** A whole instance on a free loopback port with a database of its own. Presence is in memory unless REDIS_URL is given. */
export class TestApp {
  private constructor(
    private readonly lamplight: Lamplight,
    private readonly database: TestDatabase | null,
    private readonly dataDir: string,
    readonly config: Config,
  ) {}

  /** `env` overrides any setting; with DATABASE_URL the instance shares somebody else's database. */
  static async start(env: Environment = {}): Promise<TestApp> {
    const database = env['DATABASE_URL'] === undefined ? await startPostgres() : null;
    const dataDir = await mkdtemp(join(tmpdir(), 'lamplight-data-'));
    const config = loadConfig({
      NODE_ENV: 'test',
      PORT: '0',
      HOST: '127.0.0.1',
      GRPC_PORT: '0',
      DATABASE_URL: database?.url,
      DATA_DIR: dataDir,
      JWT_SECRET: SECRET,
      SERVICE_TOKEN,
      ...env,
    });
    try {
      return new TestApp(await Lamplight.start(config, loggerFor({ production: false })), database, dataDir, config);
    } catch (error) {
      await database?.drop();
      throw error;
    }
  }

  /** `http://127.0.0.1:…`, without a slash at the end. */
  get url(): string {
    return this.lamplight.url;
  }

  /** The same for sockets: `ws://127.0.0.1:…`. */
  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  get nest(): NestExpressApplication {
    return this.lamplight.app;
  }

  /** To start a second instance on the same database. */
  get databaseUrl(): string {
    return this.config.databaseUrl ?? '';
  }

  /** A token for anybody, existing or not; ends after `seconds`. */
  token(userId: string, seconds = 3600): string {
    const now = Math.floor(Date.now() / 1000);
    return jwt.sign({ sub: userId, iat: now, exp: now + seconds }, createSecretKey(Buffer.from(SECRET)), {
      algorithm: 'HS256',
    });
  }

  /** Puts people into the directory, each a contact of all the others. */
  async befriend(...ids: readonly string[]): Promise<void> {
    await this.know(...ids);
    const directory = this.nest.get(Directory);
    for (const id of ids) for (const other of ids) if (id !== other) await directory.putContact(id, other);
  }

  /** Puts people into the directory who do not know each other. */
  async know(...ids: readonly string[]): Promise<void> {
    const directory = this.nest.get(Directory);
    for (const id of ids) await directory.putUser({ id, username: id.slice(0, 64), displayName: id, avatarUrl: null });
  }

  /** Puts people into a conversation. */
  async gather(conversationId: string, ...ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.nest.get(Directory).putMember(conversationId, id);
  }

  async stop(): Promise<void> {
    await this.lamplight.stop();
    await this.database?.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
