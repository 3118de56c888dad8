import type { ServerResponse } from 'node:http';

import type { HttpOutcome, HttpPart } from './labels.js';
import { measure } from './measure.js';

const PARTS: readonly (readonly [prefix: string, part: HttpPart])[] = [
  ['/graphql', 'graphql'],
  ['/api/internal/', 'internal'],
  ['/api/user/realtime', 'internal'],
  ['/api/docs', 'pages'],
  ['/api/', 'rest'],
  ['/users/', 'rest'],
  ['/health/', 'operations'],
  ['/metrics', 'operations'],
];

/** Times an answer that is given now, or from now on. */
export function timeAnswer(part: HttpPart, response: ServerResponse, began = measure.moment()): void {
  response.once('close', () => measure.http(part, outcomeOf(response), began));
}

export function partOf(path: string): HttpPart {
  return PARTS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'pages';
}

/** `broken`: the client went before its answer was complete. */
function outcomeOf({ writableFinished, statusCode }: ServerResponse): HttpOutcome {
  if (!writableFinished) return 'broken';
  if (statusCode < 200) return '1xx';
  if (statusCode < 300) return '2xx';
  if (statusCode < 400) return '3xx';
  return statusCode < 500 ? '4xx' : '5xx';
}
