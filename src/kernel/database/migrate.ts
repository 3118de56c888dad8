import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';
import { DataSource } from 'typeorm';

import { isUnreachable } from './database.js';
import { bareOptions } from './database.options.js';
import type { Schema } from './database.options.js';

const MIGRATION_LOCK = 7_263_510_002;
const CONNECT_TIMEOUT_MS = 2_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const PATIENCE_MS = 30_000;

/** Waits until Postgres answers, about half a minute at most. What it throws names no password. */
export async function waitForDatabase(url: string): Promise<void> {
  let waited = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const error = await tryConnect(url);
    if (error === null) return;
    if (!isUnreachable(error)) throw new Error(`DATABASE_URL: Postgres refuses: ${error.message}`);
    if (waited >= PATIENCE_MS) throw new Error(`DATABASE_URL: Postgres cannot be reached (${codeOf(error)})`);
    await wait(pause);
    waited += pause;
  }
}

/** Brings the database to the present schema. Several instances may start at once: one does it, the others wait. */
export async function migrate(url: string, schema: Schema): Promise<void> {
  const lock = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
  lock.on('error', () => {}); // The migration itself fails then, and tells.
  const source = new DataSource(bareOptions(url, schema));
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await source.initialize();
    await source.runMigrations();
  } finally {
    if (source.isInitialized) await source.destroy();
    await lock.end();
  }
}

async function tryConnect(url: string): Promise<Error | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {}); // Told by connect() as well.
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const codeOf = (error: Error) => ('code' in error && typeof error.code === 'string' ? error.code : 'no answer');
