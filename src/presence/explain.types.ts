import type { Holder, Shown, Transition } from '../engine/engine.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { Audience, OnlineAudience } from '../privacy/privacy.types.js';
import type { CustomStatus, MessageView } from './presence.types.js';

/** A time at which something may change without anybody doing anything. */
export interface Deadline {
  readonly at: Date;
  readonly what: string;
}

/** A socket or a lease, with what its ends are counted from. */
export interface ExplainedHolder extends Holder {
  /** False: detached by leaving, until its next heartbeat. */
  readonly counts: boolean;
  readonly active: boolean;
  /** The client said that it is idle. */
  readonly idle: boolean;
  readonly connectedAt: Date;
  readonly activeAt: Date | null;
  readonly renewedAt: Date;
  readonly endsAt: Date | null;
}

export type ExplainedTransition = Omit<Transition, 'at'> & { readonly at: Date };

export interface Times {
  readonly lastSeen: Date | null;
  readonly lastActive: Date | null;
}

/** All that is known of one user's presence, nothing hidden: for operators, under the service token alone. */
export interface Explanation {
  readonly user: User;
  /** By the clock that every time here is counted with. */
  readonly now: Date;
  /** What somebody who may see everything is shown. */
  readonly shown: {
    readonly status: Shown;
    readonly since: Date | null;
    readonly lastSeen: Date | null;
    readonly lastActive: Date | null;
    readonly platforms: readonly string[];
    readonly message: MessageView | null;
  };
  /** Why that is shown, in one sentence. */
  readonly rule: string;
  readonly customStatus: {
    readonly status: CustomStatus;
    readonly version: number;
    /** Of the choice that the engine goes by; null: it has no record, and needs none. */
    readonly versionInEngine: number | null;
  };
  /** Who may see it; exceptions and blocks are not listed. */
  readonly privacy: { readonly online: OnlineAudience; readonly lastSeen: Audience; readonly typing: boolean };
  /** Sockets and leases, also those that do not count. */
  readonly holders: readonly ExplainedHolder[];
  /** Of those sockets, how many are this instance's. */
  readonly socketsHere: number;
  /** Soonest first. */
  readonly deadlines: readonly Deadline[];
  /** On its way to Postgres. */
  readonly unstored: Times | null;
  /** In Postgres. */
  readonly stored: Times;
  /** Newest first. */
  readonly transitions: readonly ExplainedTransition[];
}
