import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { type Cancel, Clock } from '../kernel/clock.js';
import { TypingFeed } from './typing.feed.js';

const LOOK_MS = 1000;

/** What failed is tried again. That typing ends by itself is the engine's own doing. */
@Injectable()
export class TypingReaper implements OnApplicationBootstrap, OnApplicationShutdown {
  private cancel: Cancel | null = null;

  constructor(
    private readonly feed: TypingFeed,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.cancel = this.clock.every(LOOK_MS, () => this.feed.reconsider());
  }

  onApplicationShutdown(): void {
    this.cancel?.();
  }
}
