import pg from 'pg';

import type { Breaker } from '../breaker.js';
import { measure } from '../metrics/measure.js';

const TIMEOUT_MESSAGE = 'Query read timeout';

type Callback = (error: unknown, result: unknown) => void;
type Ask = (...args: unknown[]) => unknown;

/**
 * A client whose connection is given up when an answer does not come. Without this a partition would fill the pool with
 * connections that wait for an answer for a quarter of an hour, and whoever comes later would queue behind them.
 */
export class SteadyClient extends pg.Client {
  private readonly breaker: Breaker | undefined;

  constructor(config?: pg.ClientConfig & { readonly breaker?: Breaker }) {
    super(config);
    this.breaker = config?.breaker;
    const ask = this.query.bind(this) as Ask;
    const watched: Ask = (...args) => {
      const began = measure.moment();
      const last = args.at(-1);
      if (typeof last === 'function') return ask(...args.slice(0, -1), this.watch(last as Callback, began));
      const answer = ask(...args);
      if (answer instanceof Promise) {
        answer.then(
          () => this.answered(began),
          (error: unknown) => this.giveUpAfter(error),
        );
      }
      return answer;
    };
    this.query = watched as typeof this.query;
  }

  private watch(callback: Callback, began: number): Callback {
    return (error, result) => {
      if (error) this.giveUpAfter(error);
      else this.answered(began);
      callback(error, result);
    };
  }

  private answered(began: number): void {
    this.breaker?.answered();
    measure.postgres(began);
  }

  private giveUpAfter(error: unknown): void {
    if (!(error instanceof Error) || error.message !== TIMEOUT_MESSAGE) return;
    this.breaker?.waitedInVain();
    this.connection.stream.destroy();
  }
}
