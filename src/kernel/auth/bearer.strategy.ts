import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-jwt';

import { unauthenticated } from '../errors.js';
import type { AuthService } from './auth.service.js';
import { bearerToken } from './bearer.js';

export const BEARER = 'bearer';

const tokenOf = (request: Request) => bearerToken(request.headers.authorization);

/**
 * passport-jwt, with AuthService in the place of its own verification: HTTP then takes exactly the tokens that sockets
 * and streams take, keys of a key set and EdDSA included, and a token proven once is not computed again.
 */
export class BearerStrategy extends PassportStrategy(Strategy, BEARER) {
  /** Its own, not the process-wide one: two applications in one process have two directories. */
  declare private authenticator: passport.Authenticator | undefined;

  constructor(private readonly auth: AuthService) {
    super({ jwtFromRequest: tokenOf, secretOrKeyProvider: refuseKey });
  }

  getPassportInstance(): passport.Authenticator {
    return (this.authenticator ??= new passport.Authenticator());
  }

  override authenticate(request: Request): void {
    this.auth.verify(tokenOf(request)).then(
      (caller) => this.success(caller),
      (refusal: Error) => this.error(refusal),
    );
  }

  validate(): never {
    throw unauthenticated();
  }
}

// The base class insists on it; were it ever asked, nobody would come in.
const refuseKey = (_request: unknown, _token: unknown, done: (error: unknown) => void) => done(unauthenticated());
