import { unavailable } from '../errors.js';
import { measure } from '../metrics/measure.js';

// Connection exceptions, insufficient resources, operator intervention (shutdown, cancelled by a timeout), system errors.
const UNREACHABLE_STATES = /^(08|53|57|58)/;
const LOCK_NOT_AVAILABLE = '55P03';
// A server that has become a read-only standby: the writable one is elsewhere by now.
const READ_ONLY = '25006';
const IDLE_TRANSACTION_ENDED = '25P03';
const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ENOENT',
  'EACCES',
]);
const UNREACHABLE_MESSAGES = [
  /^Connection terminated/,
  /^Query read timeout$/,
  /timeout exceeded when trying to connect/,
  /timeout expired/,
  /^Client has encountered a connection error/,
  /^Client was closed/,
  /^Postgres is known to be away$/,
  /^Too many wait for a connection$/,
  /Cannot use a pool after calling end/,
  /^DataSource .*is not (initialized|set)|is not established/i,
  /^Driver not Connected/i,
];

/**
 * Runs what asks Postgres. "It cannot be reached, or not in time" becomes SERVICE_UNAVAILABLE; every other failure,
 * a broken constraint among them, passes as it is.
 */
export async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    measure.postgresFailed();
    throw unavailable();
  }
}

/** Whether an error of the driver says that the database is away, overloaded or too slow, not that we asked wrongly. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    if (
      UNREACHABLE_CODES.has(code) ||
      code === LOCK_NOT_AVAILABLE ||
      code === READ_ONLY ||
      code === IDLE_TRANSACTION_ENDED
    )
      return true;
    if (code.length === 5 && UNREACHABLE_STATES.test(code)) return true;
  }
  // Happy eyeballs: every address was tried.
  if (error instanceof AggregateError && error.errors.some(isUnreachable)) return true;
  if ('driverError' in error && error.driverError !== error && isUnreachable(error.driverError)) return true;
  return UNREACHABLE_MESSAGES.some((pattern) => pattern.test(error.message));
}
