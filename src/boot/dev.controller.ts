import { createSecretKey } from 'node:crypto';

import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import jwt from 'jsonwebtoken';

import { Public } from '../kernel/auth/caller.guard.js';
import { Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { badInput, userNotFound } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';

const TOKEN_SECONDS = 12 * 3600;

/** Development only: a token for anybody in the directory, so that trying things out needs no identity provider. */
@Public()
@Controller('dev')
export class DevController {
  constructor(
    private readonly config: Config,
    private readonly directory: Directory,
    private readonly clock: Clock,
  ) {}

  @Post('token')
  @HttpCode(200)
  async token(@Body() body: unknown): Promise<{ token: string }> {
    const userId = checkId(userIdOf(body), 'userId');
    if (this.config.jwtSecret === null)
      throw badInput('Only whoever holds the private key of JWT_PUBLIC_KEY or JWKS_URL can make tokens');
    if (!(await this.directory.user(userId))) throw userNotFound();
    return { token: this.sign(userId, this.config.jwtSecret) };
  }

  private sign(userId: string, secret: string): string {
    const iat = Math.floor(this.clock.now() / 1000);
    const { jwtIssuer: iss, jwtAudience: aud } = this.config;
    const claims = {
      sub: userId,
      iat,
      exp: iat + TOKEN_SECONDS,
      ...(iss !== null && { iss }),
      ...(aud !== null && { aud }),
    };
    return jwt.sign(claims, createSecretKey(Buffer.from(secret)), { algorithm: 'HS256' });
  }
}

const userIdOf = (body: unknown) =>
  typeof body === 'object' && body !== null && 'userId' in body ? body.userId : undefined;
