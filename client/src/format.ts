import type { LastSeenBucket, UserStatus } from './documents.js';
import { phrasesFor, type Phrases } from './phrases.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

interface Glimpse {
  readonly status: UserStatus;
  readonly lastSeen: string | null;
  readonly lastSeenBucket: LastSeenBucket | null;
}

export interface FormatOptions {
  /** A BCP 47 tag. Sentences are there in English and Thai; other languages need `phrases`. Default `en`. */
  readonly locale?: string;
  readonly phrases?: Phrases;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number;
  readonly timeZone?: string;
}

/** "Online", "Away", "Do not disturb" or "Offline". */
export function formatStatus(status: UserStatus, { locale = 'en', phrases = phrasesFor(locale) }: FormatOptions = {}) {
  return phrases.status[status];
}

/** "last seen 5 minutes ago", "last seen recently"; for somebody online, or who hides it, the status itself. */
export function formatLastSeen(presence: Glimpse, options: FormatOptions = {}): string {
  const { locale = 'en', phrases = phrasesFor(locale), now = Date.now(), timeZone } = options;
  const { status, lastSeen, lastSeenBucket } = presence;
  if (status !== 'OFFLINE') return phrases.status[status];
  if (lastSeen === null) return lastSeenBucket ? phrases.bucket[lastSeenBucket] : phrases.status.OFFLINE;
  // A clock behind the server's would see the future.
  const agoMs = Math.max(0, now - Date.parse(lastSeen));
  if (agoMs < MINUTE_MS) return phrases.lastSeen(phrases.now);
  return phrases.lastSeen(agoMs < WEEK_MS ? relative(agoMs, locale) : dated(lastSeen, now, { locale, timeZone }));
}

/** In how many ms `formatLastSeen` reads differently; null when it will not by itself. */
export function lastSeenChangesInMs({ status, lastSeen }: Glimpse, now: number): number | null {
  if (status !== 'OFFLINE' || lastSeen === null) return null;
  const agoMs = Math.max(0, now - Date.parse(lastSeen));
  if (agoMs >= WEEK_MS) return null;
  const unit = agoMs < HOUR_MS ? MINUTE_MS : agoMs < DAY_MS ? HOUR_MS : DAY_MS;
  return unit - (agoMs % unit);
}

/** "Alice is typing…", "Alice and Bob are typing…", "Alice, Bob, and 2 others are typing…"; '' for nobody. */
export function formatTyping(
  people: readonly { readonly displayName: string }[],
  { locale = 'en', phrases = phrasesFor(locale), named = 2 }: FormatOptions & { readonly named?: number } = {},
): string {
  if (people.length === 0) return '';
  const shown = people.slice(0, people.length > named ? named : undefined).map(({ displayName }) => displayName);
  const rest = people.length - shown.length;
  const parts = rest > 0 ? [...shown, phrases.others(rest)] : shown;
  const list = new Intl.ListFormat(locale, { type: 'conjunction' }).format(parts);
  return phrases.typing(list, people.length);
}

function relative(agoMs: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  if (agoMs < HOUR_MS) return format.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  if (agoMs < DAY_MS) return format.format(-Math.floor(agoMs / HOUR_MS), 'hour');
  return format.format(-Math.floor(agoMs / DAY_MS), 'day');
}

function dated(time: string, now: number, { locale, timeZone }: { locale: string; timeZone?: string }): string {
  const thisYear = time.slice(0, 4) === new Date(now).toISOString().slice(0, 4);
  const year = thisYear ? {} : { year: 'numeric' as const };
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone, ...year }).format(new Date(time));
}
