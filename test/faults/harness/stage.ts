import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Background, type Size } from './background.js';
import { Field } from './field.js';

export const MINUTES = 60_000;

/** Instances and ordinary life on them. */
export interface World {
  readonly field: Field;
  readonly background: Background;
}

/** Three instances and ordinary life on them, for the tests of one `describe`; every view is right when a test begins. */
export function stage(seed: number, size: Size): World {
  const here = {} as { field: Field; background: Background };
  let field: Field | null = null;
  beforeAll(async () => {
    here.field = field = await Field.start(seed, 'single');
    here.background = await Background.start(here.field, size);
  }, 3 * MINUTES);
  beforeEach(async () => {
    await begin(here);
  }, 2 * MINUTES);
  afterEach(() => here.field.history.cut());
  afterAll(async () => {
    await field?.stop();
  }, MINUTES);
  return here;
}

/** A world of its own for one scenario, over a Redis Cluster. */
export async function inCluster(seed: number, size: Size, scenario: (world: World) => Promise<void>): Promise<void> {
  const field = await Field.start(seed, 'cluster');
  try {
    const world = { field, background: await Background.start(field, size) };
    await begin(world);
    await scenario(world);
  } finally {
    await field.stop();
  }
}

/** Scenarios that have nothing to do with each other, side by side; when all have ended, the first failure is told. */
export async function beside(...scenarios: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(scenarios);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** When every view is right. */
async function begin({ field, background }: World): Promise<void> {
  if ((await field.converged(60_000)) === null) throw new Error(field.history.wrong()[0]);
  field.history.cut();
  background.forgetDelays();
}
