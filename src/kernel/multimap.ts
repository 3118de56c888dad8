/**
 * Distinct values by key. The only value of a key stands there bare: a Set of its own for each of a hundred thousand
 * keys would take more memory than all that they hold.
 */
export class Multimap<K, V extends string | object> {
  private readonly entries = new Map<K, V | Several<V>>();

  /** Keys that have values. */
  get size(): number {
    return this.entries.size;
  }

  has(key: K): boolean {
    return this.entries.has(key);
  }

  /** How many values the key has. */
  count(key: K): number {
    const found = this.entries.get(key);
    if (found === undefined) return 0;
    return found instanceof Several ? found.size : 1;
  }

  /** In the order in which they were added. Whoever goes through them may delete them meanwhile. */
  of(key: K): Iterable<V> {
    const found = this.entries.get(key);
    if (found === undefined) return [];
    return found instanceof Several ? found : [found];
  }

  add(key: K, value: V): void {
    const found = this.entries.get(key);
    if (found === undefined) this.entries.set(key, value);
    else if (found instanceof Several) found.add(value);
    else if (found !== value) this.entries.set(key, new Several([found, value]));
  }

  delete(key: K, value: V): void {
    const found = this.entries.get(key);
    if (found instanceof Several) {
      found.delete(value);
      if (found.size === 0) this.entries.delete(key);
    } else if (found === value) this.entries.delete(key);
  }

  keys(): Iterable<K> {
    return this.entries.keys();
  }

  *values(): Iterable<V> {
    for (const key of this.entries.keys()) yield* this.of(key);
  }
}

/** Told apart from a value that is a Set itself. */
class Several<V> extends Set<V> {}
