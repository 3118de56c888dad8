import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Stage } from '../support/people.js';
import { KEPT } from './kept.js';
import { play, TIMELESS } from './play.js';
import { scenarios } from './scenario.js';

/** Scenarios on each stage; DIFFERENTIAL=400 plays more of them. DIFFERENTIAL_SEED repeats what failed. */
const RUNS = Number(process.env['DIFFERENTIAL'] ?? 24);
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? Date.now() % 1_000_000);
/** Played side by side: most of the time of a scenario is waiting. */
const LANES = 4;

describe.each(['in memory', 'over Redis on two instances'] as const)('the same people on all wires, %s', (kind) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start(kind, TIMELESS);
  });
  afterAll(() => stage.stop());

  it('are seen as they are over GraphQL alone', { timeout: 60_000 + RUNS * 10_000 }, async () => {
    const lane = (i: number) =>
      fc.assert(
        fc.asyncProperty(scenarios, (scenario) => play(stage, scenario)),
        { numRuns: Math.ceil(RUNS / LANES), seed: SEED + i, interruptAfterTimeLimit: 50_000 + RUNS * 10_000 },
      );
    await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i)));
  });

  it.each(KEPT)('still are when $sentence', async ({ scenario }) => {
    await play(stage, scenario);
  });
});
