/** Ends after which a token is not worth being renewed early: `setTimeout` cannot wait longer. */
const LONGEST_MS = 2 ** 31 - 1;
const BEFORE_MS = 30_000;

/** Where tokens come from. Asked before each connection and each request; keep them yourself if they are dear. */
export type TokenSource = () => string | Promise<string>;

/** Milliseconds from now until a fresh token should be fetched, or null where the token does not say. */
export function renewInMs(token: string, now: number): number | null {
  const expiresAt = expiryOf(token);
  if (expiresAt === null) return null;
  const left = expiresAt - now;
  // Short-lived tokens are renewed at half their life.
  return Math.min(LONGEST_MS, Math.max(1000, left - Math.min(BEFORE_MS, left / 2)));
}

/** `exp` of a JWT as ms since 1970. Read only to be on time; whether it is true is the server's business. */
function expiryOf(token: string): number | null {
  try {
    const claims: unknown = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : null;
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null;
  }
}
