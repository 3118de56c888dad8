import { Cluster, Redis } from 'ioredis';
import type { CommonRedisOptions } from 'ioredis';

export type LimitsConnection = Redis | Cluster;

const OPTIONS = {
  connectTimeout: 2000,
  // A limit is not worth a wait: without an answer by then the instance counts for itself.
  commandTimeout: 250,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (attempt: number) => Math.min(2000, 50 * attempt) * (0.5 + Math.random() / 2),
} satisfies CommonRedisOptions;

/** A connection of its own, so that what is counted never waits behind presence, nor the other way round. */
export function connectLimits(urls: readonly string[]): LimitsConnection | null {
  const [first] = urls;
  if (first === undefined) return null;
  const connection =
    urls.length > 1 ? clusterOf(urls, first) : new Redis(first, { ...OPTIONS, enableAutoPipelining: true });
  // The engine says when Redis is away.
  return connection.on('error', () => {});
}

function clusterOf(urls: readonly string[], first: string): Cluster {
  const { username, password, protocol } = new URL(first);
  const { retryStrategy, enableOfflineQueue, maxRetriesPerRequest: _, ...rest } = OPTIONS;
  return new Cluster([...urls], {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    enableAutoPipelining: true,
    redisOptions: {
      ...rest,
      ...(password !== '' && { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  });
}
