import { Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';

import type { Caller } from '../caller.js';
import { unauthenticated } from '../errors.js';
import { AuthService } from './auth.service.js';
import { bearerToken } from './bearer.js';
import { BEARER, BearerStrategy } from './bearer.strategy.js';
import { identityOf, type Identity } from './identity.js';

const PUBLIC = 'auth:public';

/** Marks a controller or a method that proves identity in another way, or needs none. */
export const Public = () => SetMetadata(PUBLIC, true);

type Middleware = (request: Request, response: Response | undefined, next: (error: Error) => void) => void;

/** Global: every REST method and GraphQL root field needs a caller, unless it is marked Public. */
@Injectable()
export class CallerGuard implements CanActivate {
  private readonly strategy: BearerStrategy;

  constructor(
    private readonly reflector: Reflector,
    private readonly auth: AuthService,
  ) {
    this.strategy = new BearerStrategy(auth);
  }

  /** A promise only where a token has to be verified: over a socket every call finds its caller proven. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const identity = identityOf(context);
    if (identity.caller) return true;
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    if (!identity.request) throw unauthenticated();
    const known = this.auth.known(bearerToken(identity.request.headers.authorization));
    if (!known) return this.prove(identity, identity.request);
    identity.remember(known);
    return true;
  }

  private async prove(identity: Identity, request: Request): Promise<boolean> {
    identity.remember(await this.authenticate(request));
    return true;
  }

  private authenticate(request: Request): Promise<Caller> {
    return new Promise((resolve, reject) => {
      const settle = (refusal: Error | null, caller: Caller | false) =>
        caller ? resolve(caller) : reject(refusal ?? unauthenticated());
      const middleware = this.strategy
        .getPassportInstance()
        .authenticate(BEARER, { session: false }, settle) as Middleware;
      middleware(request, request.res, reject);
    });
  }
}
