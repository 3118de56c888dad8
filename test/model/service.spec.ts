import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { MemoryEngine } from '../../src/engine/memory/memory.engine.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { ManualClock } from '../contract/manual.clock.js';
import { instanceOn, SHORT, theRedis, wait } from '../contract/redis.world.js';
import { SETTINGS } from '../contract/world.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { passes, PEOPLE, restarts } from './deeds.js';
import { House } from './house.js';
import { Life } from './life.js';
import { mishaps } from './mishaps.js';
import { type Setting, Street } from './street.js';

/** RUNS=10000 looks longer; SEED and the path that a failure prints look again. */
const runs = Number(process.env['RUNS'] ?? 0);
const seed = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
/** How late the memory engine notices a deadline; what it says of the time is exact. */
const SWEEP_MS = 260;

/** In which Postgres mostly answers. */
const ANSWERED_MS = 3;
/** How late a real store and a busy machine may be. */
const LATE_MS = 900;
/** A failure is told as it is, not made smaller first. */
const endOnFailure = process.env['SHRINK'] === 'off';

const timeOf = (time: readonly (string | number)[]) => {
  const [seconds = 0, micros = 0] = time.map(Number);
  return seconds * 1000 + Math.floor(micros / 1000);
};

/** What a turn of the clock causes may ask Postgres, and has to be seen near the time that caused it. */
async function turnSlowly(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= SWEEP_MS) {
    await clock.turn(Math.min(left, SWEEP_MS));
    if (ms > SWEEP_MS) await wait(ANSWERED_MS);
  }
}

let postgres: TestDatabase;
let streets = 0;

const peopleOf = () => {
  streets += 1;
  return ['ann', 'bob', 'cat'].map((name) => `${name}-${streets}`);
};

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.drop());

describe('what people are shown is what others do and let them see', () => {
  it('on one instance in memory, over any history on a turned clock', { timeout: 120_000 + runs * 1000 }, async () => {
    const clock = new ManualClock(Date.now());
    let mutual = false;
    const begin = async () => {
      const engine = new MemoryEngine(clock, SETTINGS);
      await engine.start();
      return House.open(postgres.url, engine, clock, engine.bus, { PRIVACY_RECIPROCAL: String(mutual) });
    };
    const setting: Setting = {
      now: () => Promise.resolve(clock.now()),
      moment: () => clock.now(),
      pass: (ms) => turnSlowly(clock, ms),
      nearMs: 2,
      patienceMs: 3000,
      bounds: { settled: SWEEP_MS, gone: 2000, privacy: 0, privacyInFault: 0, typing: 2000, typingStop: 2000 },
      quietMs: 6000,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.commands([...PEOPLE, passes(500), passes(3000), restarts(begin)], { maxCommands: 40, size: 'max' }),
        fc.boolean(),
        async (deeds, isMutual) => {
          mutual = isMutual;
          const house = await begin();
          const street = new Street([house], peopleOf(), new Life(SETTINGS, SWEEP_MS, mutual), setting);
          await street.begin();
          try {
            await fc.asyncModelRun(() => ({ model: {}, real: street }), deeds);
            await street.finish('above');
          } finally {
            await street.house(0).kill();
          }
        },
      ),
      { numRuns: runs || 8, endOnFailure, ...seed },
    );
  });

  it(
    'on two instances over Redis, while they die and the store has its mishaps',
    { timeout: 120_000 + runs * 30_000 },
    async () => {
      const redis = await theRedis();
      const clock = new SystemClock();
      const begin = async (number: number) => {
        const { engine } = await instanceOn(redis, { instanceId: `house-${number}` });
        return House.open(postgres.url, engine, clock);
      };
      const setting: Setting = {
        now: async () => timeOf(await redis.admin.time()),
        moment: () => Date.now(),
        pass: wait,
        nearMs: LATE_MS,
        patienceMs: 6000,
        bounds: { settled: 500, late: 1000, gone: 6000, goneInFault: 9000, typing: 5000, typingStop: 5000 },
        quietMs: 3500,
      };
      const deeds = [
        ...PEOPLE,
        ...PEOPLE,
        passes(1500),
        mishaps(redis, begin, SHORT.nodeTtlMs),
        mishaps(redis, begin, SHORT.nodeTtlMs),
      ];
      await fc.assert(
        fc.asyncProperty(fc.commands(deeds, { maxCommands: 25, size: 'max' }), async (steps) => {
          await redis.flush();
          const houses = [await begin(0), await begin(1)];
          const street = new Street(houses, peopleOf(), new Life(SETTINGS, LATE_MS), setting);
          await street.begin();
          try {
            await fc.asyncModelRun(() => ({ model: {}, real: street }), steps);
            await street.finish('above');
          } finally {
            await Promise.all(street.houses.map((house) => house.kill()));
          }
        }),
        { numRuns: runs || 2, endOnFailure, ...seed },
      );
    },
  );
});
