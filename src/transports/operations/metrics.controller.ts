import { Controller, Get, Header, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';

import { Public } from '../../kernel/auth/caller.guard.js';
import { measure } from '../../kernel/metrics/measure.js';
import { ScraperGuard } from './scraper.guard.js';

/** What Prometheus reads. */
@Public()
@UseGuards(ScraperGuard)
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  @Get()
  @Header('Cache-Control', 'no-store')
  async metrics(@Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', measure.contentType);
    response.end(await measure.exposition());
  }
}
