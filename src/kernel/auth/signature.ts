import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import jwt from 'jsonwebtoken';

import { type Algorithm, readPart } from './token.rules.js';

/** A key and the one algorithm that it is used with, whatever a token says. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

/** The one algorithm of a public key; null for a kind of key that is not taken. */
export function algorithmOf(key: KeyObject): Algorithm | null {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  return null;
}

/** The claims of a token of three parts that the key has signed, of whatever type they are; null when it has not. */
export function provenClaims(token: string, { key, algorithm }: VerificationKey): unknown {
  // The algorithm in the header was compared before.
  switch (algorithm) {
    case 'HS256':
      return claimsOf(token, (signed, signature) => isKeyedHash(signed, signature, key));
    case 'EdDSA':
      return claimsOf(token, (signed, signature) => isEdwards(signed, signature, key));
    default:
      return verified(token, key, algorithm);
  }
}

function claimsOf(token: string, proves: (signed: string, signature: string) => boolean): unknown {
  const end = token.lastIndexOf('.');
  const signed = token.slice(0, end);
  return proves(signed, token.slice(end + 1)) ? readPart(signed.slice(signed.indexOf('.') + 1)) : null;
}

function verified(token: string, key: KeyObject, algorithm: jwt.Algorithm): unknown {
  try {
    // Times are judged by our own clock and rules.
    return jwt.verify(token, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true });
  } catch {
    return null;
  }
}

/** RFC 7518 section 3.2. Compared as text, so that a signature has one spelling. */
function isKeyedHash(signed: string, signature: string, key: KeyObject): boolean {
  const expected = Buffer.from(createHmac('sha256', key).update(signed).digest('base64url'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** RFC 8037 section 3.1. */
function isEdwards(signed: string, signature: string, key: KeyObject): boolean {
  return verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64url'));
}
