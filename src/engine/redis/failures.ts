import { unavailable } from '../../kernel/errors.js';
import { measure } from '../../kernel/metrics/measure.js';

/** What Redis answers while it cannot serve: starting, failing over, out of memory or disk, busy, not let in. */
const PASSING =
  /^(LOADING|READONLY|MISCONF|OOM|BUSY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|UNBLOCKED|NOAUTH|WRONGPASS)\b/;

/** Turns "the store cannot be reached" into SERVICE_UNAVAILABLE; a mistake of ours stays what it is. */
export async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOurs(error)) throw error;
    measure.redisFailed();
    throw unavailable();
  }
}

// Whatever is neither an answer of Redis nor a slip of the language comes from the connection: closed, timed out.
function isOurs(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return true;
  return error instanceof Error && error.name === 'ReplyError' && !PASSING.test(error.message);
}
