/** The closed list of failures a client may act on, with the numbers of each wire; `docs/errors.md` is this in words. */
export const REFUSALS = {
  UNAUTHENTICATED: {
    http: 401,
    grpc: 16,
    grpcError: 'UNAUTHORIZED',
    means: 'No token, a bad one, or one that has ended. Get a new one; the same will not do.',
  },
  FORBIDDEN: {
    http: 403,
    grpc: 7,
    grpcError: 'UNAUTHORIZED',
    means: 'Acting as somebody else. The token says who acts; leave the id out.',
  },
  USER_NOT_FOUND: {
    http: 404,
    grpc: 5,
    grpcError: 'USER_NOT_FOUND',
    means: 'No user of this id is in the directory. Somebody who hides is found, and looks offline.',
  },
  CONVERSATION_NOT_FOUND: {
    http: 404,
    grpc: 5,
    grpcError: 'UNKNOWN_ERROR',
    means: 'There is no such conversation, or the caller is not in it; the two look alike on purpose.',
  },
  INVALID_STATUS: {
    http: 400,
    grpc: 3,
    grpcError: 'INVALID_STATUS',
    means: 'A status that does not exist, or that cannot be set this way. GraphQL refuses these by its own validation.',
  },
  BAD_USER_INPUT: {
    http: 400,
    grpc: 3,
    grpcError: 'UNKNOWN_ERROR',
    means: 'Something else in the call is wrong or too large. The message says what; the same call fails again.',
  },
  RATE_LIMITED: {
    http: 429,
    grpc: 8,
    grpcError: 'RATE_LIMITED',
    means: 'Too many calls, messages or connections. Wait as long as `retryAfterMs` or `Retry-After` says.',
  },
  SERVICE_UNAVAILABLE: {
    http: 503,
    grpc: 14,
    grpcError: 'REDIS_ERROR',
    means: 'Redis or Postgres, whichever the call needs, cannot be reached. Wait as long as it says and ask again.',
  },
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/**
 * An expected failure. Thrown where the rule is, translated once by each wire.
 * `message` is shown to the client: it never names a host, a query, a key or a stack.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** How long to wait before asking again; only with RATE_LIMITED and SERVICE_UNAVAILABLE. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export const unauthenticated = (message = 'A valid token is required') => new Refusal('UNAUTHENTICATED', message);
export const badInput = (message: string) => new Refusal('BAD_USER_INPUT', message);
export const userNotFound = () => new Refusal('USER_NOT_FOUND', 'No such user');
// One sentence for "does not exist" and "not yours", so that the two cannot be told apart.
export const conversationNotFound = () => new Refusal('CONVERSATION_NOT_FOUND', 'No such conversation');
export const tooManyConnections = () => new Refusal('RATE_LIMITED', 'Too many connections of one user');
export const unavailable = (retryAfterMs = 1000) =>
  new Refusal('SERVICE_UNAVAILABLE', 'Temporarily unavailable, try again', retryAfterMs);
