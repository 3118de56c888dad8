import type { Clock } from './clock.js';

/** Waits in vain, with no answer between them, after which nobody else has to wait. */
const VAIN_MAX = 5;
/** While nothing answers somebody tries again so often; the others are refused at once. */
const PROBE_MS = 500;

/**
 * Knows whether waiting for a store is in vain. Closed: everybody may ask. Open, when one after the other waited for
 * nothing: nobody, but for one now and then who goes to see. Any answer closes it.
 */
export class Breaker {
  private vain = 0;
  /** Null: closed. Monotonic. */
  private probeAt: number | null = null;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Waiting is in vain, as far as is known. */
  get open(): boolean {
    return this.probeAt !== null;
  }

  /** False: it would wait in vain. Whoever is told true while it is open is the one who goes to see. */
  admits(): boolean {
    if (this.probeAt === null) return true;
    const now = this.clock.monotonic();
    if (now < this.probeAt) return false;
    this.probeAt = now + PROBE_MS;
    return true;
  }

  /** The store has answered, whatever it said. */
  answered(): void {
    this.vain = 0;
    this.probeAt = null;
  }

  /** Somebody waited as long as one may. */
  waitedInVain(): void {
    this.vain += 1;
    if (this.vain >= VAIN_MAX) this.probeAt ??= this.clock.monotonic() + PROBE_MS;
  }
}
