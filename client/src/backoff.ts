const FIRST_MS = 500;
const LONGEST_MS = 20_000;
/** A connection that lived this long was a good one: the next loss starts from the beginning. */
const GOOD_AFTER_MS = 10_000;

/**
 * Waits between tries, growing and fully jittered: after a restart of the server its clients come back spread out,
 * not in waves. There is no last try.
 */
export class Backoff {
  private tries = 0;
  private wake: (() => void) | null = null;
  private goodTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly random: () => number = Math.random) {}

  get attempt(): number {
    return this.tries;
  }

  /** How long to wait now, in ms, counting one more try. */
  next(): number {
    this.stopCounting();
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.tries, 16));
    this.tries += 1;
    return Math.round(this.random() * ceiling);
  }

  /** Resolves after `ms`, or as soon as somebody hurries. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  hurry(): void {
    this.wake?.();
    this.wake = null;
  }

  /** The connection stands. Only one that lasts is a reason to be quick again. */
  succeeded(): void {
    this.stopCounting();
    this.goodTimer = setTimeout(() => (this.tries = 0), GOOD_AFTER_MS);
  }

  reset(): void {
    this.stopCounting();
    this.tries = 0;
  }

  private stopCounting(): void {
    clearTimeout(this.goodTimer);
  }
}
