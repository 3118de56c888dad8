import { Logger } from '@nestjs/common';
import { Refusal } from '../../kernel/errors.js';
import type { Cancel, Clock } from '../../kernel/clock.js';

/**
 * Work that comes back, never twice at a time. Instances that started together do not stay together: each wait is up to
 * a tenth longer or shorter.
 */
export class Loop {
  private cancel: Cancel = () => undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  start(): this {
    this.cancel = this.clock.after(this.everyMs * (0.9 + Math.random() / 5), () => {
      this.running = this.turn();
    });
    return this;
  }

  /** Resolves when a turn that was running has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.running;
  }

  private async turn(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      // A store that cannot be reached is told by health; the next turn tries again.
      if (!(error instanceof Refusal)) logger.error(error);
    }
    if (!this.stopped) this.start();
  }
}

const logger = new Logger('Engine');
