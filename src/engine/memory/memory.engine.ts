import type { Cancel, Clock } from '../../kernel/clock.js';
import { measure } from '../../kernel/metrics/measure.js';
import { Engine } from '../engine.js';
import type { EngineHealth, EngineSettings } from '../engine.js';
import { MemoryBus } from './memory.bus.js';
import { MemoryPresence } from './memory.presence.js';
import { MemoryTyping } from './memory.typing.js';

/** One process, no store beside it. What it knew ends with it, but for what was stored. */
export class MemoryEngine extends Engine {
  readonly presence: MemoryPresence;
  readonly typing: MemoryTyping;
  readonly bus = new MemoryBus();
  private timers: readonly Cancel[] = [];

  constructor(
    private readonly clock: Clock,
    settings: EngineSettings,
  ) {
    super();
    this.presence = new MemoryPresence(clock, settings);
    this.typing = new MemoryTyping(clock, settings);
  }

  start(): Promise<void> {
    this.timers = [
      this.clock.every(SWEEP_MS, () => this.sweep()),
      this.clock.every(CHECKPOINT_MS, () => this.presence.checkpoint()),
    ];
    return Promise.resolve();
  }

  health(): EngineHealth {
    return { kind: 'memory', up: true, unacknowledged: 0 };
  }

  drain(): Promise<void> {
    this.stopTimers();
    this.typing.drain();
    this.presence.drain();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.stopTimers();
    return Promise.resolve();
  }

  private sweep(): void {
    const began = measure.moment();
    this.typing.sweep();
    this.presence.sweep();
    measure.swept(began);
  }

  private stopTimers(): void {
    for (const cancel of this.timers) cancel();
    this.timers = [];
  }
}

const SWEEP_MS = 250;
/** With the flush that follows, a killed process leaves a last seen that is less than 5 s old. */
const CHECKPOINT_MS = 2000;
