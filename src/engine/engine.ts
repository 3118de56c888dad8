import type { Platform } from '../kernel/caller.js';
import type { Cause } from '../kernel/metrics/labels.js';

/*
 * What is true only for a while, and telling other instances.
 *
 * Two structures, both keyed sets of holders with deadlines: the holders of a user's presence (sockets and leases)
 * and the typists of a conversation. Every change is one atomic step that also publishes the new truth with a
 * version, so that no crash between the two can lose an event. The memory engine and the Redis engine keep exactly
 * the same rules; `test/contract` holds them to it. Times are milliseconds since 1970 by the engine's own clock
 * (Redis TIME for the Redis engine), so that instances' clocks never matter.
 */

/** What others are shown, before any verdict. */
export const SHOWN = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'OFFLINE'] as const;
export type Shown = (typeof SHOWN)[number];

export interface StatusMessage {
  readonly text: string;
  readonly emoji: string | null;
  /** Cleared by the engine at this time; null: kept. */
  readonly expiresAt: number | null;
}

/**
 * The part of a custom status that the engine needs. The rule that makes it is presence's: the engine only looks up
 * which status to show while some connection is active, and while none is.
 */
export interface Custom {
  /** Version of the stored row; an older one never replaces a newer one. 0: the user has never chosen. */
  readonly version: number;
  readonly whileActive: Shown;
  readonly whileInactive: Shown;
  readonly message: StatusMessage | null;
}

/** One user's presence before any verdict. Never leaves the process as it is. */
export interface Truth {
  readonly userId: string;
  /** Strictly increasing for a user over everything that happens, loss of the store included. Never public. */
  readonly version: number;
  readonly status: Shown;
  /** When `status` began; while OFFLINE equal to `lastSeen`. */
  readonly since: number | null;
  /**
   * When the user was last shown as something else than OFFLINE; null while the engine has not seen it (Postgres may
   * know of an earlier time). Meaningful while OFFLINE.
   */
  readonly lastSeen: number | null;
  /** Last activity (not merely a held connection), invisible or not. While shown, the lastSeen that others get. */
  readonly lastActive: number | null;
  /** Of the holders that count, sorted, each once; those of the last moment during grace; empty while OFFLINE. */
  readonly platforms: readonly Platform[];
  /** Kept whatever the status; redaction drops it while OFFLINE. */
  readonly message: StatusMessage | null;
}

/** One live claim on a user's presence. */
export interface Holder {
  readonly kind: 'socket' | 'lease';
  /** Socket: unique in the world. Lease: its device id, or '' for the user's nameless one. */
  readonly id: string;
  /** The device named at opening, or null. For a lease its id, null for the nameless one. */
  readonly deviceId: string | null;
  readonly platform: Platform;
}

export interface HolderState extends Holder {
  /** False while the client says that it is idle, and after IDLE_AFTER_MS without activity. */
  readonly active: boolean;
  /** False for a socket that `leave` has detached. */
  readonly counts: boolean;
  readonly connectedAt: number;
}

/** One change of the status that others are shown. */
export interface Transition {
  readonly at: number;
  readonly from: Shown;
  readonly to: Shown;
  readonly cause: Cause;
}

/** A holder with what its deadlines are counted from. */
export interface HolderAccount extends HolderState {
  /** The client said that it is idle. */
  readonly idle: boolean;
  /** Last activity; null: none since it opened. */
  readonly activeAt: number | null;
  readonly renewedAt: number;
  /** When a lease ends by itself; null for a socket. */
  readonly endsAt: number | null;
}

/** All that is kept of one user, for operators alone. */
export interface Account {
  /** The engine's clock, by which every time here is to be read. */
  readonly now: number;
  /** Null: there is no record. What follows is then empty, but for what waits to be stored and past transitions. */
  readonly truth: Truth | null;
  readonly custom: Custom | null;
  /** Oldest first. */
  readonly holders: readonly HolderAccount[];
  /** Until when a departure stays unseen; null: no grace runs. */
  readonly graceEndsAt: number | null;
  /** Newest sign of life of a holder that went; null: none did. */
  readonly leftAt: number | null;
  /** The engine looks again then at the latest; null: it waits for nothing. */
  readonly lookAt: number | null;
  /** What is on its way to Postgres. */
  readonly unstored: Seen | null;
  /** Newest first. Of everybody only the last thousands are kept, so an old one may be missing. */
  readonly transitions: readonly Transition[];
}

