import type { Truth } from '../../src/engine/engine.js';
import type { World } from '../contract/world.js';
import { check, misnamed, tell } from '../checker/checker.js';
import { BOUNDS, type Facts, type Read, type Repeat } from '../checker/record.js';
import { RUNS } from '../checker/runs.js';

/** What else happened than that a listener was told. */
export interface Beside {
  readonly reads: readonly Read[];
  readonly repeats: readonly Repeat[];
}

/** What is wrong with what one listener of an engine was told, in a line; empty when nothing is. */
export function wrongIn(truths: World['truths'], beside: Partial<Beside> = {}): string {
  const published = truths.flatMap(({ truth }) => {
    if (truth === null) return [];
    const { userId: user, version, status, lastSeen } = truth;
    return [{ at: timeOf(truth), user, version, status, face: faceOf(truth), lastSeen, by: null }];
  });
  const told = published.map((one) => ({ ...one, viewer: 'the listener', subject: one.user, stream: 1 }));
  const facts: Partial<Facts> = { told, published, ...beside };
  const judgement = check({ seed: 'above', faults: [], bounds: BOUNDS, facts });
  return tell(judgement) || (beside.reads ? misnamed(judgement, RUNS.engine).join(' ') : '');
}

/** Of a state that an engine was asked for. */
export function readOf(truth: Truth, asked: number): Read {
  const { userId: subject, status, lastSeen, version } = truth;
  return { at: asked, asked, viewer: 'the reader', subject, status, face: faceOf(truth), lastSeen, version };
}

export function faceOf({ status, platforms, message }: Truth): string {
  return `${status} ${platforms.join(' ')} ${message?.text ?? ''}`;
}

/** A version begins with the engine's clock, microseconds. */
const timeOf = ({ version }: Truth) => version / 1000;
