import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from './clock.js';

type Load<V> = (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;

interface Round<V> {
  readonly keys: Set<string>;
  readonly found: Promise<ReadonlyMap<string, V>>;
}

/** A load that takes longer holds up nobody: what was collected by then begins beside it. */
const COLLECT_MAX_MS = 10;
/**
 * Where several come one after the other: turns of the event loop in which more are waited for once a load has ended.
 * They are over in a tenth of a millisecond where there is nothing else to do, and take as long as a load does where many
 * come.
 */
const MORE_TURNS = 16;

/**
 * Joins what is asked for within one turn of the event loop, or while a load is under way and a little longer, into one
 * load of distinct keys: who comes alone is asked for at once, and the more come, the more share a question. Answers
 * undefined for a key that the load does not have. A failed load fails everybody who waits for it; the next one tries
 * again.
 */
export class Batch<V> {
  private round: Round<V> | null = null;
  /** The newest load; never fails. Null: it has ended. */
  private underway: Promise<void> | null = null;

  constructor(
    private readonly load: Load<V>,
    /** More keys than this begin another load. */
    private readonly max: number,
    private readonly clock: Pick<Clock, 'after'>,
  ) {}

  async get(key: string): Promise<V | undefined> {
    if (!this.round || this.round.keys.size >= this.max) this.round = this.open();
    this.round.keys.add(key);
    return (await this.round.found).get(key);
  }

  private open(): Round<V> {
    const keys = new Set<string>();
    const found = this.collect(keys).then(() => {
      if (this.round?.keys === keys) this.round = null;
      return this.begin([...keys]);
    });
    // A key beyond `max` replaces the round before its turn; whoever waits for the replaced one still gets it.
    return { keys, found };
  }

  private async collect(keys: ReadonlySet<string>): Promise<void> {
    await turn();
    const { underway } = this;
    if (!underway || keys.size >= this.max) return;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(COLLECT_MAX_MS, resolve);
      void underway.then(cancel).then(resolve);
    });
    for (let turns = 0; turns < MORE_TURNS && !this.underway && keys.size < this.max; turns += 1) await turn();
  }

  private begin(keys: readonly string[]): Promise<ReadonlyMap<string, V>> {
    const load = this.load(keys);
    const ended = () => {
      if (this.underway === underway) this.underway = null;
    };
    const underway = load.then(ended, ended);
    this.underway = underway;
    return load;
  }
}
