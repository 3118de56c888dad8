import { createHmac, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { JWT_SECRET } from './kernel.js';

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token put together by hand, so that it may be as wrong as a test wants. */
export function forge(header: object, claims: unknown, signer: (signed: Buffer) => Buffer): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signer(Buffer.from(signed)).toString('base64url')}`;
}

export const hmac =
  (secret: string, hash = 'sha256') =>
  (signed: Buffer) =>
    createHmac(hash, secret).update(signed).digest();

export const rsa =
  (key: KeyObject, hash = 'sha256') =>
  (signed: Buffer) =>
    sign(hash, signed, key);

export const ecdsa = (key: KeyObject) => (signed: Buffer) => sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });

export const eddsa = (key: KeyObject) => (signed: Buffer) => sign(null, signed, key);

/** A good token for the secret of the tests. */
export function tokenFor(userId: string, claims: object = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return forge({ alg: 'HS256', typ: 'JWT' }, { sub: userId, exp, ...claims }, hmac(JWT_SECRET));
}
