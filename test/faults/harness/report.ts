import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Field } from './field.js';

/** One promise, held against what was measured. */
export interface Outcome {
  readonly promise: string;
  readonly bound: string;
  readonly measured: string;
  readonly kept: boolean;
}

/** Prints it in one line and fails the test when it was not kept. LAMPLIGHT_FAULTS_LOG collects the lines as JSON. */
export function report(field: Field, ...outcomes: readonly Outcome[]): void {
  const { seed } = field;
  for (const { promise, bound, measured, kept } of outcomes) {
    process.stdout.write(`${kept ? 'kept  ' : 'BROKEN'} seed ${seed} | ${promise} | ${bound} | ${measured}\n`);
    const log = process.env['LAMPLIGHT_FAULTS_LOG'];
    if (log) appendFileSync(log, `${JSON.stringify({ seed, promise, bound, measured, kept })}\n`);
  }
  const [shortest, ...others] = field.history.violations;
  if (shortest) {
    const { invariant, why, from, to } = shortest;
    process.stdout.write(
      `BROKEN seed ${seed} | ${invariant} | ${why}, shown by ${Math.round(to - from)} ms of history; ${others.length} more\n`,
    );
  }
  expect(outcomes.filter(({ kept }) => !kept)).toEqual([]);
  expect(shortest).toBeUndefined();
}

export const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);
