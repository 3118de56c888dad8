type Load<V> = (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;

interface Round<V> {
  readonly keys: Set<string>;
  readonly found: Promise<ReadonlyMap<string, V>>;
}

/**
 * Joins what is asked for within one turn of the event loop into one load of distinct keys. Answers undefined for a
 * key that the load does not have. A failed load fails everybody who waits for it; the next turn tries again.
 */
export class Batch<V> {
  private round: Round<V> | null = null;

  constructor(
    private readonly load: Load<V>,
    /** More keys than this begin another load. */
    private readonly max: number,
  ) {}

  async get(key: string): Promise<V | undefined> {
    if (!this.round || this.round.keys.size >= this.max) this.round = this.open();
    this.round.keys.add(key);
    return (await this.round.found).get(key);
  }

  private open(): Round<V> {
    const keys = new Set<string>();
    const found = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (this.round?.keys === keys) this.round = null;
      return this.load([...keys]);
    });
    // A key beyond `max` replaces the round before its turn; whoever waits for the replaced one still gets it.
    return { keys, found };
  }
}
