import { createHash, timingSafeEqual } from 'node:crypto';

import { applyDecorators, Injectable, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import { Config } from '../config/config.js';
import { unauthenticated } from '../errors.js';
import { notice } from '../logging/notices.js';
import { Public } from './caller.guard.js';

/** For your own back end: `x-secret-token` must be SERVICE_TOKEN. Without that setting nobody comes in. */
@Injectable()
export class ServiceGuard implements CanActivate {
  private readonly expected: Buffer | null;

  constructor(config: Config) {
    this.expected = config.serviceToken ? digest(config.serviceToken) : null;
  }

  canActivate(context: ExecutionContext): boolean {
    const given = context.switchToHttp().getRequest<Request>().headers['x-secret-token'];
    if (this.accepts(given)) return true;
    notice('service', 'A call with a wrong x-secret-token, or none, was refused');
    throw unauthenticated('A valid x-secret-token is required');
  }

  /** Whether it is SERVICE_TOKEN; for whoever is given it in another header. */
  accepts(given: unknown): boolean {
    // Digests have one length, so the comparison tells nothing about the length of the token either.
    return this.expected !== null && typeof given === 'string' && timingSafeEqual(digest(given), this.expected);
  }
}

/** Marks a controller or method that is asked with `x-secret-token` instead of a bearer token. */
export const ServiceOnly = () => applyDecorators(Public(), UseGuards(ServiceGuard));

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
