import type { User } from '../kernel/directory/directory.types.js';

export const AUDIENCES = ['EVERYONE', 'CONTACTS', 'NOBODY'] as const;
export type Audience = (typeof AUDIENCES)[number];

export const ONLINE_AUDIENCES = [...AUDIENCES, 'SAME_AS_LAST_SEEN'] as const;
export type OnlineAudience = (typeof ONLINE_AUDIENCES)[number];

/** What one user has chosen to let others know. */
export interface PrivacySettings {
  /** Shorthand of lastSeen: false exactly when it is NOBODY. */
  readonly showLastSeen: boolean;
  readonly lastSeen: Audience;
  readonly online: OnlineAudience;
  readonly alwaysUserIds: readonly string[];
  readonly neverUserIds: readonly string[];
  readonly coarseLastSeen: boolean;
  readonly typing: boolean;
  readonly blockedUserIds: readonly string[];
}

/** Null and absent both mean: leave it as it is. */
export interface PrivacyInput {
  readonly showLastSeen?: boolean | null;
  readonly lastSeen?: Audience | null;
  readonly online?: OnlineAudience | null;
  readonly alwaysUserIds?: readonly string[] | null;
  readonly neverUserIds?: readonly string[] | null;
  readonly coarseLastSeen?: boolean | null;
  readonly typing?: boolean | null;
}

/** The audiences of one subject, without the lists: those are part of the relation to one viewer. */
export interface Policy {
  readonly lastSeen: Audience;
  readonly online: OnlineAudience;
  readonly coarseLastSeen: boolean;
  readonly typing: boolean;
}

/** How `from` stands to `to`, one direction. */
export interface Stance {
  /** `from` has `to` as a contact. */
  readonly contact: boolean;
  readonly always: boolean;
  readonly never: boolean;
  readonly blocked: boolean;
}

/** BUCKET: the true one. LONG_AGO: always that one. NONE: no bucket. */
export type BucketVerdict = 'NONE' | 'TRUE' | 'LONG_AGO';

/** What one viewer may know of one subject. */
export interface Verdict {
  /** status, isOnline, message, platforms, since. */
  readonly online: boolean;
  readonly lastSeen: boolean;
  readonly bucket: BucketVerdict;
  /** Whether the viewer is told of the subject's typing (membership is typing's own question). */
  readonly typing: boolean;
}

/** What is known of a subject for one viewer. */
export interface Dossier {
  readonly user: User;
  readonly verdict: Verdict;
  /** False: nothing could be asked, so that the verdict is "hidden" whatever the truth. Worth asking again. */
  readonly certain: boolean;
  /** From Postgres, milliseconds since 1970; undefined when it was neither asked for nor read. */
  readonly lastSeen?: number | null;
  readonly lastActive?: number | null;
}

/** In the order of the subjects; null where there is no such user. */
export type Dossiers = readonly (Dossier | null)[];

/** One viewer, and whom they look at. */
export interface Look {
  readonly viewerId: string;
  readonly subjects: readonly {
    readonly userId: string;
    /** The last seen in Postgres is wanted too, where it is shown. */
    readonly away: boolean;
  }[];
}
