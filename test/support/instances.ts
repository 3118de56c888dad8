import { createSecretKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import jwt from 'jsonwebtoken';

import type { Place } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { Person } from './people.js';
import { LamplightProcess } from './process.js';

const JWT_SECRET = 'a secret that only processes of the tests know';
const SERVICE_TOKEN = 'the service token of processes of the tests';

/** An instance in a process of its own, from the built files: for what only a real kill shows. */
export class Instance implements Place {
  private constructor(
    private readonly process: LamplightProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(env: Readonly<Record<string, string>>): Promise<Instance> {
    const folder = await mkdtemp(join(tmpdir(), 'lamplight-instance-'));
    const process = LamplightProcess.spawn({ PORT: '0', JWT_SECRET, SERVICE_TOKEN, ...env }, folder);
    return new Instance(process, folder, await process.ready());
  }

  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  token(userId: string): string {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return jwt.sign({ sub: userId, exp }, createSecretKey(Buffer.from(JWT_SECRET)), { algorithm: 'HS256' });
  }

  /** Somebody new who lives here, told to the service as a back end tells it. */
  async joins(id: string): Promise<Person> {
    await this.put(`users/${id}`, { username: id, displayName: id });
    return this.knows(id);
  }

  /** Somebody who was told to another instance and lives here. */
  knows(id: string): Person {
    return new Person(id, this, this, graphql);
  }

  /** `kill -9`. Resolves when the process has ended. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  /** SIGTERM; the exit code. */
  stop(): Promise<number> {
    return this.process.stop();
  }

  async clear(): Promise<void> {
    await this.process.stop('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async put(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.url}/api/internal/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-secret-token': SERVICE_TOKEN },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status}`);
  }
}
