import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import { misnamed, tell } from '../../checker/checker.js';
import { RUNS } from '../../checker/runs.js';
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
  const judgement = field.history.judge(seed);
  const held = `${field.history.told.length} events against ${judgement.checked.join(' ')}`;
  process.stdout.write(`${judgement.violations.length === 0 ? 'kept  ' : 'BROKEN'} seed ${seed} | history | ${held}\n`);
  const broken = tell(judgement);
  if (broken) process.stdout.write(`BROKEN ${broken}\n`);
  expect(outcomes.filter(({ kept }) => !kept)).toEqual([]);
  expect(broken).toBe('');
  expect(misnamed(judgement, RUNS.faults)).toEqual([]);
}

export const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);
