import type { Clock } from '../../kernel/clock.js';
import type { CustomLoader } from '../engine.js';
import type { Scripts } from './scripts.js';
import { presenceKey } from './shards.js';
import type { Gone } from './departures.js';

/**
 * Who left this instance lately, as long as their last seen may be nowhere but in the store: should that lose it, it is
 * brought back from here.
 */
export class RecentlyGone {
  /** By socket, oldest first. */
  private readonly departed = new Map<string, Gone>();

  constructor(
    private readonly scripts: Scripts,
    private readonly clock: Clock,
  ) {}

  add(gone: Gone): void {
    const { departed } = this;
    departed.delete(gone.id);
    departed.set(gone.id, gone);
    const since = this.clock.monotonic() - KEPT_MS;
    for (const [id, { at }] of departed) {
      if (at > since && departed.size <= KEPT_MAX) return;
      departed.delete(id);
    }
  }

  get(id: string): Gone | undefined {
    return this.departed.get(id);
  }

  async bringBack(shard: number, load: CustomLoader, isHere: (userId: string) => boolean): Promise<void> {
    const now = this.clock.monotonic();
    const own = [...this.departed.values()].filter(
      (one) => one.shard === shard && now - one.at < KEPT_MS && !isHere(one.userId),
    );
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
