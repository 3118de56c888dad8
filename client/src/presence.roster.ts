import { StatusChangedDocument } from './documents.js';
import type { Presence } from './presence.watches.js';
import { Store, type Stop } from './store.js';
import type { Wire } from './wire.js';

export interface RosterState {
  /** In the order of their names. */
  readonly people: readonly Presence[];
  /** True until the first snapshot had time to arrive. */
  readonly loading: boolean;
  /** Why it ended, e.g. no longer a member of the conversation. */
  readonly error: Error | null;
}

const EMPTY: RosterState = { people: [], loading: true, error: null };
/** A snapshot arrives in one go; whoever is not in it by then has left the list. */
const SETTLE_MS = 1500;
const GATHER_MS = 16;

/** Everybody on one's list of contacts, or in a conversation, kept current by the server. Starts with its first listener. */
export class Roster {
  private readonly store = new Store<RosterState>(EMPTY);
  private readonly people = new Map<string, Presence>();
  private fresh = new Set<string>();
  private users = 0;
  private stopHearing: Stop | null = null;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private showTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly conversationId: string | null,
  ) {}

  readonly get = (): RosterState => this.store.get();

  get idle(): boolean {
    return this.users === 0;
  }

  readonly subscribe = (listener: () => void): Stop => {
    const stop = this.store.subscribe(listener);
    this.users += 1;
    if (this.users === 1) this.start();
    return () => {
      stop();
      this.users -= 1;
      if (this.users === 0) this.stop();
    };
  };

  stop(): void {
    this.stopHearing?.();
    this.stopHearing = null;
    clearTimeout(this.settleTimer);
    clearTimeout(this.showTimer);
    this.showTimer = undefined;
  }

  private start(): void {
    const { connection } = this.wire;
    const unlisten = connection.onReady(() => this.expectSnapshot());
    if (connection.live) this.expectSnapshot();
    const { conversationId } = this;
    const unwatch = this.wire.keep(
      StatusChangedDocument,
      conversationId === null ? {} : { conversationId },
      ({ statusChanged }) => this.heard(statusChanged),
      (error) => this.store.set({ people: [], loading: false, error }),
    );
    this.stopHearing = () => {
      unlisten();
      unwatch();
    };
  }

  private expectSnapshot(): void {
    this.fresh = new Set();
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => {
      if (!this.wire.connection.live) return;
      for (const id of this.people.keys()) if (!this.fresh.has(id)) this.people.delete(id);
      this.show(false);
    }, SETTLE_MS);
  }

  private heard(presence: Presence): void {
    this.people.set(presence.userId, presence);
    this.fresh.add(presence.userId);
    this.showTimer ??= setTimeout(() => this.show(false), GATHER_MS);
  }

  private show(loading: boolean): void {
    clearTimeout(this.showTimer);
    this.showTimer = undefined;
    const people = [...this.people.values()].sort((a, b) => a.user.displayName.localeCompare(b.user.displayName));
    this.store.set({ people, loading, error: null });
  }
}
