import type { Change } from '../changes/changes.types.js';
import { REFUSALS } from '../errors.js';

/*
 * Every value that a label may take. None of them grows with the number of users, so that neither does what an instance
 * answers to a scrape.
 */

/** The wires that have live connections. */
export const TRANSPORTS = ['graphql-ws', 'ws', 'socketio', 'grpc'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `left`: the client said goodbye. `lost`: the connection broke. `mute`: no sign of life. The rest are our own doing. */
export const ENDINGS = [
  'left',
  'lost',
  'mute',
  'unauthenticated',
  'expired',
  'crowded',
  'unavailable',
  'malformed',
  'flooding',
  'slow',
  'draining',
] as const;
export type ConnectionEnding = (typeof ENDINGS)[number];

/** Why a handshake got no further than HTTP. `address`: it has too many connections, or opens them too fast. */
export const REJECTIONS = ['path', 'origin', 'draining', 'address'] as const;
export type RejectionReason = (typeof REJECTIONS)[number];

/** `invalid`: not a token of ours, or none; `unknown-user`: nobody of that id is in the directory. */
export const AUTH_FAILURES = ['invalid', 'expired', 'unknown-user'] as const;
export type AuthFailure = (typeof AUTH_FAILURES)[number];

/** What clients are told; OTHER: a failure of GraphQL's or HTTP's own, such as an unknown path. */
export const REFUSAL_CODES = [...(Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]), 'INTERNAL', 'OTHER'] as const;

export const LIMITED = ['heartbeat', 'change', 'read', 'message', 'connection'] as const;
export type Limited = (typeof LIMITED)[number];

/**
 * What made others see somebody in another status. `time`: nothing was done; a grace, a lease or the wait for activity
 * ended, of a lost instance's users as well.
 */
export const CAUSES = ['connection', 'heartbeat', 'closing', 'leaving', 'choice', 'time'] as const;
export type Cause = (typeof CAUSES)[number];

export const STATUSES = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'OFFLINE'] as const;
export type Status = (typeof STATUSES)[number];

/** How an instance found out that it had missed something. */
export const REPAIRS = ['missed', 'gap', 'reconnected'] as const;
export type Repair = (typeof REPAIRS)[number];

export const CHANGE_KINDS = [
  'user',
  'userDeleted',
  'privacy',
  'custom',
  'block',
  'contact',
  'member',
  'everything',
] as const satisfies readonly Change['kind'][];
export type ChangeKind = Change['kind'];

export const HTTP_PARTS = ['graphql', 'rest', 'internal', 'operations', 'pages'] as const;
export type HttpPart = (typeof HTTP_PARTS)[number];

export const HTTP_OUTCOMES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'broken'] as const;
export type HttpOutcome = (typeof HTTP_OUTCOMES)[number];
