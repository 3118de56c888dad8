/*
 * What is known of one run, as plain data. Times are milliseconds of one monotonic clock that begins at 1970. Every list
 * is in the order of its times. A list that is missing was not recorded: what needs it is not checked.
 */

export interface Span {
  readonly from: number;
  /** Infinity: not over. */
  readonly to: number;
}

/** One time of counting of a user: it may have begun and ended anywhere in `maybe`, and counted for certain in `sure`. */
export interface Stay {
  readonly user: string;
  readonly maybe: Span;
  readonly sure: Span | null;
  /** What it counted as; null: not known, or it changed. */
  readonly active: boolean | null;
  /** Where; null: not known. A fault of another instance excuses nothing. */
  readonly instance: string | null;
}

/** One life of an instance in the store. */
export interface Life extends Span {
  readonly instance: string;
  readonly incarnation: string;
}

/** A declared fault. `pauses`: presence is promised to hold through it all the same. `loses`: the store was emptied. */
export interface Fault extends Span {
  readonly what: 'instance' | 'store' | 'pauses' | 'loses';
  /** Which instance; else empty. */
  readonly whose: string;
}

/** A fault of a connection of one user. */
export interface Broken extends Span {
  readonly user: string;
}

/** What one viewer was shown of one subject. `face`: everything visible but the times. */
export interface Shown {
  readonly at: number;
  readonly viewer: string;
  readonly subject: string;
  readonly status: string;
  readonly face: string;
  readonly lastSeen: number | null;
}

/** Pushed. One stream is one subscription of one connection. `version`, `sequence`: where they can be seen. */
export interface Told extends Shown {
  readonly stream: number;
  readonly version?: number;
  readonly sequence?: number;
  /** Known before the time that is judged: shown to nobody anew. */
  readonly carried?: boolean;
}

/** Asked for; `at` is the time of the answer. */
export interface Read extends Shown {
  readonly asked: number;
  readonly version?: number;
  /** When the process that answered had begun. */
  readonly servedSince?: number;
}

/** A state that the engine gave a version to. */
export interface Published {
  readonly at: number;
  readonly user: string;
  readonly version: number;
  readonly status: string;
  readonly face: string;
  readonly lastSeen: number | null;
  /** The incarnation that caused it; null: time did. */
  readonly by: string | null;
}

/** A request of a user, from the call to its answer. `answered` null: never. */
export interface Request {
  readonly user: string;
  readonly what: string;
  readonly asked: number;
  readonly answered: number | null;
}

/** A chosen status. */
export interface Choice extends Request {
  readonly status: 'ONLINE' | 'IDLE' | 'DO_NOT_DISTURB' | 'INVISIBLE';
}

export interface Allowed {
  readonly online: boolean;
  readonly lastSeen: boolean;
  readonly typing: boolean;
}

/** What a viewer (null: anybody) may know of a subject from then on; in force at some time between the two. */
export interface Rule {
  readonly subject: string;
  readonly viewer: string | null;
  readonly asked: number;
  /** Infinity: never acknowledged. */
  readonly acked: number;
  readonly allows: Allowed;
}

export interface Typing {
  readonly at: number;
  readonly viewer: string;
  readonly stream: number;
  readonly conversation: string;
  readonly user: string;
  readonly isTyping: boolean;
}

/** The end of a stream, after which nothing is told. */
export interface Closing {
  readonly at: number;
  readonly stream: number;
}

/** Certain times of membership; a user without one is no member. */
export interface Member extends Span {
  readonly conversation: string;
  readonly user: string;
}

/** A request that was sent more than once, and what the repetition did. */
export interface Repeat {
  readonly at: number;
  readonly user: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly events: number;
}

/** Two transcripts that must not differ, names and times replaced; `gaps`: milliseconds between what came. */
export interface Twin {
  /** 'secret': privacy; 'invisible': against one who disconnected; 'bystander': a fault beside it against none. */
  readonly kind: 'secret' | 'invisible' | 'bystander';
  readonly name: string;
  readonly one: readonly string[];
  readonly other: readonly string[];
  readonly gapsOfOne: readonly number[];
  readonly gapsOfOther: readonly number[];
}

/** A text that a viewer or a reader of logs can see: errors, extensions, headers, log lines. */
export interface Text {
  readonly at: number;
  readonly viewer: string;
  readonly text: string;
}

/** A durable choice. `answered` null: nobody knows. `refused`: it was answered with a failure. */
export interface Durable extends Request {
  readonly kind: 'status' | 'privacy' | 'block';
  readonly value: string;
  readonly refused: boolean;
}

