import { LRUCache } from 'lru-cache';

import type { Verdict } from './privacy.types.js';

export interface KeptVerdict {
  readonly verdict: Verdict;
  /** The count of changes up to which it is known to hold. */
  asOf: number;
}

/**
 * Verdicts by viewer and subject, so that somebody who looks at a list is looked up once. When there are too many, those
 * of the viewers who have asked longest ago go.
 */
export class VerdictCache {
  private readonly viewers: LRUCache<string, Map<string, KeptVerdict>>;
  private kept = 0;

  constructor(private readonly max: number) {
    this.viewers = new LRUCache({ max, dispose: (verdicts) => (this.kept -= verdicts.size) });
  }

  /** Pairs. */
  get size(): number {
    return this.kept;
  }

  /** By subject; undefined where nothing is kept for the viewer. */
  of(viewerId: string): ReadonlyMap<string, KeptVerdict> | undefined {
    return this.viewers.get(viewerId);
  }

  set(viewerId: string, subjectId: string, kept: KeptVerdict): void {
    let verdicts = this.viewers.get(viewerId);
    if (!verdicts) this.viewers.set(viewerId, (verdicts = new Map<string, KeptVerdict>()));
    const before = verdicts.size;
    verdicts.set(subjectId, kept);
    this.kept += verdicts.size - before;
    while (this.kept > this.max) this.viewers.pop();
  }

  delete(viewerId: string, subjectId: string): void {
    const verdicts = this.viewers.peek(viewerId);
    if (!verdicts?.delete(subjectId)) return;
    this.kept -= 1;
    if (verdicts.size === 0) this.viewers.delete(viewerId);
  }
}
