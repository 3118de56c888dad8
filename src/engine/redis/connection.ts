import { Cluster, Redis } from 'ioredis';
import type { CommonRedisOptions } from 'ioredis';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../kernel/clock.js';

export type Client = Redis | Cluster;

/** The connections of one instance. A cluster does both over one client and with sharded channels. */
export interface Connections {
  readonly commands: Client;
  readonly subscriber: Client;
  readonly sharded: boolean;
}

const OPTIONS = {
  connectTimeout: 2000,
  // Requests wait for an answer no longer than this, and never in a queue for a connection.
  commandTimeout: 500,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  // What was not answered is repeated by whoever asked, with what is true by then.
  autoResendUnfulfilledCommands: false,
  // A connection that answers nothing is given up.
  socketTimeout: 5000,
  retryStrategy: (attempt: number) => Math.min(2000, 50 * attempt) * (0.5 + Math.random() / 2),
  lazyConnect: true,
} satisfies CommonRedisOptions & { socketTimeout: number };

/** One URL: one server. Several: nodes of a cluster. Nothing is connected yet. */
export function makeConnections(urls: readonly string[]): Connections {
  const [first = ''] = urls;
  if (urls.length > 1) return clusterOf(urls);
  return {
    commands: new Redis(first, { ...OPTIONS, enableAutoPipelining: true }),
    // Wire subscribes again: the client would do it without catching a failure.
    subscriber: new Redis(first, { ...OPTIONS, autoResubscribe: false }),
    sharded: false,
  };
}

function clusterOf(urls: readonly string[]): Connections {
  const [first = ''] = urls;
  const { username, password, protocol } = new URL(first);
  const { lazyConnect, enableOfflineQueue, retryStrategy, maxRetriesPerRequest: _, ...rest } = OPTIONS;
  const cluster = new Cluster([...urls], {
    lazyConnect,
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    enableAutoPipelining: true,
    shardedSubscribers: true,
    slotsRefreshTimeout: 2000,
    slotsRefreshInterval: 5000,
    redisOptions: {
      ...rest,
      ...(password === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
  return { commands: cluster, subscriber: cluster, sharded: true };
}

const clientsOf = ({ commands, subscriber }: Connections) => [...new Set([commands, subscriber])];

/** Connects, and refuses to begin on a server that could throw presence away. */
export async function connect(connections: Connections, clock: Clock): Promise<void> {
  const logger = new Logger('Redis');
  for (const client of clientsOf(connections)) {
    let told = false;
    client.on('ready', () => (told = false));
    client.on('error', (error: Error) => {
      // Once an outage: ioredis repeats it with every attempt.
      if (!told) logger.warn(`Redis cannot be reached: ${error.message}`);
      told = true;
    });
    await ready(client, clock);
  }
  await checkPolicy(connections.commands, logger);
}

export function disconnect(connections: Connections): void {
  for (const client of clientsOf(connections)) client.disconnect();
}

const START_WITHIN_MS = 8000;

function ready(client: Client, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = clock.after(START_WITHIN_MS, () => {
      client.disconnect();
      reject(new Error(`REDIS_URL: no server answers within ${START_WITHIN_MS / 1000} s`));
    });
    client.once('ready', () => {
      giveUp();
      resolve();
    });
    // The first attempt may fail; the next ones are its own business.
    client.connect().catch(() => undefined);
  });
}

async function checkPolicy(client: Client, logger: Logger): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  for (const node of nodes) {
    const answer = await node.config('GET', 'maxmemory-policy').catch(() => null);
    if (answer === null) {
      logger.warn('CONFIG is not permitted here: make sure that maxmemory-policy is noeviction');
      continue;
    }
    const policy = Array.isArray(answer) ? String(answer[1]) : 'noeviction';
    if (policy === 'noeviction') continue;
    throw new Error(`REDIS_URL: maxmemory-policy has to be noeviction, it is ${policy}: presence would be thrown away`);
  }
}
