import type { Environment } from '../../src/kernel/config/config.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, View } from '../drivers/driver.js';
import { Stage, type StageKind, STAGES } from './people.js';

interface Tell {
  (sentence: string, scenario: (stage: Stage) => Promise<void>, timeoutMs?: number): void;
  /** The same with connections of these wires, too. Calls go on being made by the only wire that has them all. */
  over(...wires: readonly Driver[]): Tell;
}

/** Tells the scenarios on each stage, side by side: they have people of their own, and most of their time is waiting. */
export function onEveryStage(
  scenarios: (it: Tell) => void,
  env: Environment = {},
  kinds: readonly StageKind[] = STAGES,
): void {
  describe.each(kinds)('%s', (kind) => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.start(kind, env);
    });
    afterAll(() => stage.stop());
    scenarios(telling(kind, () => stage, []));
  });
}

function telling(kind: StageKind, stage: () => Stage, wires: readonly Driver[]): Tell {
  const tell = (sentence: string, scenario: (stage: Stage) => Promise<void>, timeoutMs?: number) => {
    it.concurrent(sentence, () => scenario(stage()), timeoutMs);
    // Both engines are met; where the people of one instance live makes no difference to a wire.
    if (kind === 'over Redis') return;
    for (const wire of wires)
      it.concurrent(`${sentence} (${wire.name})`, () => scenario(stage().over(wire)), timeoutMs);
  };
  return Object.assign(tell, { over: (...more: readonly Driver[]) => telling(kind, stage, more) });
}

/** What the wire has told agrees with what is to be read of them. gRPC tells seconds. */
export function agree(told: View, read: View): void {
  const { status, isOnline, lastSeen, since } = told;
  expect({ status, isOnline }).toEqual({ status: read.status, isOnline: read.isOnline });
  if (lastSeen !== null) expect(lastSeen).toBe(read.lastSeen);
  if (since !== null) expect(Math.floor(moment(since) / 1000)).toBe(Math.floor(moment(read.since) / 1000));
}

/** Milliseconds since 1970 of a time on the wire. */
export function moment(time: string | null): number {
  if (time === null) throw new Error('A time was expected');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time)) throw new Error(`Not a time of the contract: ${time}`);
  return Date.parse(time);
}
