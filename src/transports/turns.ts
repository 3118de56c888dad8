/** A burst of messages, all waiting for a store that is slow; whoever sends more is refused. */
const WAITING_MAX = 256;

/** The messages of one connection, one after the other: what is sent first is also done first. */
export class Turns {
  private last = Promise.resolve();
  private waiting = 0;

  /** Runs it when those before it are done. False: too many wait. `work` never rejects. */
  take(work: () => Promise<void>): boolean {
    if (this.waiting >= WAITING_MAX) return false;
    this.waiting += 1;
    this.last = this.last.then(work).finally(() => (this.waiting -= 1));
    return true;
  }
}
