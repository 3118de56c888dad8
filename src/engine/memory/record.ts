import type { Platform } from '../../kernel/caller.js';
import type { Account, Custom, Holder, HolderState, Shown, StatusMessage, Truth } from '../engine.js';

/** A holder with what its deadlines are counted from. Milliseconds since 1970. */
export interface Hold extends Holder {
  readonly connectedAt: number;
  /** Last activity of this holder; 0 when it opened idle. */
  readonly activeAt: number;
  /** The client said that it is idle; holds until activity. */
  readonly idle: boolean;
  readonly counts: boolean;
  /** Last heartbeat of a lease; of a socket its last hold. */
  readonly renewedAt: number;
  /** When a lease ends by itself; null: a socket, which ends only by release. */
  readonly endsAt: number | null;
}

/** What others are shown of a user: a change of it, and nothing else, is an event. */
export interface Face {
  readonly status: Shown;
  readonly platforms: readonly Platform[];
  readonly message: StatusMessage | null;
}

export interface PresenceRecord {
  readonly userId: string;
  readonly holds: Map<string, Hold>;
  custom: Custom;
  /** Whether somebody was active while there last was a holder that counts: frozen during grace. */
  active: boolean;
  /** Until when a departure stays unseen; counted only while no holder counts. */
  graceEndsAt: number;
  /** Newest sign of life of a holder that went; becomes `lastSeen` when the user is shown OFFLINE for that. */
  leftAt: number;
  face: Face;
  since: number | null;
  lastSeen: number | null;
  lastActive: number | null;
  version: number;
  /** Everything about the departure was told and queued: the record goes once that is stored. */
  retired: boolean;
}

export function emptyRecord(userId: string, custom: Custom): PresenceRecord {
  return {
    userId,
    holds: new Map(),
    custom,
    active: false,
    graceEndsAt: 0,
    leftAt: 0,
    face: { status: 'OFFLINE', platforms: [], message: null },
    since: null,
    lastSeen: null,
    lastActive: null,
    version: 0,
    retired: false,
  };
}

/** Sockets and leases may have equal ids. */
export const holdKey = (kind: Holder['kind'], id: string) => `${kind}:${id}`;

export const isActive = (hold: Hold, now: number, idleAfterMs: number) =>
  !hold.idle && now < hold.activeAt + idleAfterMs;

export const counting = (record: PresenceRecord) => [...record.holds.values()].filter((hold) => hold.counts);

/** No holder counts and no grace runs. */
export const isGone = (record: PresenceRecord, now: number) =>
  counting(record).length === 0 && now >= record.graceEndsAt;

/** What is to be shown now. Ended leases must have been taken out before. */
export function faceOf(record: PresenceRecord, now: number, idleAfterMs: number): Face {
  const message = liveMessage(record.custom.message, now);
  const holds = counting(record);
  if (holds.length > 0) {
    const active = holds.some((hold) => isActive(hold, now, idleAfterMs));
    return shown(statusOf(record.custom, active), platformsOf(holds), message);
  }
  // Grace only prolongs what is shown: who is shown OFFLINE comes back with a holder, never by a changed status.
  if (now < record.graceEndsAt && record.face.status !== 'OFFLINE')
    return shown(statusOf(record.custom, record.active), record.face.platforms, message);
  return shown('OFFLINE', [], message);
}

/** The earliest time at which `faceOf` or the holders may change by themselves; null: never. */
export function dueAt(record: PresenceRecord, now: number, idleAfterMs: number): number | null {
  const holds = counting(record);
  const due = [...record.holds.values()].flatMap((hold) => hold.endsAt ?? []);
  const active = holds.filter((hold) => isActive(hold, now, idleAfterMs));
  // The user turns idle with the last of them.
  if (active.length > 0) due.push(Math.max(...active.map((hold) => hold.activeAt)) + idleAfterMs);
  if (holds.length === 0 && now < record.graceEndsAt) due.push(record.graceEndsAt);
  const expiresAt = record.custom.message?.expiresAt ?? null;
  if (expiresAt !== null && expiresAt > now) due.push(expiresAt);
  return due.length > 0 ? Math.min(...due) : null;
}

export function sameFace(left: Face, right: Face): boolean {
  return (
    left.status === right.status &&
    left.platforms.join() === right.platforms.join() &&
    left.message?.text === right.message?.text &&
    left.message?.emoji === right.message?.emoji &&
    left.message?.expiresAt === right.message?.expiresAt
  );
}

export function truthOf(record: PresenceRecord): Truth {
  const { userId, version, since, lastSeen, lastActive, face } = record;
  return { userId, version, since, lastSeen, lastActive, ...face };
}

export function holderStateOf(hold: Hold, now: number, idleAfterMs: number): HolderState {
  const { kind, id, deviceId, platform, counts, connectedAt } = hold;
  return { kind, id, deviceId, platform, counts, connectedAt, active: isActive(hold, now, idleAfterMs) };
}

export function accountOf(
  record: PresenceRecord | undefined,
  now: number,
  idleAfterMs: number,
): Omit<Account, 'unstored' | 'transitions'> {
  if (record === undefined)
    return { now, truth: null, custom: null, holders: [], graceEndsAt: null, leftAt: null, lookAt: null };
  const holds = [...record.holds.values()].sort((left, right) => left.connectedAt - right.connectedAt);
  const inGrace = counting(record).length === 0 && now < record.graceEndsAt;
  return {
    now,
    truth: truthOf(record),
    custom: record.custom,
    holders: holds.map((hold) => ({
      ...holderStateOf(hold, now, idleAfterMs),
      idle: hold.idle,
      activeAt: hold.activeAt || null,
      renewedAt: hold.renewedAt,
      endsAt: hold.endsAt,
    })),
    graceEndsAt: inGrace ? record.graceEndsAt : null,
    leftAt: record.leftAt || null,
    lookAt: dueAt(record, now, idleAfterMs),
  };
}

const shown = (status: Shown, platforms: readonly Platform[], message: StatusMessage | null): Face => ({
  status,
  platforms: status === 'OFFLINE' ? [] : platforms,
  message,
});

const statusOf = (custom: Custom, active: boolean) => (active ? custom.whileActive : custom.whileInactive);

const platformsOf = (holds: readonly Hold[]) => [...new Set(holds.map((hold) => hold.platform))].sort();

const liveMessage = (message: StatusMessage | null, now: number) =>
  message !== null && message.expiresAt !== null && message.expiresAt <= now ? null : message;
