import type { Clock } from '../../kernel/clock.js';
import type { CustomLoader } from '../engine.js';
import type { Scripts } from './scripts.js';
import { presenceKey, shardOf } from './shards.js';

interface Departed {
  readonly userId: string;
  readonly at: number;
}

/**
 * Who left this instance lately, as long as their last seen may be nowhere but in the store: should it be emptied, it
 * is brought back from here.
 */
export class RecentlyGone {
  /** Oldest first. */
  private departed: Departed[] = [];

  constructor(
    private readonly scripts: Scripts,
    private readonly clock: Clock,
  ) {}

  /** `at`: last sign of life, monotonic. */
  add(userId: string, at: number): void {
    this.departed.push({ userId, at });
    if (this.departed.length > 2 * KEPT_MAX) this.departed = this.departed.slice(-KEPT_MAX);
  }

  async bringBack(shard: number, load: CustomLoader, isHere: (userId: string) => boolean): Promise<void> {
    const now = this.clock.monotonic();
    this.departed = this.departed.filter((one) => now - one.at < KEPT_MS);
    const own = this.departed.filter((one) => shardOf(one.userId) === shard && !isHere(one.userId));
    if (own.length === 0) return;
    try {
      const customs = await load([...new Set(own.map((one) => one.userId))].slice(0, BATCH));
      // An invisible user was last seen when they became so; that has long been stored.
      const seen = own.filter((one) => (customs.get(one.userId)?.whileActive ?? 'OFFLINE') !== 'OFFLINE');
      const key = presenceKey(shard);
      await Promise.all(seen.map((one) => this.scripts.run('seen-queue', key, one.userId, Math.round(now - one.at))));
    } catch {
      // Twice a fault within a minute: what Postgres has stays, an older last seen.
    }
  }
}

/** Longer than any usual grace and the flush behind it. */
const KEPT_MS = 60_000;
const KEPT_MAX = 10_000;
const BATCH = 500;
