import { LRUCache } from 'lru-cache';

import { Batch } from './batch.js';

export interface CacheOptions<V> {
  /** Entries kept; the ones used longest ago go first. */
  readonly max: number;
  /** Keys of one load. */
  readonly batchMax: number;
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
  private readonly kept: LRUCache<string, { readonly value: V | null }>;
  private readonly loading = new Map<string, Promise<V | null>>();
  private readonly batch: Batch<V>;

  constructor(private readonly options: CacheOptions<V>) {
    this.kept = new LRUCache({ max: options.max });
    this.batch = new Batch(options.load, options.batchMax);
  }

  /** Null: there is no such thing. */
  get(key: string): Promise<V | null> {
    if (!this.options.fresh()) return this.read(key);
    const kept = this.kept.get(key);
    if (kept) return Promise.resolve(kept.value);
    return this.loading.get(key) ?? this.begin(key);
  }

  /** What is there of the keys asked; each once. */
  async many(keys: readonly string[]): Promise<Map<string, V>> {
    const distinct = [...new Set(keys)];
    const values = await Promise.all(distinct.map((key) => this.get(key)));
    const found = new Map<string, V>();
    values.forEach((value, i) => {
      if (value !== null) found.set(distinct[i] as string, value);
    });
    return found;
  }

  drop(key: string): void {
    this.kept.delete(key);
    this.loading.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.loading.clear();
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
