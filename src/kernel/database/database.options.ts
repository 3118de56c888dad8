import pg from 'pg';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';

import { Breaker } from '../breaker.js';
import { type Clock, SystemClock } from '../clock.js';

import { SteadyClient } from './steady-client.js';
import { SteadyPool } from './steady-pool.js';

/** What the database holds, told by whoever knows every part: the kernel does not. */
export interface Schema {
  readonly entities: readonly (new () => object)[];
  readonly migrations: readonly (new () => MigrationInterface)[];
}

const POOL_MAX = 20;
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 2_000;
/** Longer than the server's own limit, so that it only speaks where the server cannot be heard. */
const ANSWER_TIMEOUT_MS = 2_500;
const LOCK_TIMEOUT_MS = 500;
const IDLE_IN_TRANSACTION_MS = 5_000;
const IDLE_CONNECTION_MS = 30_000;
/** Our joins stand in the order in which they are best made; looking for a better one takes longer than they do. */
const JOINS_AS_WRITTEN = '-c join_collapse_limit=1';

/** How the service talks to Postgres: a small pool in which nothing waits for long, and nobody where it is in vain. */
export function serviceOptions(url: string, schema: Schema, clock: Clock = new SystemClock()) {
  return {
    ...bareOptions(url, schema),
    poolSize: POOL_MAX,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    driver: { ...pg, Pool: SteadyPool },
    extra: {
      Client: SteadyClient,
      breaker: new Breaker(clock),
      keepAlive: true,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      options: JOINS_AS_WRITTEN,
    },
  } as const satisfies DataSourceOptions;
}

/** The same database for migrations and tools: one connection, which may take its time. */
export function bareOptions(url: string, schema: Schema) {
  return {
    type: 'postgres' as const,
    url,
    applicationName: 'lamplight',
    entities: [...schema.entities],
    migrations: [...schema.migrations],
    migrationsTransactionMode: 'each' as const,
    synchronize: false as const,
    installExtensions: false,
    logging: false as const,
    poolSize: 1,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    // Its default writes to the console; whoever needs the connection gets the error anyway.
    poolErrorHandler: () => {},
  } satisfies DataSourceOptions;
}
