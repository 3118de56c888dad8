/** Messages a connection may send: this many a second, and this many at once after a pause. */
const PER_SECOND = 50;
const BURST = 200;
/** Whoever is over it for so long without a break is cut off. */
const PATIENCE_MS = 5000;
/** A pause so long within the limit is a break. */
const BREAK_MS = 1000;

/** FLOOD: refused too, and it has gone on for so long that the connection has to end. */
export type Admission = 'YES' | 'NO' | 'FLOOD';

/** How fast one connection sends. Never turned off: it guards the process, not a quota. */
export class MessageRate {
  private left = BURST;
  private countedAt: number;
  private overSince: number | null = null;
  private refusedAt = 0;

  constructor(nowMs: number) {
    this.countedAt = nowMs;
  }

  /** Counts one message. Times are monotonic. */
  admit(nowMs: number): Admission {
    this.left = Math.min(BURST, this.left + ((nowMs - this.countedAt) * PER_SECOND) / 1000);
    this.countedAt = nowMs;
    if (this.left >= 1) {
      this.left -= 1;
      return 'YES';
    }
    // While over the limit some messages still get through; only a whole second without a refusal is a break.
    if (this.overSince === null || nowMs - this.refusedAt > BREAK_MS) this.overSince = nowMs;
    this.refusedAt = nowMs;
    return nowMs - this.overSince >= PATIENCE_MS ? 'FLOOD' : 'NO';
  }

  /** When the next message will be welcome, milliseconds from the last one. */
  get retryAfterMs(): number {
    return Math.ceil(((1 - this.left) * 1000) / PER_SECOND);
  }
}
