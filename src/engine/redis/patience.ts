import type { Command } from 'ioredis';
import type { Cancel, Clock } from '../../kernel/clock.js';

/** Nothing was answered for as long as one may wait. */
export class GaveUp extends Error {
  constructor() {
    super('Command timed out');
  }
}

/**
 * Gives up commands that are not answered in time. Time is counted in turns of this, each of which lets the event loop
 * read what has come: a process that stood still does not take its own silence for the server's.
 */
export class Patience {
  private turns = 0;
  /** In the order in which they were sent, which is the order of their ends. */
  private sent: { readonly command: Command; readonly promise: Promise<unknown>; readonly until: number }[] = [];
  private stop: Cancel | null = null;

  constructor(private readonly clock: Clock) {}

  with(command: Command): void {
    const begun = this.stop === null ? 0 : 1;
    this.stop ??= this.clock.every(TURN_MS, () => this.turn());
    this.sent.push({ command, promise: command.promise, until: this.turns + TURNS + begun });
  }

  end(): void {
    this.stop?.();
    this.stop = null;
    this.sent = [];
  }

  private turn(): void {
    this.turns += 1;
    let over = 0;
    for (const { command, promise, until } of this.sent) {
      // Another promise: it has failed, and is sent again later. Ended before that, its pipeline would wait for ever.
      const waits = !command.isResolved && command.promise === promise;
      if (waits && until > this.turns) break;
      over += 1;
      if (waits) command.reject(new GaveUp());
    }
    this.sent = this.sent.slice(over);
    // Nobody waits: a process that has nothing to do is not woken twenty times a second.
    if (this.sent.length === 0) this.end();
  }
}

const TURN_MS = 50;
/** Half a second; besides, the turn that had begun. */
const TURNS = 10;
