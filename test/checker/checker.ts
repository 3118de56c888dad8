import { durability } from './durability.js';
import type { Invariant, Violation } from './invariant.js';
import { order } from './order.js';
import { presence } from './presence.js';
import { privacy } from './privacy.js';
import { quiet } from './quiet.js';
import type { Recorded } from './record.js';
import { typing } from './typing.js';

/** Every invariant there is. */
export const INVARIANTS: readonly Invariant[] = [
  ...presence,
  ...order,
  ...typing,
  ...privacy,
  ...durability,
  ...quiet,
].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));

export interface Judgement {
  /** Shortest window first. */
  readonly violations: readonly Violation[];
  /** Ids of those for which the run has the facts. */
  readonly checked: readonly string[];
  readonly seed: Recorded['seed'];
}

/** Holds a recorded history against all invariants for which it has the facts. Sorting and scanning, no search. */
export function check(recorded: Recorded, invariants: readonly Invariant[] = INVARIANTS): Judgement {
  const violations: Violation[] = [];
  const checked: string[] = [];
  for (const invariant of invariants) {
    const found = invariant.find(recorded);
    if (found === null) continue;
    checked.push(invariant.id);
    violations.push(...found);
  }
  violations.sort((a, b) => a.to - a.from - (b.to - b.from));
  return { violations, checked, seed: recorded.seed };
}

/** Of those that this kind of run is said to check, and of those that it does check, which are not both. */
export function misnamed({ checked }: Judgement, said: readonly string[]): readonly string[] {
  return [...checked.filter((id) => !said.includes(id)), ...said.filter((id) => !checked.includes(id))];
}

/** One line: what is broken, by what, and how to see it again. Empty when nothing is. */
export function tell({ violations, seed }: Judgement): string {
  const [shortest] = violations;
  if (!shortest) return '';
  const { id, why, from, to } = shortest;
  const window = `${Math.round(to - from)} ms of history from ${Math.round(from)} to ${Math.round(to)}`;
  const others = new Map<string, number>();
  for (const one of violations) others.set(one.id, (others.get(one.id) ?? 0) + 1);
  const counts = [...others].map(([name, count]) => `${name} × ${count}`).join(', ');
  return `seed ${seed} | ${id} | ${why} | shown by ${window} | ${counts}`;
}
