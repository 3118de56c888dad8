import { Clock } from '../../src/kernel/clock.js';
import type { Cancel } from '../../src/kernel/clock.js';

interface Timer {
  at: number;
  readonly everyMs: number | null;
  readonly work: () => void;
}

/** A clock that stands still until it is turned. */
export class ManualClock extends Clock {
  private readonly timers = new Set<Timer>();

  constructor(private time = Date.UTC(2026, 0, 1)) {
    super();
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(ms: number, work: () => void): Cancel {
    return this.add({ at: this.time + ms, everyMs: null, work });
  }

  every(ms: number, work: () => void): Cancel {
    return this.add({ at: this.time + ms, everyMs: ms, work });
  }

  /** Lets `ms` pass; every timer that is due on the way runs at its own time, and promises get their turn. */
  async turn(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let timer = this.nextUntil(end); timer !== null; timer = this.nextUntil(end)) {
      this.time = timer.at;
      if (timer.everyMs === null) this.timers.delete(timer);
      else timer.at += timer.everyMs;
      timer.work();
      await new Promise(setImmediate);
    }
    this.time = end;
  }

  private add(timer: Timer): Cancel {
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  private nextUntil(end: number): Timer | null {
    const due = [...this.timers].filter((timer) => timer.at <= end).sort((left, right) => left.at - right.at);
    return due[0] ?? null;
  }
}
