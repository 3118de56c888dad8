import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Custom, Engine, EngineSettings } from '../../src/engine/engine.js';
import { MemoryEngine } from '../../src/engine/memory/memory.engine.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { instanceOn, theRedis, untilReal } from './redis.world.js';
import { lease, SETTINGS, socket, told } from './world.js';

/** Nothing ends by itself: what is left is what people do. */
const STILL: EngineSettings = {
  ...SETTINGS,
  leaseMs: 600_000,
  offlineGraceMs: 600_000,
  leaveGraceMs: 600_000,
  idleAfterMs: 600_000,
};

const name = fc.constantFrom('ann', 'bob');
const shown = fc.constantFrom('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'OFFLINE');
const message = fc.option(
  fc.record({ text: fc.string(), emoji: fc.option(fc.string()), expiresAt: fc.constant(null) }),
);
const custom: fc.Arbitrary<Custom> = fc.record({
  version: fc.integer({ min: 0, max: 20 }),
  whileActive: shown,
  whileInactive: shown,
  message,
});
const activity = fc.constantFrom('active', 'idle', 'keep');
const platform = fc.constantFrom('WEB', 'MOBILE', 'BOT');
const device = fc.constantFrom('laptop', 'phone', null);
const departure = fc.constantFrom('clean', 'abrupt', 'now');

/** Something that happens; the answer is compared. */
type Step = (engine: Engine) => Promise<unknown>;

const step: fc.Arbitrary<{ toString(): string; run: Step }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(name, fc.constantFrom('1', '2'), activity, fc.boolean(), platform, device)
      .map(([user, id, active, attach, on, from]) => {
        const request = socket(user, `${user}-${id}`, { activity: active, attach, platform: on, deviceId: from });
        return named('hold', request, (engine) => engine.presence.hold(request));
      }),
  },
  fc.tuple(name, fc.constantFrom('', 'phone'), activity, platform).map(([user, id, active, on]) => {
    const request = lease(user, id, { activity: active, platform: on });
    return named('lease', request, (engine) => engine.presence.hold(request));
  }),
  fc.tuple(name, fc.constantFrom('1', '2', '3'), departure).map(([userId, id, how]) => {
    const request = { userId, kind: 'socket', id: `${userId}-${id}`, departure: how, silentMs: 0 } as const;
    return named('release', request, (engine) => engine.presence.release(request));
  }),
  fc.tuple(name, departure).map(([userId, how]) => {
    const request = { userId, kind: 'lease', id: 'phone', departure: how, silentMs: 0 } as const;
    return named('release', request, (engine) => engine.presence.release(request));
  }),
  fc
    .tuple(name, device)
    .map(([user, from]) => named('leave', { user, from }, (engine) => engine.presence.leave(user, from))),
  fc
    .tuple(name, custom, fc.boolean())
    .map(([user, chosen, touch]) =>
      named('custom', { user, chosen, touch }, (engine) => engine.presence.setCustom(user, chosen, touch)),
    ),
  name.map((user) => named('touch', { user }, (engine) => engine.presence.touch(user))),
  name.map((user) => named('note', { user }, (engine) => engine.presence.noteTyping(user, 'room'))),
  name.map((user) => named('forget', { user }, (engine) => engine.presence.forget(user))),
  fc.constant(
    named('store', {}, async (engine) => {
      // A checkpoint of the memory engine is its own affair.
      const seen = await engine.presence.unstored(10);
      await engine.presence.stored(seen);
      return seen.map(({ userId }) => userId).sort();
    }),
  ),
);

describe('the two engines', () => {
  let redis: Awaited<ReturnType<typeof theRedis>>;

  beforeAll(async () => {
    redis = await theRedis();
  });

  it('agree over any history of what people do', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        await redis.flush();
        const shared = await instanceOn(redis, STILL);
        const alone = new MemoryEngine(new SystemClock(), STILL);
        const memory = told(alone);
        try {
          for (const engine of [shared.engine, alone]) await engine.presence.watch(['ann', 'bob']);
          for (const { run } of steps) {
            expect(timeless(await run(shared.engine))).toEqual(timeless(await run(alone)));
            expect(await state(shared.engine)).toEqual(await state(alone));
          }
          const events = (of: typeof memory.truths) => timeless(of.map(({ userId, truth }) => [userId, truth]));
          await untilReal(() => shared.truths.length >= memory.truths.length, 1000);
          expect(events(shared.truths)).toEqual(events(memory.truths));
        } finally {
          await shared.close();
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 40) },
    );
  });
});

async function state(engine: Engine): Promise<unknown> {
  const truths = await engine.presence.read(['ann', 'bob']);
  const holders = await Promise.all(['ann', 'bob'].map((user) => engine.presence.holders(user)));
  const byId = holders.map((own) => [...own].sort((left, right) => (left.id < right.id ? -1 : 1)));
  return timeless([truths, byId]);
}

/** Times and versions are each engine's own; whether there is one is not. `since` and `lastSeen` are one while OFFLINE. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (value === null || value === undefined || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => [key, typeof own === 'number' ? 'a time' : timeless(own)]),
  );
}

function named(verb: string, request: object, run: Step) {
  return { run, toString: () => `${verb} ${JSON.stringify(request)}` };
}
