import { afterAll } from 'vitest';
import type { Custom, EngineSettings } from '../../src/engine/engine.js';
import { RedisEngine } from '../../src/engine/redis/redis.engine.js';
import type { Timings } from '../../src/engine/redis/timings.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { PrivateRedis } from '../support/redis.js';
import { CUSTOM, SETTINGS, STEP_MS, told, until } from './world.js';
import type { World } from './world.js';

export type Instance = World & { readonly engine: RedisEngine };

/** A tenth or less of what they are in earnest. */
export const SHORT: Timings = {
  beatMs: 100,
  nodeTtlMs: 1000,
  selfFenceMs: 800,
  sweepMs: 50,
  stallMs: 500,
  retryMs: 30,
  repairMs: 300,
  settleMs: 50,
  rebuildMs: 600,
  lingerMs: 400,
  changesKeptMs: 5000,
  checkpointMs: 60_000,
};

let server: Promise<PrivateRedis> | null = null;

/** One server for the tests of a file. */
export function theRedis(): Promise<PrivateRedis> {
  server ??= PrivateRedis.start();
  return server;
}

afterAll(async () => {
  await (await server)?.stop();
  server = null;
});

export async function redisWorld(): Promise<World> {
  const redis = await theRedis();
  await redis.flush();
  return instanceOn(redis);
}

/** Two instances over a server with nothing in it, on which nobody turns idle by waiting. */
export async function twoOn(
  redis: PrivateRedis,
  customOf: (userId: string) => Custom = () => CUSTOM,
): Promise<readonly [one: Instance, two: Instance]> {
  await redis.flush();
  const begin = async (instanceId: string) => {
    const instance = await instanceOn(redis, { instanceId, idleAfterMs: 60_000 });
    instance.engine.presence.loadCustomsWith((ids) => Promise.resolve(new Map(ids.map((id) => [id, customOf(id)]))));
    return instance;
  };
  return [await begin('one'), await begin('two')];
}

/** One instance of several over the same server. */
export async function instanceOn(
  redis: Pick<PrivateRedis, 'url' | 'admin'>,
  settings: Partial<EngineSettings> = {},
  timings: Partial<Timings> = {},
): Promise<Instance> {
  const engine = new RedisEngine(
    [redis.url],
    new SystemClock(),
    { ...SETTINGS, ...settings },
    { ...SHORT, ...timings },
  );
  const world = told(engine);
  await engine.start();
  return {
    engine,
    ...world,
    now: async () => {
      const [seconds = 0, micros = 0] = (await redis.admin.time()).map(Number);
      return seconds * 1000 + Math.floor(micros / 1000);
    },
    pass: wait,
    until: (holds, ms = 3000) => untilReal(holds, ms),
    close: () => engine.close(),
  };
}

export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export const untilReal = (holds: () => boolean | Promise<boolean>, ms: number) => until(holds, ms, () => wait(STEP_MS));
