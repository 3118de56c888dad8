// The scheme in any case, RFC 7235 section 2.1; one token, nothing after it.
const BEARER = /^Bearer +(\S+) *$/i;

/** The token of an `authorization` value, of whichever wire; null where there is none. Not verified. */
export function bearerToken(authorization: unknown): string | null {
  return typeof authorization === 'string' ? (BEARER.exec(authorization)?.[1] ?? null) : null;
}
