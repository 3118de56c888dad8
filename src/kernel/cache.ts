import { Batch } from './batch.js';
import type { Clock } from './clock.js';
import { Recent } from './recent.js';

export interface CacheOptions<V> {
  /** Entries kept at most, see Recent. */
  readonly max: number;
  /** Keys of one load. */
  readonly batchMax: number;
  readonly clock: Pick<Clock, 'after'>;
  /** Reads the truth. A key that is left out does not exist, which is remembered too. */
  readonly load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;
  /** False: what is kept may be old, so every question is a load. */
  readonly fresh: () => boolean;
}

/**
 * Values of Postgres that are dropped when they change. A load that was under way when its key was dropped answers
 * those who asked before, and is not kept: it may have read what was there before the change.
 */
export class Cache<V> {
  private readonly kept: Recent<{ readonly value: V | null }>;
  private readonly loading = new Map<string, Promise<V | null>>();
  /** Drops and clears are numbered; of each key the last one that dropped it. */
  private readonly droppedAt: Recent<number>;
  private clearedAt = 0;
  private changes = 0;
  private readonly batch: Batch<V>;

  constructor(private readonly options: CacheOptions<V>) {
    this.kept = new Recent(options.max);
    // A drop that is forgotten early counts as one of everything.
    this.droppedAt = new Recent(options.max, (at) => (this.clearedAt = Math.max(this.clearedAt, at)));
    this.batch = new Batch(options.load, options.batchMax, options.clock);
  }

  /** What is kept and can be relied on; undefined: `get` has to load it. */
  sure(key: string): V | null | undefined {
    return this.options.fresh() ? this.kept.get(key)?.value : undefined;
  }

  /** Null: there is no such thing. */
  async get(key: string): Promise<V | null> {
    if (!this.options.fresh()) return this.read(key);
    const kept = this.kept.get(key);
    if (kept) return kept.value;
    return this.loading.get(key) ?? this.begin(key);
  }

  /** What there is of the keys asked; each once. */
  async many(keys: readonly string[]): Promise<Map<string, V>> {
    const found = this.options.fresh() ? this.known(keys) : new Map<string, V>();
    const absent = [...new Set(keys)].filter((key) => !found.has(key));
    await Promise.all(
      absent.map(async (key) => {
        const value = await this.get(key);
        if (value !== null) found.set(key, value);
      }),
    );
    return found;
  }

  /** What is kept of the keys asked, fresh or not; no load. */
  known(keys: readonly string[]): Map<string, V> {
    const found = new Map<string, V>();
    for (const key of keys) {
      const value = this.recall(key);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  /** As `known`, of one; undefined also where it is known that there is none. */
  recall(key: string): V | undefined {
    return this.kept.get(key)?.value ?? undefined;
  }

  /** For `prime`, taken before the reading begins. */
  moment(): number {
    return this.changes;
  }

  /** Keeps what somebody else has read since `moment`, null for nothing, unless it was dropped meanwhile. */
  prime(key: string, value: V | null, moment: number): void {
    if (this.kept.has(key) || !this.options.fresh()) return;
    if (Math.max(this.clearedAt, this.droppedAt.get(key) ?? 0) <= moment) this.kept.set(key, { value });
  }

  drop(key: string): void {
    this.kept.delete(key);
    this.loading.delete(key);
    this.droppedAt.set(key, (this.changes += 1));
  }

  clear(): void {
    this.kept.clear();
    this.loading.clear();
    this.clearedAt = this.changes += 1;
  }

  private async begin(key: string): Promise<V | null> {
    const load = this.read(key);
    this.loading.set(key, load);
    try {
      const value = await load;
      if (this.loading.get(key) === load) this.kept.set(key, { value });
      return value;
    } finally {
      if (this.loading.get(key) === load) this.loading.delete(key);
    }
  }

  private async read(key: string): Promise<V | null> {
    return (await this.batch.get(key)) ?? null;
  }
}