export interface HoldRequest {
  readonly userId: string;
  readonly holder: Holder;
  /**
   * 'active': activity now. 'idle': the client says that it is idle. 'keep': neither (a lease is renewed, a socket
   * keeps what it had; a new holder counts as active).
   */
  readonly activity: 'active' | 'idle' | 'keep';
  /** True: a detached socket counts again. A socket that is new always counts. */
  readonly attach: boolean;
  /** The stored custom status; leave out what is not known. */
  readonly custom?: Custom;
  /** A new socket beyond so many of the user, over all instances, is refused. Left out: any number may be. */
  readonly socketsMax?: number;
}

/** How a holder went: `clean` and `abrupt` choose which grace runs when it was the last; `now` runs none. */
export type Departure = 'clean' | 'abrupt' | 'now';

export interface ReleaseRequest {
  readonly userId: string;
  readonly kind: Holder['kind'];
  readonly id: string;
  readonly departure: Departure;
  /** How long ago the last sign of life was, milliseconds (0: just now). `lastSeen` is counted back by it. */
  readonly silentMs: number;
}

/** A last seen (or last active) on its way to Postgres. */
export interface Seen {
  readonly userId: string;
  /** Null: only lastActive moved (an invisible user, or a checkpoint). */
  readonly lastSeen: number | null;
  readonly lastActive: number | null;
  /**
   * Only from the memory engine, every few seconds for everybody shown: still shown at this time. Kept apart from
   * `lastSeen`, which may turn out earlier (a client that had gone mute); becomes it when the process dies without
   * draining. Absent: not shown any more, what was kept is void.
   */
  readonly shownAt?: number;
}

/** Loads the stored custom statuses of up to 500 users. Who is left out does not exist any more. */
export type CustomLoader = (userIds: readonly string[]) => Promise<ReadonlyMap<string, Custom>>;

/** Ends an interest or a listener; calling it again does nothing. */
export type Stop = () => void;

/**
 * Who is here. All methods may throw Refusal SERVICE_UNAVAILABLE when the store cannot be reached; what an instance
 * knows of its own sockets is kept then and repeated until the store has it.
 */
export abstract class PresenceStore {
  /**
   * Takes or renews a hold. Creates the record when there is none, which needs `custom`.
   * Answers null, and changes nothing, when the record has no custom status yet and none was given: an invisible user
   * must never flash up because a store was emptied. The caller loads it and asks again.
   * Refuses RATE_LIMITED, and changes nothing, for a socket too many.
   */
  abstract hold(request: HoldRequest): Promise<Truth | null>;

  /**
   * Gives a hold back. Unknown holders are no error. When no holder that counts is left, the grace of the departure
   * runs; until it ends the record shows what it showed. Answers the conversations in which the user had been typing
   * and has to be stopped: those noted, when no holder that counts is left; else none.
   */
  abstract release(request: ReleaseRequest): Promise<readonly string[]>;

  /**
   * Explicitly leaves, with no grace: drops leases and detaches sockets, all of them, or with `deviceId` those of that
   * device (null: the nameless lease is not meant, everything is). Ends a running grace when nothing is left.
   * A user without a record: null.
   */
  abstract leave(userId: string, deviceId: string | null): Promise<{ truth: Truth | null; typing: readonly string[] }>;

  /**
   * How the engine comes to custom statuses by itself: only when the store was emptied and sockets that are still open
   * have to be registered anew. Without it they are only registered by their next `hold`. At most one loader.
   */
  abstract loadCustomsWith(load: CustomLoader): Stop;

  /** Applies a stored custom status if it is newer. `touch`: counts as activity of the user, not of a holder. */
  abstract setCustom(userId: string, custom: Custom, touch: boolean): Promise<Truth | null>;

  /** Sets lastActive to now; a user without a record is queued for Postgres. */
  abstract touch(userId: string): Promise<void>;

  /** The present truths in the order asked, one round trip; null where there is no record (Postgres knows the rest). */
  abstract read(userIds: readonly string[]): Promise<readonly (Truth | null)[]>;

  /** Sockets and leases that have not ended, oldest first. */
  abstract holders(userId: string): Promise<readonly HolderState[]>;

  /** Everything that is kept of a user, with at most `transitions` past changes. For operators. */
  abstract account(userId: string, transitions: number): Promise<Account>;

  /** How many users are shown as something else than OFFLINE, over all instances; a few seconds old at most. */
  abstract online(): number;

