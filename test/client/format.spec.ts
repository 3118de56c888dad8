import { expect, it } from 'vitest';

import {
  formatLastSeen,
  formatStatus,
  formatTyping,
  lastSeenChangesInMs,
  type LastSeenBucket,
} from '../../client/src/index.js';

const NOW = Date.parse('2026-06-15T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const gone = (agoMs: number | null, lastSeenBucket: LastSeenBucket | null = null) => ({
  status: 'OFFLINE' as const,
  lastSeen: agoMs === null ? null : new Date(NOW - agoMs).toISOString(),
  lastSeenBucket,
});
const english = { now: NOW, locale: 'en', timeZone: 'UTC' };
const thai = { ...english, locale: 'th' };
const names = (...displayNames: string[]) => displayNames.map((displayName) => ({ displayName }));

it.each([
  [10_000, 'last seen just now', 'ออนไลน์ล่าสุด เมื่อสักครู่'],
  [5 * MINUTE + 59_000, 'last seen 5 minutes ago', 'ออนไลน์ล่าสุด 5 นาทีที่ผ่านมา'],
  [MINUTE, 'last seen 1 minute ago', 'ออนไลน์ล่าสุด 1 นาทีที่ผ่านมา'],
  [3 * HOUR, 'last seen 3 hours ago', 'ออนไลน์ล่าสุด 3 ชั่วโมงที่ผ่านมา'],
  [2 * DAY, 'last seen 2 days ago', 'ออนไลน์ล่าสุด 2 วันที่ผ่านมา'],
  [30 * DAY, 'last seen May 16', 'ออนไลน์ล่าสุด 16 พฤษภาคม'],
  [300 * DAY, 'last seen August 19, 2025', 'ออนไลน์ล่าสุด 19 สิงหาคม 2568'],
])('somebody gone for %i ms reads "%s"', (agoMs, inEnglish, inThai) => {
  expect(formatLastSeen(gone(agoMs), english)).toBe(inEnglish);
  expect(formatLastSeen(gone(agoMs), thai)).toBe(inThai);
});

it('a clock behind that of the server does not see people in the future', () => {
  expect(formatLastSeen(gone(-5 * MINUTE), english)).toBe('last seen just now');
});

it('somebody who hides the time reads as their bucket allows, or as offline', () => {
  expect(formatLastSeen(gone(null, 'RECENTLY'), english)).toBe('last seen recently');
  expect(formatLastSeen(gone(null, 'LONG_AGO'), thai)).toBe('ออนไลน์ล่าสุดนานมาแล้ว');
  expect(formatLastSeen(gone(null), english)).toBe('Offline');
});

it('somebody who is there reads as their status', () => {
  const here = { ...gone(MINUTE), status: 'DO_NOT_DISTURB' as const };
  expect(formatLastSeen(here, english)).toBe('Do not disturb');
  expect(formatStatus('IDLE', thai)).toBe('ไม่อยู่');
});

it('the words change exactly when they say they do', () => {
  for (const agoMs of [0, 59_000, 5 * MINUTE + 1, HOUR - 1, 23 * HOUR + 1, 3 * DAY + 5]) {
    const inMs = lastSeenChangesInMs(gone(agoMs), NOW) ?? 0;
    const now = formatLastSeen(gone(agoMs), english);
    expect(formatLastSeen(gone(agoMs + inMs - 1), english)).toBe(now);
    expect(formatLastSeen(gone(agoMs + inMs), english)).not.toBe(now);
  }
  expect(lastSeenChangesInMs(gone(8 * DAY), NOW)).toBeNull();
  expect(lastSeenChangesInMs(gone(null), NOW)).toBeNull();
});

it.each([
  [names(), '', ''],
  [names('Alice'), 'Alice is typing…', 'Alice กำลังพิมพ์…'],
  [names('Alice', 'Bob'), 'Alice and Bob are typing…', 'AliceและBob กำลังพิมพ์…'],
  [names('Alice', 'Bob', 'Carol'), 'Alice, Bob, and 1 other are typing…', 'Alice Bob และอีก 1 คน กำลังพิมพ์…'],
  [names('Alice', 'Bob', 'C', 'D'), 'Alice, Bob, and 2 others are typing…', 'Alice Bob และอีก 2 คน กำลังพิมพ์…'],
])('%j typing reads "%s"', (people, inEnglish, inThai) => {
  expect(formatTyping(people, english)).toBe(inEnglish);
  expect(formatTyping(people, thai)).toBe(inThai);
});

it('another language brings its own sentences', () => {
  const phrases = {
    status: { ONLINE: 'da', IDLE: 'weg', DO_NOT_DISTURB: 'beschäftigt', OFFLINE: 'offline' },
    bucket: { RECENTLY: 'kürzlich', THIS_WEEK: 'diese Woche', THIS_MONTH: 'diesen Monat', LONG_AGO: 'vor Langem' },
    now: 'gerade eben',
    lastSeen: (when: string) => `zuletzt ${when}`,
    others: (count: number) => `${count} weitere`,
    typing: (who: string, count: number) => `${who} ${count === 1 ? 'schreibt' : 'schreiben'}…`,
  };
  expect(formatLastSeen(gone(5 * MINUTE), { now: NOW, locale: 'de', phrases })).toBe('zuletzt vor 5 Minuten');
  expect(formatTyping(names('Eva', 'Jan'), { locale: 'de', phrases })).toBe('Eva und Jan schreiben…');
});
