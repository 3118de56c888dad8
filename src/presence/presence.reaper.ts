import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';

import { Engine } from '../engine/engine.js';
import { type Cancel, Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Drains, FLUSH_ORDER } from '../kernel/drains.js';
import { Refusal } from '../kernel/errors.js';
import { measure } from '../kernel/metrics/measure.js';
import { PresenceFeed } from './presence.feed.js';
import { Holds } from './holds.service.js';
import { PresenceRepository } from './presence.repository.js';

const LOOK_MS = 1000;
const EXPIRED_MS = 30_000;
/** Rows a statement. */
const BATCH = 1000;

/** What happens by the passing of time: last seen reaches Postgres, what failed is tried again. */
@Injectable()
export class PresenceReaper implements OnApplicationBootstrap {
  private readonly log = new Logger(PresenceReaper.name);
  private readonly timers: Cancel[] = [];
  private flushing: Promise<void> | null = null;
  private waiting = 0;

  constructor(
    private readonly engine: Engine,
    private readonly repository: PresenceRepository,
    private readonly holds: Holds,
    private readonly feed: PresenceFeed,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly drains: Drains,
  ) {}

  /** After the engine has started and before anybody is served. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.engine.health().kind === 'memory') await this.repository.recover();
    this.every(Math.max(this.config.lastSeenFlushMs / 2, 50), () => this.flush());
    this.every(LOOK_MS, () => this.holds.makeGood());
    this.every(LOOK_MS, () => this.feed.reconsider());
    this.every(EXPIRED_MS, () => this.repository.dropExpiredMessages(BATCH));
    this.timers.push(
      measure.gauge('lastSeenWaiting', () => this.waiting),
      measure.gauge('usersWatched', () => this.feed.users),
      measure.gauge('watches', () => this.feed.watches),
    );
    this.drains.register('last seen', FLUSH_ORDER, () => this.finish());
  }

  private async finish(): Promise<void> {
    for (const cancel of this.timers.splice(0)) cancel();
    // One that began before the engine was drained may have missed the last of them.
    await this.flushing;
    await this.flush();
  }

  /** Writes all that waits. What cannot be written stays in the engine. */
  private flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => (this.flushing = null));
    return this.flushing;
  }

  private async write(): Promise<void> {
    for (;;) {
      const seen = await this.engine.presence.unstored(BATCH);
      this.waiting = seen.length;
      if (seen.length > 0) {
        await this.repository.keepLastSeen(seen);
        // Only after the commit: a crash in between writes the same rows again, which changes nothing.
        await this.engine.presence.stored(seen);
        measure.lastSeenStored(seen.length);
        this.waiting = 0;
      }
      if (seen.length < BATCH) return;
    }
  }

  private every(ms: number, work: () => Promise<void>): void {
    let busy = false;
    const run = async (): Promise<void> => {
      if (busy) return;
      busy = true;
      try {
        await work();
      } catch (error) {
        // A store that is away is not news each second: health tells it, and the next turn tries again.
        if (!(error instanceof Refusal)) this.log.error(error);
      } finally {
        busy = false;
      }
    };
    this.timers.push(this.clock.every(ms, () => void run()));
  }
}
