import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import { ServiceGuard } from '../../kernel/auth/service.guard.js';
import { Config } from '../../kernel/config/config.js';
import { unauthenticated } from '../../kernel/errors.js';

const SCHEME = /^Bearer +/i;

/** In production a scraper sends SERVICE_TOKEN as its bearer token, which is what Prometheus can be told to do. */
@Injectable()
export class ScraperGuard implements CanActivate {
  constructor(
    private readonly config: Config,
    private readonly service: ServiceGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.config.production) return true;
    const { authorization = '' } = context.switchToHttp().getRequest<Request>().headers;
    if (SCHEME.test(authorization) && this.service.accepts(authorization.replace(SCHEME, ''))) return true;
    throw unauthenticated('A valid service token is required');
  }
}
