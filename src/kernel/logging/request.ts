import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'X-Request-Id';
/** A caller's own request id is taken over when it is one that cannot break a log or a header. */
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

const requests = new AsyncLocalStorage<string>();

export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** What is logged while `work` is done, and by all that it begins, carries the id. */
export function answering<T>(requestId: string, work: () => T): T {
  return requests.run(requestId, work);
}

/** What every line of the log carries while a request is answered. */
export function requestFields(): { readonly request?: string } {
  const request = requests.getStore();
  return request === undefined ? {} : { request };
}
