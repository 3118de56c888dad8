import pg from 'pg';

import type { Breaker } from '../breaker.js';

/** Who waits for a connection; whoever comes later is refused at once. */
const WAITING_MAX = 500;
const TOO_LONG_TO_CONNECT = /connection timeout|timeout exceeded/;

/** Known by these words to database.ts. */
const KNOWN_AWAY = 'Postgres is known to be away';
const TOO_MANY_WAIT = 'Too many wait for a connection';

type Done = (release?: boolean | Error) => void;
type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, done: Done) => void;

/** A pool in which nobody waits where waiting is in vain: see `Breaker`. */
export class SteadyPool extends pg.Pool {
  private readonly breaker: Breaker;

  constructor(config: pg.PoolConfig & { readonly breaker: Breaker }) {
    super(config);
    this.breaker = config.breaker;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<pg.PoolClient> | void {
    if (!connected) {
      return new Promise((resolve, reject) =>
        this.connect((error, client) => (client ? resolve(client) : reject(error ?? new Error(KNOWN_AWAY)))),
      );
    }
    const refusal = this.refusal();
    if (refusal) return void setImmediate(() => connected(new Error(refusal), undefined, () => {}));
    super.connect((error, client, done) => {
      if (error && TOO_LONG_TO_CONNECT.test(error.message)) this.breaker.waitedInVain();
      connected(error, client, done);
    });
  }

  private refusal(): string | null {
    if (!this.breaker.admits()) return KNOWN_AWAY;
    return this.waitingCount >= WAITING_MAX ? TOO_MANY_WAIT : null;
  }
}
