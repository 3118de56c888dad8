import { Module } from '@nestjs/common';

import { MetricsController } from './metrics.controller.js';
import { ScraperGuard } from './scraper.guard.js';

/** For those who run it: numbers, and what is known of one user. */
@Module({ controllers: [MetricsController], providers: [ScraperGuard] })
export class OperationsModule {}
