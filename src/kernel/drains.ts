import { Injectable } from '@nestjs/common';

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

  /** True from the moment the instance stops: no new connection is welcome. */
  get draining(): boolean {
    return this.started;
  }

  /** `work` ends when nothing of `name` is left; it has to keep its own time. */
  register(name: string, order: number, work: () => Promise<void>): void {
    this.registered.push({ name, order, work });
  }

  /** From now on `draining`; `run` does the work. */
  begin(): void {
    this.started = true;
  }

  /** Runs all of it, and tells who failed: one that does keeps nobody else from leaving in good order. */
  async run(failed: (name: string, error: unknown) => void): Promise<void> {
    this.begin();
    const orders = [...new Set(this.registered.map(({ order }) => order))].sort((a, b) => a - b);
    for (const order of orders) {
      const together = this.registered.filter((drain) => drain.order === order);
      await Promise.all(
        together.map(({ name, work }) =>
          Promise.resolve()
            .then(work)
            .catch((error: unknown) => failed(name, error)),
        ),
      );
    }
  }
}
