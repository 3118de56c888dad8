import type { Bounds, Fault, Facts, Recorded, Span } from './record.js';

/** What breaks an invariant: the shortest window of history that shows it. */
export interface Violation {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export interface Invariant {
  readonly id: string;
  /** One sentence. */
  readonly says: string;
  readonly needs: readonly (keyof Facts)[];
  /** Null: the facts were not recorded. */
  find(recorded: Recorded): readonly Violation[] | null;
}

export interface Around {
  readonly faults: readonly Fault[];
  readonly bounds: Bounds;
  /** Facts that make a judgement finer where they are there. */
  readonly facts: Partial<Facts>;
}

export type Found = Iterable<Omit<Violation, 'id'>>;

export function invariant<const K extends keyof Facts>(
  id: string,
  says: string,
  needs: readonly K[],
  find: (facts: Pick<Facts, K>, around: Around) => Found,
): Invariant {
  return {
    id,
    says,
    needs,
    find: (recorded) => {
      const { facts } = recorded;
      if (needs.some((need) => facts[need] === undefined)) return null;
      return [...find(facts as Pick<Facts, K>, recorded)].map((one) => ({ ...one, id }));
    },
  };
}

export function groupBy<T>(list: Iterable<T>, keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

export const covers = (span: Span, from: number, to: number): boolean => span.from <= from && span.to >= to;

export const meets = (span: Span, from: number, to: number): boolean => span.from <= to && span.to >= from;

/** Whether a fault that excuses something touches this time. A store that only pauses excuses nothing of presence. */
export function inFault(around: Around, from: number, to: number, kinds: readonly Fault['what'][]): boolean {
  return around.faults.some(
    (fault) =>
      kinds.includes(fault.what) && meets({ from: fault.from, to: fault.to + around.bounds.afterFault }, from, to),
  );
}

/** Each with the one before it. */
export function* pairs<T>(list: readonly T[]): Iterable<readonly [before: T, one: T]> {
  for (const [at, one] of list.entries()) {
    const before = list[at - 1];
    if (before !== undefined) yield [before, one];
  }
}
