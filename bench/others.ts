import { Redis } from 'ioredis';
import type { EngineSettings } from '../src/engine/engine.js';
import { RedisEngine } from '../src/engine/redis/redis.engine.js';
import { SystemClock } from '../src/kernel/clock.js';
import { Refusal } from '../src/kernel/errors.js';
import { customOf, presenceOf } from './events.js';

export const SECRET = 'a secret of the benchmark, long enough';

/** Everything is on, but for the rate limits, which a benchmark would only measure the refusals of. */
export const SERVER_SETTINGS = {
  GRPC_PORT: '0',
  RATE_LIMITS: 'off',
  HEARTBEAT_SECONDS: '15',
  OFFLINE_GRACE_MS: '15000',
  LEAVE_GRACE_MS: '2000',
  IDLE_AFTER_MS: '300000',
  TYPING_TTL_MS: '5000',
  TYPING_MIN_INTERVAL_MS: '1000',
} as const;

/** The same for the engine of another instance: instances that share a Redis have to agree. */
export const ENGINE_SETTINGS: EngineSettings = {
  instanceId: 'another',
  leaseMs: 3000 * Number(SERVER_SETTINGS.HEARTBEAT_SECONDS),
  offlineGraceMs: Number(SERVER_SETTINGS.OFFLINE_GRACE_MS),
  leaveGraceMs: Number(SERVER_SETTINGS.LEAVE_GRACE_MS),
  idleAfterMs: Number(SERVER_SETTINGS.IDLE_AFTER_MS),
  typingTtlMs: Number(SERVER_SETTINGS.TYPING_TTL_MS),
  typingMinIntervalMs: Number(SERVER_SETTINGS.TYPING_MIN_INTERVAL_MS),
};

const AT_ONCE = 100;
const ATTEMPTS = 20;

/** Another instance: our real engine in this process, with a socket for each of its users. Answers how to end it. */
export async function startOthers(redisPort: number, userIds: readonly string[]): Promise<() => Promise<void>> {
  const engine = new RedisEngine([`redis://127.0.0.1:${redisPort}`], new SystemClock(), ENGINE_SETTINGS);
  await engine.start();
  for (let at = 0; at < userIds.length; at += AT_ONCE) {
    await Promise.all(userIds.slice(at, at + AT_ONCE).map((userId) => untilTaken(() => hold(engine, userId))));
  }
  // The first time brings the script itself to Redis; later ones only name it.
  const [first] = userIds;
  if (first !== undefined) await engine.presence.setCustom(first, customOf(-1), true);
  return () => engine.close();
}

const hold = (engine: RedisEngine, userId: string) =>
  engine.presence.hold({
    userId,
    holder: { kind: 'socket', id: `elsewhere-${userId}`, deviceId: null, platform: 'WEB' },
    activity: 'active',
    attach: true,
    custom: customOf(-1),
  });

/** On a busy machine Redis may be late; saying it again changes nothing. */
async function untilTaken(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof Refusal) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** What the other stacks keep of everybody: a text for each, ready to be read. */
export async function storeStatuses(redisPort: number, userIds: readonly string[]): Promise<void> {
  const redis = new Redis(redisPort, '127.0.0.1');
  await redis.mset(userIds.flatMap((id, n) => [`status:${id}`, JSON.stringify(presenceOf(id, n))]));
  redis.disconnect();
}
