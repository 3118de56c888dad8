import { Injectable } from '@nestjs/common';

import { Clock } from './clock.js';

/** Sockets are closed in batches, so that everybody who comes back does not do so in one second. */
const SOCKETS_DEADLINE_MS = 27_000;
const DEADLINE_MS = 3_000;

interface Drain {
  readonly name: string;
  readonly order: number;
  readonly work: () => Promise<void>;
}

/** Sockets and streams: whoever sits on one is sent to another instance. */
export const SOCKETS_ORDER = 10;
/** The engine gives back what this instance held. */
export const ENGINE_ORDER = 20;
/** What the engine has left behind is written to Postgres. */
export const FLUSH_ORDER = 30;

/** Who has something to finish before the process may end. Lower orders first, equal ones side by side. */
@Injectable()
export class Drains {
  private readonly registered: Drain[] = [];
  private started = false;

  constructor(private readonly clock: Clock) {}

  /** True from the moment the instance stops: no new connection is welcome. */
  get draining(): boolean {
    return this.started;
  }

  /** `work` ends when nothing of `name` is left: within 27 s for sockets, 3 s for everything else. */
  register(name: string, order: number, work: () => Promise<void>): void {
    this.registered.push({ name, order, work });
  }

  /** From now on `draining`; `run` does the work. */
  begin(): void {
    this.started = true;
  }

  /**
   * Runs all of it, and tells who failed or took too long: one that does keeps nobody else from leaving in good order.
   */
  async run(failed: (name: string, error: unknown) => void): Promise<void> {
    this.begin();
    const orders = [...new Set(this.registered.map(({ order }) => order))].sort((a, b) => a - b);
    for (const order of orders) {
      const together = this.registered.filter((drain) => drain.order === order);
      await Promise.all(
        together.map((drain) => this.finish(drain).catch((error: unknown) => failed(drain.name, error))),
      );
    }
  }

  private finish({ order, work }: Drain): Promise<void> {
    const deadlineMs = order <= SOCKETS_ORDER ? SOCKETS_DEADLINE_MS : DEADLINE_MS;
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(deadlineMs, () => reject(new Error(`not done after ${deadlineMs} ms`)));
      Promise.resolve().then(work).then(resolve, reject).finally(cancel);
    });
  }
}