/** What was found in the durable store. */
export interface Kept {
  readonly at: number;
  readonly user: string;
  readonly kind: Durable['kind'];
  readonly value: string;
}

export interface StoredSeen {
  readonly at: number;
  readonly user: string;
  readonly lastSeen: number;
}

/** One row of the audit. */
export interface Audited {
  readonly user: string;
  readonly kind: Durable['kind'];
}

/** The message that was chosen with a status, told in `face`. */
export interface Expiry {
  readonly user: string;
  readonly text: string;
  readonly expiresAt: number;
}

/** The store refused a write of this incarnation. */
export interface Fenced {
  readonly at: number;
  readonly incarnation: string;
}

/** Incarnations that own something in the store at that time. */
export interface Owners {
  readonly at: number;
  readonly incarnations: readonly string[];
}

/** What is left when everything is quiet. */
export interface Quiet {
  readonly at: number;
  /** What the store has, and what is true; by user, a status. */
  readonly register: ReadonlyMap<string, string>;
  readonly truth: ReadonlyMap<string, string>;
  /** What each stream showed last, and what it has to show: by stream and subject, a face. */
  readonly shown: ReadonlyMap<string, string>;
  readonly due: ReadonlyMap<string, string>;
  /** Things that must not be there any more, and how many there are. */
  readonly garbage: ReadonlyMap<string, number>;
}

/** Bytes of a process before and after. */
export interface Memory {
  readonly at: number;
  readonly instance: string;
  readonly before: number;
  readonly after: number;
}

export interface Facts {
  readonly stays: readonly Stay[];
  readonly lives: readonly Life[];
  readonly told: readonly Told[];
  readonly reads: readonly Read[];
  readonly published: readonly Published[];
  readonly requests: readonly Request[];
  readonly choices: readonly Choice[];
  readonly rules: readonly Rule[];
  readonly typings: readonly Typing[];
  readonly members: readonly Member[];
  readonly closings: readonly Closing[];
  /** Calls that end typing at once, by conversation in `what`. */
  readonly stops: readonly Request[];
  readonly repeats: readonly Repeat[];
  readonly twins: readonly Twin[];
  readonly texts: readonly Text[];
  readonly durables: readonly Durable[];
  readonly kept: readonly Kept[];
  readonly storedSeen: readonly StoredSeen[];
  /** When the only one who knew died: what was told in these times may not have been stored. */
  readonly forgotten: readonly Span[];
  readonly audits: readonly Audited[];
  readonly expiries: readonly Expiry[];
  readonly fenced: readonly Fenced[];
  readonly owners: readonly Owners[];
  readonly broken: readonly Broken[];
  readonly quiet: Quiet;
  readonly memory: readonly Memory[];
  /** Nobody sees of others what they do not show: the setting is on. */
  readonly mutual: true;
  /** Whose last seen has to be exact: their connections ended in a way that a server sees at once. */
  readonly exact: ReadonlySet<string>;
}

export interface Recorded {
  readonly seed: number | string;
  readonly faults: readonly Fault[];
  readonly bounds: Bounds;
  readonly facts: Partial<Facts>;
}

/** Milliseconds that each promise is given. */
export interface Bounds {
  /** Around a moment in which nothing may be in doubt. */
  readonly settled: number;
  /** How late an event may be before it counts as false. */
  readonly late: number;
  /** From the last connection's end to OFFLINE, and the same inside a fault. */
  readonly gone: number;
  readonly goneInFault: number;
  /** How long a fault still excuses. */
  readonly afterFault: number;
  readonly lastSeen: number;
  readonly clock: number;
  /** From a stricter choice to nobody seeing more, and the same inside a fault. */
  readonly privacy: number;
  readonly privacyInFault: number;
  /** From the last sign of typing to its end, to a stop, and to nobody hearing who may not any more. */
  readonly typing: number;
  readonly typingStop: number;
  readonly typingPrivacy: number;
  readonly expiry: number;
  readonly request: number;
}

export const BOUNDS: Bounds = {
  settled: 1000,
  late: 0,
  gone: 30_000,
  goneInFault: 35_000,
  afterFault: 10_000,
  lastSeen: 2000,
  clock: 250,
  privacy: 1000,
  privacyInFault: 10_000,
  typing: 7000,
  typingStop: 1000,
  typingPrivacy: 1000,
  expiry: 2000,
  request: 5000,
};
