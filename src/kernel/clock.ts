/** Ends a timer; calling it again does nothing. */
export type Cancel = () => void;

/** The only place that knows the time. Tests turn one of their own. */
export abstract class Clock {
  /** Wall clock, milliseconds since 1970. For times that people see; never for measuring how long something took. */
  abstract now(): number;
  /** Monotonic milliseconds since some moment. For leases, timeouts and ages. */
  abstract monotonic(): number;
  /** Runs `work` once after `ms`. Does not keep the process alive. */
  abstract after(ms: number, work: () => void): Cancel;
  /** Runs `work` every `ms` until cancelled. Does not keep the process alive. */
  abstract every(ms: number, work: () => void): Cancel;
}

// setTimeout fires at once for more than 2^31-1 ms; whoever waits longer looks again then.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, work: () => void): Cancel {
    const timer = setTimeout(work, Math.min(ms, LONGEST_TIMER_MS)).unref();
    return () => clearTimeout(timer);
  }

  every(ms: number, work: () => void): Cancel {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  }
}
