import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { Changes } from '../../kernel/changes/changes.service.js';
import { Drains } from '../../kernel/drains.js';
import { measure } from '../../kernel/metrics/measure.js';
import { PresenceModule } from '../../presence/presence.module.js';
import { ExplainController } from './explain.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ScraperGuard } from './scraper.guard.js';

/** For those who run it: numbers, and what is known of one user. */
@Module({ imports: [PresenceModule], controllers: [MetricsController, ExplainController], providers: [ScraperGuard] })
export class OperationsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private stops: readonly (() => void)[] = [];

  constructor(
    private readonly changes: Changes,
    private readonly drains: Drains,
  ) {}

  onApplicationBootstrap(): void {
    this.stops = [
      measure.gauge('changesFresh', () => Number(this.changes.fresh())),
      measure.gauge('draining', () => Number(this.drains.draining)),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }
}
