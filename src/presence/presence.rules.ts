import type { Custom, Shown, StatusMessage, Truth } from '../engine/engine.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { Verdict } from '../privacy/privacy.types.js';
import type { CustomStatus, LastSeenBucket, PresenceView, StoredCustom } from './presence.types.js';

/*
 * What the product is: which status a choice leads to, and what of the truth a verdict lets through.
 * Times are milliseconds since 1970.
 */

/** Do Not Disturb and a chosen IDLE hold while connected; ONLINE is no override, so that silence still becomes IDLE. */
export function derive(status: CustomStatus): { whileActive: Shown; whileInactive: Shown } {
  switch (status) {
    case 'ONLINE':
      return { whileActive: 'ONLINE', whileInactive: 'IDLE' };
    case 'IDLE':
      return { whileActive: 'IDLE', whileInactive: 'IDLE' };
    case 'DO_NOT_DISTURB':
      return { whileActive: 'DO_NOT_DISTURB', whileInactive: 'DO_NOT_DISTURB' };
    case 'INVISIBLE':
      return { whileActive: 'OFFLINE', whileInactive: 'OFFLINE' };
  }
}

/** What the engine needs of a stored choice; null: the user never chose. An expired message is none. */
export function toCustom(stored: StoredCustom | null, now: number): Custom {
  if (!stored) return NEVER_CHOSEN;
  return { version: stored.version, ...derive(stored.status), message: current(stored.message, now) };
}

const NEVER_CHOSEN: Custom = { version: 0, ...derive('ONLINE'), message: null };

/** The truth about somebody of whom the engine holds nothing. */
export function offline(userId: string, lastSeen: number | null, lastActive: number | null): Truth {
  return { userId, version: 0, status: 'OFFLINE', since: lastSeen, lastSeen, lastActive, platforms: [], message: null };
}

/**
 * The engine may not know when somebody who is OFFLINE was last seen (invisible from the start, or its store was
 * emptied); then what is known from elsewhere holds.
 */
export function completed(truth: Truth, lastSeen: number | null): Truth {
  if (lastSeen === null || !lacksLastSeen(truth)) return truth;
  return { ...truth, lastSeen, since: truth.since ?? lastSeen };
}

export function lacksLastSeen(truth: Truth): boolean {
  return truth.status === 'OFFLINE' && truth.lastSeen === null;
}

/**
 * The view that a verdict leaves of a truth. A hidden, a blocked and an invisible user come out equal to one who is
 * offline and hides the last seen, field by field.
 */
export function redact(truth: Truth, user: User, verdict: Verdict, now: number): PresenceView {
  const shown = verdict.online && truth.status !== 'OFFLINE';
  // While shown, the last seen that others get is the last activity.
  const lastSeen = shown ? truth.lastActive : truth.lastSeen;
  const message = shown ? current(truth.message, now) : null;
  return {
    userId: truth.userId,
    user,
    status: shown ? truth.status : 'OFFLINE',
    isOnline: shown,
    lastSeen: verdict.lastSeen ? toDate(lastSeen) : null,
    lastSeenBucket: bucketFor(verdict, lastSeen, now),
    message: message && { text: message.text, emoji: message.emoji, expiresAt: toDate(message.expiresAt) },
    platforms: shown ? truth.platforms : [],
    // Since when somebody is offline is when they were last seen.
    since: shown || verdict.lastSeen ? toDate(truth.since) : null,
  };
}

/** A small number for the part of a verdict that presence depends on. Viewers with the same lens see the same. */
export function lensOf(verdict: Verdict): number {
  if (!verdict.online) return verdict.bucket === 'NONE' ? 0 : 1;
  if (verdict.lastSeen) return 2;
  return verdict.bucket === 'NONE' ? 3 : 4;
}

/** What somebody notices: an event is sent when it changes, and not for a moving time alone. */
export function faceOf(view: PresenceView): string {
  const { message } = view;
  return JSON.stringify([
    view.status,
    view.platforms,
    message && [message.text, message.emoji, message.expiresAt?.getTime() ?? null],
  ]);
}

/** What more a changed verdict alters: whether times are there at all. A bucket alone is never an event. */
export function outlineOf(view: PresenceView, face = faceOf(view)): string {
  return `${face}${view.lastSeen ? 't' : ''}${view.since ? 's' : ''}`;
}

const DAY_MS = 86_400_000;

export function bucketOf(lastSeen: number | null, now: number): LastSeenBucket {
  if (lastSeen === null) return 'LONG_AGO';
  const age = now - lastSeen;
  if (age <= 3 * DAY_MS) return 'RECENTLY';
  if (age <= 7 * DAY_MS) return 'THIS_WEEK';
  return age <= 30 * DAY_MS ? 'THIS_MONTH' : 'LONG_AGO';
}

function bucketFor(verdict: Verdict, lastSeen: number | null, now: number): LastSeenBucket | null {
  switch (verdict.bucket) {
    case 'NONE':
      return null;
    case 'LONG_AGO':
      return 'LONG_AGO';
    case 'TRUE':
      return bucketOf(lastSeen, now);
  }
}

function current(message: StatusMessage | null, now: number): StatusMessage | null {
  return message && (message.expiresAt === null || message.expiresAt > now) ? message : null;
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
