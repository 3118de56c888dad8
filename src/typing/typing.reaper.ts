import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { type Cancel, Clock } from '../kernel/clock.js';
import { measure } from '../kernel/metrics/measure.js';
import { TypingFeed } from './typing.feed.js';

const LOOK_MS = 1000;

/** What failed is tried again. That typing ends by itself is the engine's own doing. */
@Injectable()
export class TypingReaper implements OnApplicationBootstrap, OnApplicationShutdown {
  private cancels: readonly Cancel[] = [];

  constructor(
    private readonly feed: TypingFeed,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.cancels = [
      this.clock.every(LOOK_MS, () => this.feed.reconsider()),
      measure.gauge('conversationsWatched', () => this.feed.conversations),
    ];
  }

  onApplicationShutdown(): void {
    for (const cancel of this.cancels) cancel();
  }
}
