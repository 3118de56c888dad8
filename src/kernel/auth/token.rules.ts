/** Clocks of whoever signs may be this far from ours. A connection may live this long beyond its token's end. */
export const TOKEN_TOLERANCE_MS = 5000;
export const TOKEN_BYTES_MAX = 8192;

// Beyond this a Date is invalid.
const TIME_MAX_S = 8.64e12;

export type Algorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA';

/** What a token is held against. Null: not checked. */
export interface Expectations {
  readonly issuer: string | null;
  readonly audience: string | null;
}

export type Judgement =
  | { readonly is: 'good'; readonly subject: string; /** Milliseconds since 1970. */ readonly expiresAt: number }
  | { readonly is: 'expired' }
  | { readonly is: 'bad' };

export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | null;
}

const BAD = { is: 'bad' } as const;

/** Null for a header that is none, or that demands what is not understood here (`crit`, RFC 7515 section 4.1.11). */
export function readHeader(token: string): TokenHeader | null {
  if (token.length > TOKEN_BYTES_MAX) return null;
  const parts = token.split('.');
  if (parts.length !== 3) return null;
  const header = readPart(parts[0] ?? '');
  if (!isObject(header) || 'crit' in header || typeof header['alg'] !== 'string') return null;
  const kid = header['kid'];
  if (kid !== undefined && typeof kid !== 'string') return null;
  return { alg: header['alg'], kid: kid ?? null };
}

/**
 * What the claims of a token with a proven signature are worth at `nowMs`. Expired only where nothing but `exp` is at
 * fault, so that a client that is told so knows that a newer token helps.
 */
export function judgeClaims(claims: unknown, expected: Expectations, nowMs: number): Judgement {
  if (!isObject(claims)) return BAD;
  const { sub, exp, nbf, iss, aud } = claims;
  if (typeof sub !== 'string' || !isTime(exp)) return BAD;
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > nowMs + TOKEN_TOLERANCE_MS)) return BAD;
  if (expected.issuer !== null && iss !== expected.issuer) return BAD;
  if (expected.audience !== null && !(Array.isArray(aud) ? aud : [aud]).includes(expected.audience)) return BAD;
  const expiresAt = exp * 1000;
  if (hasExpired(expiresAt, nowMs)) return { is: 'expired' };
  return { is: 'good', subject: sub, expiresAt };
}

export function hasExpired(expiresAt: number, nowMs: number): boolean {
  return nowMs >= expiresAt + TOKEN_TOLERANCE_MS;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= TIME_MAX_S;
}

/** What a part of a token says, of whatever type it is; null for what is no JSON. */
export function readPart(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
