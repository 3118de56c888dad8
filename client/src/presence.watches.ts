import { StatusChangedDocument, type PresenceFragment } from './documents.js';
import { plan } from './presence.plan.js';
import type { Stop } from './store.js';
import type { Wire } from './wire.js';

/** Somebody's presence as this person may see it. `undefined`: not heard yet. `null`: there is no such user. */
export type Presence = PresenceFragment;
export type Seen = Presence | null | undefined;

/** Several components appear at once: one subscription for all of them. */
const GATHER_MS = 20;
/** Somebody scrolled away comes back for nothing. */
const LINGER_MS = 5000;
/** A snapshot names everybody who exists; after this long without a word somebody does not. */
const SILENCE_MS = 3000;

interface Chunk {
  readonly ids: ReadonlySet<string>;
  readonly stop: Stop;
}

interface Entry {
  seen: Seen;
  holders: number;
  readonly listeners: Set<() => void>;
}

/** Watches exactly the people whom somebody on this page looks at, by few subscriptions that change little. */
export class PresenceWatches {
  private readonly entries = new Map<string, Entry>();
  private readonly silences = new Set<ReturnType<typeof setTimeout>>();
  private chunks: Chunk[] = [];
  private planTimer: ReturnType<typeof setTimeout> | undefined;
  private sweepTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly wire: Wire) {}

  get(id: string): Seen {
    return this.entries.get(id)?.seen;
  }

  /** Watches somebody until stopped; however many watch the same person, the server hears of one. */
  watch(id: string, listener: () => void): Stop {
    const entry = this.entry(id);
    // The same function may come from two components.
    const own = () => listener();
    entry.listeners.add(own);
    entry.holders += 1;
    if (entry.holders === 1) this.plan();
    return () => {
      if (!entry.listeners.delete(own)) return;
      entry.holders -= 1;
      if (entry.holders === 0) this.sweep();
    };
  }

  dispose(): void {
    clearTimeout(this.planTimer);
    clearTimeout(this.sweepTimer);
    for (const timer of this.silences) clearTimeout(timer);
    for (const { stop } of this.chunks) stop();
    this.chunks = [];
    this.entries.clear();
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id) ?? { seen: undefined, holders: 0, listeners: new Set() };
    this.entries.set(id, entry);
    return entry;
  }

  private plan(): void {
    this.planTimer ??= setTimeout(() => {
      this.planTimer = undefined;
      this.rearrange();
    }, GATHER_MS);
  }

  private sweep(): void {
    this.sweepTimer ??= setTimeout(() => {
      this.sweepTimer = undefined;
      for (const [id, { holders }] of this.entries) if (holders === 0) this.entries.delete(id);
      this.rearrange();
    }, LINGER_MS);
  }

  private rearrange(): void {
    const { close, open } = plan(this.chunks, new Set(this.entries.keys()));
    // The new ones first: a person who moves between two is never out of sight.
    const opened = open.map((ids) => this.open(ids));
    for (const { stop } of close) stop();
    this.chunks = [...this.chunks.filter((chunk) => !close.includes(chunk)), ...opened];
  }

  private open(ids: readonly string[]): Chunk {
    const stopHearing = this.wire.keep(StatusChangedDocument, { userIds: ids }, ({ statusChanged }) => {
      const entry = this.entries.get(statusChanged.userId);
      if (entry) tell(entry, statusChanged);
    });
    const stopWaiting = this.wire.connection.onReady(() => this.expect(ids));
    if (this.wire.connection.live) this.expect(ids);
    const stop = () => {
      stopHearing();
      stopWaiting();
    };
    return { ids: new Set(ids), stop };
  }

  private expect(ids: readonly string[]): void {
    const timer = setTimeout(() => {
      this.silences.delete(timer);
      if (!this.wire.connection.live) return;
      for (const id of ids) {
        const entry = this.entries.get(id);
        if (entry && entry.seen === undefined) tell(entry, null);
      }
    }, SILENCE_MS);
    this.silences.add(timer);
  }
}

function tell(entry: Entry, seen: Seen): void {
  entry.seen = seen;
  for (const listener of [...entry.listeners]) listener();
}
