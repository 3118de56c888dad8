/** Kind of client behind a connection. */
export const PLATFORMS = ['WEB', 'MOBILE', 'DESKTOP', 'BOT', 'UNKNOWN'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A proven identity. Every wire makes one before it calls a service. */
export interface Caller {
  readonly userId: string;
  /** When the token ends, milliseconds since 1970. */
  readonly expiresAt: number;
  /** The live connection that the call came over; absent for HTTP and unary gRPC. */
  readonly connectionId?: string;
  /** How many users that connection watches, over all its subscriptions; kept by the feeds. */
  readonly watching?: { users: number };
}
