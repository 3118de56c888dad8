/** Ids that others may still commit, kept at once; a transaction that failed leaves one that never comes. */
const HOLES_MAX = 1000;
/** Longer than any transaction may be open; then its number was lost in a rollback. */
const HOLE_MS = 60_000;

/**
 * Which rows of the numbered log were seen. Numbers are given out before the commit, so a lower one may become visible
 * after a higher one: every number that is missing below the highest is asked for again until it is too old to come.
 */
export class Progress {
  private readonly missing = new Map<number, number>();
  /** Seen above `top`, by message or because this instance wrote them, before the log was read that far. */
  private readonly ahead = new Set<number>();
  private reachedId = 0;

  get top(): number {
    return this.reachedId;
  }

  /** Begins behind the last number given out; of those before it, the ones not visible may still come. */
  begin(top: number, visible: ReadonlySet<number>, nowMs: number): void {
    this.reachedId = Math.max(top, 0);
    this.ahead.clear();
    this.missing.clear();
    for (let id = Math.max(1, top - HOLES_MAX + 1); id <= top; id += 1)
      if (!visible.has(id)) this.missing.set(id, nowMs);
  }

  /** Whether this is the first time that the row is seen, on whatever way it came. */
  take(id: number): boolean {
    if (id <= this.reachedId) return this.missing.delete(id);
    if (this.ahead.has(id)) return false;
    this.ahead.add(id);
    return true;
  }

  /**
   * Every visible row up to `id` was read. False when more numbers are missing than can be kept: what they would say
   * has to be assumed.
   */
  reach(id: number, nowMs: number): boolean {
    const first = Math.max(this.reachedId + 1, id - HOLES_MAX);
    let complete = first === this.reachedId + 1 || id <= this.reachedId;
    for (let missing = first; missing <= id; missing += 1) {
      if (!this.ahead.has(missing)) this.missing.set(missing, nowMs);
    }
    this.reachedId = Math.max(this.reachedId, id);
    for (const seen of this.ahead) if (seen <= this.reachedId) this.ahead.delete(seen);
    for (const [hole, since] of this.missing) {
      const old = nowMs - since > HOLE_MS;
      const surplus = this.missing.size > HOLES_MAX;
      if (!old && !surplus) break;
      this.missing.delete(hole);
      if (!old) complete = false;
    }
    return complete;
  }

  /** Numbers to ask for again. */
  holes(): number[] {
    return [...this.missing.keys()];
  }
}

export const LOOK_BACK = HOLES_MAX;
