import type { Seen } from '../engine.js';

/** Values waiting for Postgres, one entry a user: times only grow, so the newest says everything. */
export class Unstored {
  private readonly byUser = new Map<string, Seen>();

  put(seen: Seen): void {
    const before = this.byUser.get(seen.userId);
    this.byUser.set(seen.userId, {
      ...seen,
      lastSeen: later(before?.lastSeen ?? null, seen.lastSeen),
      lastActive: later(before?.lastActive ?? null, seen.lastActive),
    });
  }

  get(userId: string): Seen | null {
    return this.byUser.get(userId) ?? null;
  }

  has(userId: string): boolean {
    return this.byUser.has(userId);
  }

  first(limit: number): readonly Seen[] {
    const first: Seen[] = [];
    for (const seen of this.byUser.values()) {
      if (first.length >= limit) break;
      first.push(seen);
    }
    return first;
  }

  /** True when it was removed: an entry that has moved since stays. */
  remove(seen: Seen): boolean {
    const present = this.byUser.get(seen.userId);
    if (present === undefined) return true;
    if (!same(present, seen)) return false;
    return this.byUser.delete(seen.userId);
  }

  drop(userId: string): void {
    this.byUser.delete(userId);
  }
}

const same = (one: Seen, other: Seen) =>
  one.lastSeen === other.lastSeen && one.lastActive === other.lastActive && one.shownAt === other.shownAt;

const later = (one: number | null, other: number | null) =>
  one === null || other === null ? (one ?? other) : Math.max(one, other);
