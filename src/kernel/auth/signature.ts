import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import jwt from 'jsonwebtoken';

import type { Algorithm } from './token.rules.js';

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

/** The claims of a token that the key has signed, of whatever type they are; null when it has not. */
export function provenClaims(token: string, { key, algorithm }: VerificationKey): unknown {
  if (algorithm === 'EdDSA') return edwardsClaims(token, key);
  try {
    // Times are judged by our own clock and rules. The key is a KeyObject: from text, one would be made a call.
    return jwt.verify(token, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true });
  } catch {
    return null;
  }
}

/** jsonwebtoken does not know EdDSA. The algorithm in the header was compared before. */
function edwardsClaims(token: string, key: KeyObject): unknown {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const signed = verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  if (!signed) return null;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
