import type { Clock } from '../clock.js';

/** What is kept may be used for this long after the last proof that changes are heard. */
const TRUST_MS = 10_000;

/**
 * Whether changes are being heard. Proofs are a reading of the log, and an own message that came back over the bus.
 * Once trust is lost only a reading gives it back: messages of the silent time are gone.
 */
export class Trust {
  private polledAt = -Infinity;
  private tickedAt = -Infinity;

  constructor(private readonly clock: Clock) {}

  holds(): boolean {
    return this.clock.monotonic() - Math.max(this.polledAt, this.tickedAt) <= TRUST_MS;
  }

  /** `askedAt`: the monotonic time before the reading began, since it proves nothing of what came after. */
  polled(askedAt: number): void {
    this.polledAt = askedAt;
  }

  ticked(): void {
    if (this.holds()) this.tickedAt = this.clock.monotonic();
  }
}
