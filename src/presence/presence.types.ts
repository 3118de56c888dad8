import type { Shown, StatusMessage } from '../engine/engine.js';
import type { Platform } from '../kernel/caller.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { Stream } from '../kernel/stream.js';
import type { PrivacySettings } from '../privacy/privacy.types.js';

/** What a user asks to be shown as while connected. INVISIBLE: others see OFFLINE. */
export const CUSTOM_STATUSES = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'INVISIBLE'] as const;
export type CustomStatus = (typeof CUSTOM_STATUSES)[number];

export const LAST_SEEN_BUCKETS = ['RECENTLY', 'THIS_WEEK', 'THIS_MONTH', 'LONG_AGO'] as const;
export type LastSeenBucket = (typeof LAST_SEEN_BUCKETS)[number];

export interface MessageView {
  readonly text: string;
  readonly emoji: string | null;
  readonly expiresAt: Date | null;
}

/**
 * One user's presence as one viewer may see it. Viewers who may see the same are given the same object, so that a wire
 * may keep what it made of it.
 */
export interface PresenceView {
  readonly userId: string;
  readonly user: User;
  readonly status: Shown;
  readonly isOnline: boolean;
  readonly lastSeen: Date | null;
  readonly lastSeenBucket: LastSeenBucket | null;
  readonly message: MessageView | null;
  readonly platforms: readonly Platform[];
  readonly since: Date | null;
}

export interface ConnectionView {
  readonly id: string;
  readonly platform: Platform;
  readonly active: boolean;
  readonly connectedAt: Date;
}

/** The signed-in user's own view: nothing hidden. */
export interface MeView {
  readonly user: User;
  readonly presence: PresenceView;
  readonly customStatus: CustomStatus;
  readonly lastActive: Date | null;
  readonly privacy: PrivacySettings;
  readonly connections: readonly ConnectionView[];
}

export interface OnlineUsersView {
  readonly nodes: readonly PresenceView[];
  readonly totalCount: number;
  readonly endCursor: string | null;
}

export interface HeartbeatView {
  readonly success: boolean;
  readonly nextHeartbeatInSeconds: number;
  readonly presence: PresenceView;
}

/** A chosen status as Postgres keeps it. */
export interface StoredCustom {
  readonly version: number;
  readonly status: CustomStatus;
  readonly message: StatusMessage | null;
}

export interface MessageInput {
  readonly text: string;
  readonly emoji?: string | null;
  readonly clearAfterSeconds?: number | null;
}

export interface CustomStatusInput {
  readonly status?: CustomStatus | null;
  readonly message?: MessageInput | null;
  readonly clearMessage?: boolean | null;
}

export interface HeartbeatInput {
  readonly deviceId?: string | null;
  readonly active?: boolean | null;
  readonly platform?: Platform | null;
}

/** What somebody may be set to from outside. */
export const OVERRIDE_STATUSES = ['ONLINE', 'IDLE', 'OFFLINE'] as const;
export type OverrideStatus = (typeof OVERRIDE_STATUSES)[number];

/** How a live connection opened. */
export interface Opening {
  readonly connectionId: string;
  readonly deviceId: string | null;
  readonly platform: Platform;
  readonly active: boolean;
}

/** A watch of everybody around the caller, to which others can be added. */
export interface AroundWatch {
  readonly stream: Stream<PresenceView>;
  /** Watches these too, and gives one view of each who exists. Refuses BAD_USER_INPUT over 1000 ids, or 5000 in all. */
  add(userIds: readonly string[]): Promise<void>;
  /** Of those added these are watched no more, or with null all of them; who is around stays. */
  drop(userIds: readonly string[] | null): void;
}

/** Whom a watch is about: exactly one of them. */
export type WatchTarget = { readonly userIds: readonly string[] } | MovingTarget;

/** Who is meant can change. `around`: contacts, members of shared conversations, and those named. */
export type MovingTarget =
  { readonly around: Set<string> } | { readonly conversationId: string } | { readonly contacts: true };
