import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Background, type Size } from './background.js';
import { Field } from './field.js';

export const MINUTES = 60_000;

/** Three instances and ordinary life on them, for the tests of one `describe`; every view is right when a test begins. */
export function stage(
  seed: number,
  kind: 'single' | 'cluster',
  size: Size,
): { readonly field: Field; readonly background: Background } {
  const here = {} as { field: Field; background: Background };
  let field: Field | null = null;
  beforeAll(async () => {
    here.field = field = await Field.start(seed, kind);
    here.background = await Background.start(here.field, size);
  }, 3 * MINUTES);
  beforeEach(async () => {
    if ((await here.field.converged(60_000)) === null) throw new Error(here.field.history.wrong()[0]);
    here.field.history.cut();
    here.background.forgetDelays();
  }, 2 * MINUTES);
  afterEach(() => here.field.history.cut());
  afterAll(async () => {
    await field?.stop();
  }, MINUTES);
  return here;
}
