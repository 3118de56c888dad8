import { setTimeout as wait } from 'node:timers/promises';
import type { Environment } from '../../../src/kernel/config/config.js';
import { startPostgres, type TestDatabase } from '../../support/postgres.js';
import { Proxy } from '../../support/proxy.js';
import { PrivateRedis } from '../../support/redis.js';
import pg from 'pg';
import { Client, type Manner } from './client.js';
import { RedisCluster } from './cluster.js';
import { History, now } from './history.js';
import { Place, SERVICE_TOKEN } from './place.js';
import { randomOf, some } from './random.js';

const LOOK_MS = 100;
const BACK_WITHIN_MS = 1500;
const NAMES = ['a', 'b', 'c'] as const;

/** Three instances of the built server, each behind proxies of its own to Redis and Postgres, and the people on them. */
export class Field {
  readonly history = new History();
  readonly random: () => number;
  /** A lost connection is opened again at some moment of these. Milliseconds. */
  backWithinMs = BACK_WITHIN_MS;
  private readonly clients: Client[] = [];
  private readonly ends: (() => void)[] = [];

  private constructor(
    readonly seed: number,
    readonly places: readonly Place[],
    private readonly database: TestDatabase,
    readonly redis: PrivateRedis | null,
    readonly cluster: RedisCluster | null,
    private readonly proxies: readonly Proxy[],
  ) {
    this.random = randomOf(seed);
    for (const place of places) place.onStill = (stands) => this.history.still(place.name, stands);
  }

  static async start(
    seed: number,
    kind: 'single' | 'cluster' = 'single',
    env: Environment = {},
    redisOptions: readonly string[] = ['--appendonly', 'yes'],
  ): Promise<Field> {
    const database = await startPostgres();
    const redis = kind === 'single' ? await PrivateRedis.start(...redisOptions) : null;
    const cluster = kind === 'cluster' ? await RedisCluster.start() : null;
    const places: Place[] = [];
    const proxies: Proxy[] = [];
    for (const name of NAMES) {
      const toPostgres = await Proxy.start(addressOf(database.url));
      const toRedis = redis && (await Proxy.start({ host: '127.0.0.1', port: redis.port }));
      proxies.push(toPostgres, ...(toRedis ? [toRedis] : []));
      const redisUrl = cluster?.urls ?? `redis://127.0.0.1:${toRedis?.port ?? 0}`;
      const stores = { redisUrl, databaseUrl: through(database.url, toPostgres.port) };
      places.push(await Place.make(name, toRedis, toPostgres, stores, env));
    }
    const field = new Field(seed, places, database, redis, cluster, proxies);
    await Promise.all(places.map((place) => place.start())).catch(async (error: unknown) => {
      await field.stop();
      throw error;
    });
    return field;
  }

  place(name: (typeof NAMES)[number]): Place {
    const place = this.places[NAMES.indexOf(name)];
    if (!place) throw new Error(`No instance ${name}`);
    return place;
  }

  /** Puts people into the directory; nobody knows anybody. */
  async people(prefix: string, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
    const lines = ids.map((id) => JSON.stringify({ user: { id, username: id, displayName: id } }));
    const response = await fetch(`${this.place('a').url}/api/internal/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'x-secret-token': SERVICE_TOKEN },
      body: `${lines.join('\n')}\n`,
    });
    const answer = (await response.json()) as { imported?: number };
    if (answer.imported !== count) throw new Error(`Not imported: ${JSON.stringify(answer)}`);
    return ids;
  }

  client(
    userId: string,
    manner: Partial<Omit<Manner, 'random'>> = {},
    /** Whom it turns to; a function where that changes. */
    places: readonly Place[] | (() => readonly Place[]) = this.places,
  ): Client {
    const { random } = this;
    const choose = () => {
      const known = typeof places === 'function' ? places() : places;
      return some(known, known.length, random).filter((place) => place.running);
    };
    const usual = { presence: true, returns: true, spreadMs: () => this.backWithinMs, random };
    const client = new Client(this.history, userId, { ...usual, ...manner }, choose);
    this.clients.push(client);
    return client;
  }

  /** Opens them, some at a time, as people come. */
  async open(clients: readonly Client[]): Promise<void> {
    for (let at = 0; at < clients.length; at += 50)
      await Promise.all(clients.slice(at, at + 50).map((client) => client.open()));
  }

  /** Where the connections are, live ones only. */
  clientsAt(place: Place): Client[] {
    return this.clients.filter((client) => client.live && client.place === place);
  }

  /** To be stopped before the clients are. */
  onStop(stop: () => void): void {
    this.ends.push(stop);
  }

  /** Milliseconds until every view has been right for a second; null when that takes longer than `ms`. */
  async converged(ms: number, since = now()): Promise<number | null> {
    let right: number | null = null;
    const end = now() + ms;
    while (now() < end) {
      const wrong = this.history.wrong();
      if (wrong.length > 0) right = null;
      else right ??= now();
      if (right !== null && now() - right >= 1000) return right - since;
      await wait(LOOK_MS);
    }
    return null;
  }

  /** last_seen as Postgres has it, milliseconds since 1970. */
  async storedLastSeen(userIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.ask<{ user_id: string; last_seen_at: Date | null }>(
      'SELECT user_id, last_seen_at FROM last_seen WHERE user_id = ANY($1)',
      userIds,
    );
    const at = now();
    const stored = rows.map((row) => ({ at, user: row.user_id, lastSeen: row.last_seen_at?.getTime() ?? 0 }));
    this.history.found([], stored);
    return new Map(stored.map((row) => [row.user, row.lastSeen]));
  }

  /** Texts of the messages that are durable. */
  async storedMessages(userIds: readonly string[]): Promise<Map<string, string | null>> {
    const rows = await this.ask<{ user_id: string; text: string | null }>(
      'SELECT user_id, text FROM custom_statuses WHERE user_id = ANY($1)',
      userIds,
    );
    const at = now();
    this.history.found(
      rows.map((row) => ({ at, user: row.user_id, kind: 'status', value: row.text ?? '' })),
      [],
    );
    return new Map(rows.map((row) => [row.user_id, row.text]));
  }

  private async ask<Row extends pg.QueryResultRow>(query: string, userIds: readonly string[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query<Row>(query, [userIds])).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every process that it started. */
  async stop(): Promise<void> {
    for (const stop of this.ends) stop();
    for (const client of this.clients) client.destroy();
    await Promise.all(this.places.map((place) => place.dispose()));
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    await this.redis?.stop();
    await this.cluster?.stop();
    await this.database.drop();
  }
}

/** The Unix socket of the run's server. */
function addressOf(url: string): { readonly path: string } {
  return { path: `${new URL(url).searchParams.get('host') ?? ''}/.s.PGSQL.5432` };
}

function through(url: string, port: number): string {
  return `postgres://postgres@127.0.0.1:${port}${new URL(url).pathname}`;
}
