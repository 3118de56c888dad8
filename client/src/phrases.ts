import type { LastSeenBucket, UserStatus } from './documents.js';

/** The sentences that Intl does not know. Give your own for another language. */
export interface Phrases {
  readonly status: { readonly [status in UserStatus]: string };
  readonly bucket: { readonly [bucket in LastSeenBucket]: string };
  readonly now: string;
  /** `when` is a finished phrase such as "5 minutes ago". */
  readonly lastSeen: (when: string) => string;
  readonly others: (count: number) => string;
  /** `names` is a finished list such as "Alice and Bob". */
  readonly typing: (names: string, count: number) => string;
}

const english: Phrases = {
  status: { ONLINE: 'Online', IDLE: 'Away', DO_NOT_DISTURB: 'Do not disturb', OFFLINE: 'Offline' },
  bucket: {
    RECENTLY: 'last seen recently',
    THIS_WEEK: 'last seen within a week',
    THIS_MONTH: 'last seen within a month',
    LONG_AGO: 'last seen a long time ago',
  },
  now: 'just now',
  lastSeen: (when) => `last seen ${when}`,
  others: (count) => (count === 1 ? '1 other' : `${count} others`),
  typing: (names, count) => `${names} ${count === 1 ? 'is' : 'are'} typing…`,
};

const thai: Phrases = {
  status: { ONLINE: 'ออนไลน์', IDLE: 'ไม่อยู่', DO_NOT_DISTURB: 'ห้ามรบกวน', OFFLINE: 'ออฟไลน์' },
  bucket: {
    RECENTLY: 'ออนไลน์ล่าสุดเมื่อไม่นานมานี้',
    THIS_WEEK: 'ออนไลน์ล่าสุดภายในสัปดาห์นี้',
    THIS_MONTH: 'ออนไลน์ล่าสุดภายในเดือนนี้',
    LONG_AGO: 'ออนไลน์ล่าสุดนานมาแล้ว',
  },
  now: 'เมื่อสักครู่',
  lastSeen: (when) => `ออนไลน์ล่าสุด ${when}`,
  others: (count) => `อีก ${count} คน`,
  typing: (names) => `${names} กำลังพิมพ์…`,
};

export function phrasesFor(locale: string): Phrases {
  return locale.toLowerCase().split('-')[0] === 'th' ? thai : english;
}
