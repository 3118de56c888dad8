import pg from 'pg';

const TIMEOUT_MESSAGE = 'Query read timeout';

type Callback = (error: unknown, result: unknown) => void;
type Ask = (...args: unknown[]) => unknown;

/**
 * A client whose connection is given up when an answer does not come. Without this a partition would fill the pool with
 * connections that wait for an answer for a quarter of an hour, and whoever comes later would queue behind them.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const ask = this.query.bind(this) as Ask;
    const watched: Ask = (...args) => {
      const last = args.at(-1);
      if (typeof last === 'function') return ask(...args.slice(0, -1), this.watch(last as Callback));
      const answer = ask(...args);
      if (answer instanceof Promise) answer.catch((error: unknown) => this.giveUpAfter(error));
      return answer;
    };
    this.query = watched as typeof this.query;
  }

  private watch(callback: Callback): Callback {
    return (error, result) => {
      this.giveUpAfter(error);
      callback(error, result);
    };
  }

  private giveUpAfter(error: unknown): void {
    if (error instanceof Error && error.message === TIMEOUT_MESSAGE) this.connection.stream.destroy();
  }
}