  /**
   * Forgets a deleted user altogether; whoever watches gets null. `bornMs`: somebody new has had the id for so long; if
   * all that is kept began since then, it is theirs, and stays.
   */
  abstract forget(userId: string, bornMs?: number): Promise<void>;

  /**
   * Takes an interest in users, counted: the same id may be watched many times. Resolves when events can no longer be
   * missed, with the present truths in the order asked. From then on every later version of each reaches the listener
   * given to `onTruth`, at least the last one of several, in order, also after a lost message (within 6 s).
   */
  abstract watch(userIds: readonly string[]): Promise<readonly (Truth | null)[]>;
  /** Gives one interest back for each id. */
  abstract unwatch(userIds: readonly string[]): void;
  /**
   * At most one listener a process: the feed; it must not throw. `truth` null: the record is gone (deleted, or lost
   * with the store). A record that goes because it is offline and stored is not told: nothing changes with it.
   */
  abstract onTruth(listener: (userId: string, truth: Truth | null) => void): Stop;

  /** Notes that a user types in a conversation, so that `release` and `leave` can name it. Expires with the typing. */
  abstract noteTyping(userId: string, conversationId: string): Promise<void>;

  /** Up to `limit` values waiting for Postgres. Taking does not remove: `stored` does, after the commit. */
  abstract unstored(limit: number): Promise<readonly Seen[]>;
  /** Removes what was stored, each only if it has not moved since. Offline records that are stored are dropped. */
  abstract stored(seen: readonly Seen[]): Promise<void>;
}

export interface TypingEvent {
  readonly conversationId: string;
  readonly userId: string;
  readonly isTyping: boolean;
  /** When isTyping: until when, unless refreshed. */
  readonly expiresAt: number | null;
}

export interface Typist {
  readonly userId: string;
  readonly expiresAt: number;
}

/** Who is typing where. The holder is a connection id, or '' for a start over HTTP. */
export abstract class TypingStore {
  /** Starts or extends. Published when it is new, or when the last publication is TYPING_MIN_INTERVAL_MS old. */
  abstract start(
    conversationId: string,
    userId: string,
    holder: string,
  ): Promise<{ expiresAt: number; published: boolean }>;
  /** Ends the user's typing in the conversation: one holder's, or with holder null all. Published when it was the end. */
  abstract stop(conversationId: string, userId: string, holder: string | null): Promise<void>;
  /** Those typing now, by user id. */
  abstract typists(conversationId: string): Promise<readonly Typist[]>;
  /** As PresenceStore.watch; resolves when events can no longer be missed. */
  abstract watch(conversationIds: readonly string[]): Promise<void>;
  abstract unwatch(conversationIds: readonly string[]): void;
  /** At most one listener a process. The end at the TTL comes here too, whoever has died. */
  abstract onTyping(listener: (event: TypingEvent) => void): Stop;
}

/** A topic reaches every instance that listens, at most once, in the order of each publisher. */
export abstract class Bus {
  abstract publish(topic: string, message: string): Promise<void>;
  /** Resolves when nothing published later can be missed (but for a broken connection). */
  abstract subscribe(topic: string, listener: (message: string) => void): Promise<Stop>;
}

export interface EngineHealth {
  readonly kind: 'memory' | 'redis';
  readonly up: boolean;
  /** Connections opened or closed here that the store does not know yet; it is told again until it does. */
  readonly unacknowledged: number;
}

/** The engine of this process. One class, so that it is its own injection token. */
export abstract class Engine {
  abstract readonly presence: PresenceStore;
  abstract readonly typing: TypingStore;
  abstract readonly bus: Bus;
  /** Connects, joins the instances and starts sweeping. */
  abstract start(): Promise<void>;
  abstract health(): EngineHealth;
  /**
   * Leaves in good order: nothing more is swept or published by this instance. Memory: every user that is shown
   * becomes OFFLINE with this moment and is waiting in `unstored`, without an event. Redis: its sockets go to grace.
   */
  abstract drain(): Promise<void>;
  /** After `drain` and the last `stored`. Closes every connection. */
  abstract close(): Promise<void>;
}

/** The settings an engine keeps. All milliseconds. */
export interface EngineSettings {
  readonly instanceId: string;
  readonly leaseMs: number;
  readonly offlineGraceMs: number;
  readonly leaveGraceMs: number;
  readonly idleAfterMs: number;
  readonly typingTtlMs: number;
  readonly typingMinIntervalMs: number;
}
