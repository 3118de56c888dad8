/** Kind of client behind a connection. */
export const PLATFORMS = ['WEB', 'MOBILE', 'DESKTOP', 'BOT', 'UNKNOWN'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A proven identity. Every wire makes one before it calls a service. */
export interface Caller {
  readonly userId: string;
  /** When the token ends, milliseconds since 1970. */
  readonly expiresAt: number;
  /** The live connection that the call came over, when it is one that counts; absent for HTTP and unary gRPC. */
  readonly connectionId?: string;
}
