import { type Cancel, type Clock } from '../kernel/clock.js';
import type { Caller } from '../kernel/caller.js';
import { Refusal, unavailable } from '../kernel/errors.js';
import type { Stream } from '../kernel/stream.js';
import type { PresenceFeed } from '../presence/presence.feed.js';
import type { AroundWatch, PresenceView } from '../presence/presence.types.js';
import type { TypingFeed } from '../typing/typing.feed.js';
import type { TypingView } from '../typing/typing.types.js';
import type { Patient } from './outbox.js';

/** Why a view is told: it was there when the connection opened, the client asked for it, or it has changed. */
export type Occasion = 'present' | 'asked' | 'changed';

/** A wire that says what there is to say; each answers about how many bytes that was. */
export interface Teller {
  sees(view: PresenceView, occasion: Occasion): number;
  types(view: TypingView): number;
  /** Nothing can be told for now, or any more. */
  fails(error: unknown): void;
}

/** The way out of the connection. */
export interface Way {
  readonly held: boolean;
  wait(patient: Patient): void;
  forget(patient: Patient): void;
}

export interface Feeds {
  readonly presence: PresenceFeed;
  readonly typing: TypingFeed;
  readonly clock: Clock;
}

const RETRY_MS = 2000;

/**
 * What a connection of the older sockets is told without asking: who around its user comes and goes, and who types.
 * For a peer that takes nothing only the newest of each is kept.
 */
export class Surroundings implements Patient {
  private people: AroundWatch | null = null;
  private typists: Stream<TypingView> | null = null;
  /** Asked for by the client and not told yet. */
  private readonly owed = new Set<string>();
  private readonly waiting = new Map<string, () => number>();
  private opening = true;
  private closed = false;
  private problem: unknown = null;
  private cancel: Cancel = () => {};

  constructor(
    private readonly feeds: Feeds,
    private readonly way: Way,
    private readonly teller: Teller,
  ) {}

  /** From now on nothing is missed; nothing is told before `start`. Never throws. */
  async open(caller: Caller): Promise<void> {
    this.problem = await this.subscribe(caller);
  }

  /** The client has been welcomed. What a store that is away has kept us from is tried until it can be done. */
  start(caller: Caller): void {
    if (this.closed) return;
    if (!this.problem) return this.drain();
    this.teller.fails(this.problem);
    if (this.problem instanceof Refusal) this.retry(caller);
  }

  /** One view of each who exists, and every change of theirs from now on. */
  async watch(userIds: readonly string[]): Promise<void> {
    if (!this.people) throw unavailable();
    for (const userId of userIds) this.owed.add(userId);
    try {
      await this.people.add(userIds);
    } finally {
      for (const userId of userIds) this.owed.delete(userId);
    }
  }

  /** Null: nobody but those around. */
  unwatch(userIds: readonly string[] | null): void {
    this.people?.drop(userIds);
  }

  close(): void {
    this.closed = true;
    this.cancel();
    this.waiting.clear();
    this.way.forget(this);
    void this.people?.stream.return();
    void this.typists?.return();
  }

  resume(bytes: number): boolean {
    let left = bytes;
    for (const [key, tell] of this.waiting) {
      if (left <= 0) return false;
      this.waiting.delete(key);
      left -= tell();
    }
    return true;
  }

  private async subscribe(caller: Caller): Promise<unknown> {
    try {
      this.people ??= await this.feeds.presence.watchAround(caller);
      this.typists ??= await this.feeds.typing.watch(caller, null);
    } catch (error) {
      return error;
    } finally {
      if (this.closed) this.close();
    }
    return null;
  }

  private retry(caller: Caller): void {
    this.cancel = this.feeds.clock.after(RETRY_MS * (0.5 + Math.random()), () => {
      void this.subscribe(caller).then((problem) => {
        if (this.closed) return;
        if (problem) this.retry(caller);
        else this.drain();
      });
    });
  }

  private drain(): void {
    this.people?.stream.drainTo({ next: (view) => this.see(view), end: (error) => this.end(error) });
    this.opening = false;
    this.typists?.drainTo({ next: (view) => this.type(view), end: (error) => this.end(error) });
  }

  private see(view: PresenceView): void {
    const asked = this.owed.delete(view.userId);
    const occasion = asked ? 'asked' : this.opening ? 'present' : 'changed';
    this.tell(`${asked ? 'a' : 'p'} ${view.userId}`, () => this.teller.sees(view, occasion));
  }

  private type(view: TypingView): void {
    this.tell(`t ${view.conversationId} ${view.userId}`, () => this.teller.types(view));
  }

  private tell(key: string, tell: () => number): void {
    if (this.closed) return;
    if (!this.way.held) return void tell();
    // Deleted first, so that what waits stays in the order of the last changes.
    this.waiting.delete(key);
    this.waiting.set(key, tell);
    this.way.wait(this);
  }

  private end(error?: Error): void {
    if (error && !this.closed) this.teller.fails(error);
  }
}
