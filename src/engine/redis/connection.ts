import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions, CommonRedisOptions } from 'ioredis';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../kernel/clock.js';
import { Patience } from './patience.js';

export type Client = Redis | Cluster;

/** The connections of one instance. For a cluster both are one client, and channels are sharded. */
export interface Connections {
  readonly commands: Client;
  readonly subscriber: Client;
  readonly sharded: boolean;
  /** Requests wait for an answer no longer than it does. */
  readonly patience: Patience;
}

const OPTIONS = {
  connectTimeout: 2000,
  // Requests never wait in a queue for a connection.
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
export function makeConnections(urls: readonly string[], clock: Clock): Connections {
  const [first = ''] = urls;
  const patience = new Patience(clock);
  if (urls.length > 1) {
    const cluster = clusterOf(urls, patience);
    return { commands: cluster, subscriber: cluster, sharded: true, patience };
  }
  return {
    commands: patient(new Redis(first, { ...OPTIONS, enableAutoPipelining: true }), patience),
    // Wire subscribes again: the client would do it without catching a failure.
    subscriber: patient(new Redis(first, { ...OPTIONS, autoResubscribe: false }), patience),
    sharded: false,
    patience,
  };
}

/** A further connection to a node of a cluster, for its channels. What is asked for while it connects waits for that. */
export function earAt({ options }: Redis, patience: Patience): Redis {
  const { host, port, username, password, tls, connectTimeout, socketTimeout } = options;
  const own = { host, port, username, password, tls, connectTimeout, socketTimeout };
  const ear = new Redis({ ...own, retryStrategy: () => null, autoResubscribe: false, lazyConnect: true });
  return patient(ear, patience);
}

function patient<C extends Client>(client: C, patience: Patience): C {
  const send: Cluster['sendCommand'] = client.sendCommand.bind(client);
  client.sendCommand = (...sent: Parameters<Cluster['sendCommand']>) => {
    patience.with(sent[0]);
    return send(...sent);
  };
  return client;
}

function clusterOf(urls: readonly string[], patience: Patience): Cluster {
  const [first = ''] = urls;
  const { username, password, protocol } = new URL(first);
  const { lazyConnect, enableOfflineQueue, retryStrategy, maxRetriesPerRequest: _, ...rest } = OPTIONS;
  const options: ClusterOptions = {
    lazyConnect,
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    enableAutoPipelining: true,
    // Whoever asked tries again, and knows better for how long.
    maxRedirections: 4,
    slotsRefreshTimeout: 2000,
    // While a primary is away nothing else tells that another node has taken over.
    slotsRefreshInterval: 1000,
    redisOptions: {
      ...rest,
      ...(password === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  };
  return patient(new Cluster([...urls], options), patience);
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
  connections.patience.end();
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
