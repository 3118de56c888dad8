import type { Custom, Engine, EngineSettings, HoldRequest, Truth, TypingEvent } from '../../src/engine/engine.js';
import { MemoryEngine } from '../../src/engine/memory/memory.engine.js';
import { ManualClock } from './manual.clock.js';

/** Short enough for a store with a clock of its own; far enough apart to be told apart. */
export const SETTINGS: EngineSettings = {
  instanceId: 'one',
  leaseMs: 1200,
  offlineGraceMs: 1200,
  leaveGraceMs: 300,
  idleAfterMs: 2500,
  typingTtlMs: 600,
  typingMinIntervalMs: 300,
};

/** How late a deadline may be noticed. Milliseconds. */
export const LATE_MS = 1500;
/** How far two readings of the same moment may be apart on a busy machine. Milliseconds. */
export const NEAR_MS = 400;

/** An engine with its time in the test's hand, and all that it told. */
export interface World {
  readonly engine: Engine;
  readonly truths: readonly { readonly userId: string; readonly truth: Truth | null }[];
  readonly typings: readonly TypingEvent[];
  now(): Promise<number>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until it holds; fails when it does not within `ms`. */
  until(holds: () => boolean | Promise<boolean>, ms?: number): Promise<void>;
  close(): Promise<void>;
}

export async function memoryWorld(): Promise<World> {
  const clock = new ManualClock();
  const engine = new MemoryEngine(clock, SETTINGS);
  await engine.start();
  return {
    engine,
    ...told(engine),
    now: () => Promise.resolve(clock.now()),
    pass: (ms) => clock.turn(ms),
    until: (holds, ms = 3000) => until(holds, ms, () => clock.turn(STEP_MS)),
    close: () => engine.close(),
  };
}

/** Everything that an engine tells from now on. */
export function told(engine: Engine): Pick<World, 'truths' | 'typings'> {
  const truths: { userId: string; truth: Truth | null }[] = [];
  const typings: TypingEvent[] = [];
  engine.presence.onTruth((userId, truth) => truths.push({ userId, truth }));
  engine.typing.onTyping((event) => typings.push(event));
  return { truths, typings };
}

export async function until(holds: () => boolean | Promise<boolean>, ms: number, step: () => Promise<void>) {
  for (let waited = 0; waited <= ms; waited += STEP_MS) {
    if (await holds()) return;
    await step();
  }
  throw new Error(`Not within ${ms} ms: ${holds.toString()}`);
}

export const STEP_MS = 20;

export const CUSTOM: Custom = { version: 0, whileActive: 'ONLINE', whileInactive: 'IDLE', message: null };
export const INVISIBLE: Custom = { version: 5, whileActive: 'OFFLINE', whileInactive: 'OFFLINE', message: null };

/** A socket of `userId` that opens or shows activity. */
export function socket(userId: string, id: string, more: Partial<HoldRequest> & Partial<HoldRequest['holder']> = {}) {
  const { deviceId = null, platform = 'WEB', activity = 'active', attach = false, custom = CUSTOM } = more;
  return { userId, holder: { kind: 'socket', id, deviceId, platform }, activity, attach, custom } as const;
}

/** A heartbeat over HTTP. */
export function lease(userId: string, id: string, more: Partial<HoldRequest> & Partial<HoldRequest['holder']> = {}) {
  const { platform = 'MOBILE', activity = 'active', attach = true, custom = CUSTOM } = more;
  const holder = { kind: 'lease', id, deviceId: id === '' ? null : id, platform } as const;
  return { userId, holder, activity, attach, custom } as const;
}

export const gone = (userId: string, id: string, departure: 'clean' | 'abrupt' | 'now', silentMs = 0) =>
  ({ userId, kind: 'socket', id, departure, silentMs }) as const;
