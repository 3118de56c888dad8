import { Controller, Get, Header, Res } from '@nestjs/common';
import type { Response } from 'express';

import { Public } from '../auth/caller.guard.js';
import { HealthChecks } from './health.checks.js';
import type { Health } from './health.checks.js';

@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  /** The process runs and answers; nothing it leans on is asked. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether traffic should come here. Without Postgres presence still works, so that alone is no reason against it. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Health> {
    const health = await this.checks.report();
    response.status(health.status === 'down' ? 503 : 200);
    return health;
  }
}
