import type { Environment } from '../../src/kernel/config/config.js';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Stage, type StageKind, STAGES } from './people.js';

type Tell = (sentence: string, scenario: (stage: Stage) => Promise<void>, timeoutMs?: number) => void;

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
    scenarios((sentence, scenario, timeoutMs) => it.concurrent(sentence, () => scenario(stage), timeoutMs));
  });
}

/** Milliseconds since 1970 of a time on the wire. */
export function moment(time: string | null): number {
  if (time === null) throw new Error('A time was expected');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time)) throw new Error(`Not a time of the contract: ${time}`);
  return Date.parse(time);
}
