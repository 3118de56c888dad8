import { createPublicKey, createSecretKey } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import type { Caller } from '../caller.js';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Directory } from '../directory/directory.service.js';
import { Refusal, unauthenticated } from '../errors.js';
import { isId } from '../input.js';
import { notice } from '../logging/notices.js';
import type { AuthFailure } from '../metrics/labels.js';
import { measure } from '../metrics/measure.js';
import { KeySet } from './key.set.js';
import { algorithmOf, provenClaims } from './signature.js';
import type { VerificationKey } from './signature.js';
import { hasExpired, judgeClaims, readHeader, type TokenHeader } from './token.rules.js';

/** Tokens whose signature need not be computed again; at most 8 KiB each, usually 300 bytes. */
const PROVEN_MAX = 10_000;
/** Then it is computed again, so that the tokens of a withdrawn key do not live on here. */
const PROVEN_MS = 10 * 60_000;

/** The token was good and has ended: a newer one helps. Nothing else is at fault. */
export class TokenExpired extends Refusal {
  constructor() {
    super('UNAUTHENTICATED', 'The token has expired');
  }
}

interface Proven {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Monotonic. */
  readonly provenAt: number;
}

/** Token to Caller: the one way by which any wire learns who somebody is. */
@Injectable()
export class AuthService {
  private readonly proven = new LRUCache<string, Proven>({ max: PROVEN_MAX });
  private readonly findKey: (kid: string | null) => VerificationKey | Promise<VerificationKey | null>;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly directory: Directory,
  ) {
    this.findKey = keyFinder(config, clock);
  }

  /**
   * Refuses UNAUTHENTICATED with one message for every fault but the end of the token, which is a TokenExpired; and
   * SERVICE_UNAVAILABLE when nobody can say whether the subject exists, or fetch the keys.
   */
  async verify(token: unknown): Promise<Caller> {
    if (typeof token !== 'string') throw refused('invalid');
    const proven = this.recall(token) ?? this.prove(token);
    const { subject, expiresAt } = proven instanceof Promise ? await proven : proven;
    if (!(await this.directory.user(subject))) throw refused('unknown-user');
    return { userId: subject, expiresAt };
  }

  /** As `verify`, where nothing has to be asked for or computed; null: `verify` has to say. */
  known(token: string | null): Caller | null {
    const proven = token === null ? null : this.provenOf(token);
    if (!proven || hasExpired(proven.expiresAt, this.clock.now())) return null;
    return this.directory.sure(proven.subject) ? { userId: proven.subject, expiresAt: proven.expiresAt } : null;
  }

  private recall(token: string): Proven | null {
    const proven = this.provenOf(token);
    if (proven && hasExpired(proven.expiresAt, this.clock.now())) throw refused('expired');
    return proven;
  }

  private provenOf(token: string): Proven | null {
    const proven = this.proven.get(token);
    return proven && this.clock.monotonic() - proven.provenAt <= PROVEN_MS ? proven : null;
  }

  /** A promise only where keys have to be fetched. */
  private prove(token: string): Proven | Promise<Proven> {
    const header = readHeader(token);
    if (!header) throw refused('invalid');
    const found = this.findKey(header.kid);
    if (found instanceof Promise) return found.then((key) => this.proveBy(key, header, token));
    return this.proveBy(found, header, token);
  }

  private proveBy(found: VerificationKey | null, header: TokenHeader, token: string): Proven {
    // The key says which algorithm it is used with; a token that says another is refused, never followed.
    if (!found || header.alg !== found.algorithm) throw refused('invalid');
    const expected = { issuer: this.config.jwtIssuer, audience: this.config.jwtAudience };
    const judged = judgeClaims(provenClaims(token, found), expected, this.clock.now());
    if (judged.is === 'expired') throw refused('expired');
    if (judged.is === 'bad' || !isId(judged.subject)) throw refused('invalid');
    const proven = { subject: judged.subject, expiresAt: judged.expiresAt, provenAt: this.clock.monotonic() };
    this.proven.set(token, proven);
    return proven;
  }
}

/** Counted and told apart here; a client learns only whether a newer token would help. */
function refused(reason: AuthFailure): Refusal {
  measure.authFailed(reason);
  if (reason !== 'expired') notice('auth', `A token was refused: ${reason}`);
  return reason === 'expired' ? new TokenExpired() : unauthenticated();
}

/** Throws where a setting holds no usable key, so that the start stops with its name. */
function keyFinder(
  config: Config,
  clock: Clock,
): (kid: string | null) => VerificationKey | Promise<VerificationKey | null> {
  if (config.jwksUrl !== null) {
    const set = new KeySet(config.jwksUrl, clock);
    return (kid) => set.find(kid);
  }
  const only = config.jwtPublicKey !== null ? publicKey(config.jwtPublicKey) : secretKey(config.jwtSecret);
  return () => only;
}

function secretKey(secret: string | null): VerificationKey {
  if (!secret) throw new Error('JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL is required');
  return { key: createSecretKey(Buffer.from(secret)), algorithm: 'HS256' };
}

function publicKey(pem: string): VerificationKey {
  const key = createPublicKey(pem);
  const algorithm = algorithmOf(key);
  if (!algorithm) throw new Error('JWT_PUBLIC_KEY must be an RSA, P-256 or Ed25519 key');
  return { key, algorithm };
}
