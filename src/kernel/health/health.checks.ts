import { Injectable } from '@nestjs/common';

import { Clock } from '../clock.js';
import { Drains } from '../drains.js';

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<string, 'up' | 'down'>>;
}

interface Check {
  readonly name: string;
  /** Without it the instance cannot do its work: traffic should go elsewhere. */
  readonly essential: boolean;
  readonly up: () => Promise<boolean> | boolean;
}

const CHECK_TIMEOUT_MS = 1_500;

/** What the instance leans on, and whether it is there. Whoever brings a dependency registers its check. */
@Injectable()
export class HealthChecks {
  private readonly checks: Check[] = [];
  private running: Promise<Health> | null = null;

  constructor(
    private readonly drains: Drains,
    private readonly clock: Clock,
  ) {}

  /** A check that throws or takes longer than 1.5 s counts as down. */
  register(name: string, options: { readonly essential: boolean }, up: Check['up']): void {
    this.checks.push({ name, essential: options.essential, up });
  }

  /** The state of now. However many ask at once, each dependency is asked one question. */
  report(): Promise<Health> {
    this.running ??= this.ask().finally(() => (this.running = null));
    return this.running;
  }

  private async ask(): Promise<Health> {
    const answers = await Promise.all(this.checks.map(async (check) => ({ ...check, isUp: await this.isUp(check) })));
    const missing = answers.filter(({ isUp }) => !isUp);
    const down = this.drains.draining || missing.some(({ essential }) => essential);
    return {
      status: down ? 'down' : missing.length > 0 ? 'degraded' : 'ok',
      checks: Object.fromEntries(answers.map(({ name, isUp }) => [name, isUp ? 'up' : 'down'])),
    };
  }

  private isUp(check: Check): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(CHECK_TIMEOUT_MS, () => resolve(false));
      const answer = (up: boolean) => {
        cancel();
        resolve(up);
      };
      Promise.resolve()
        .then(() => check.up())
        .then(answer, () => answer(false));
    });
  }
}
