import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY, judge, type Pair } from './privacy.rules.js';
import type { Policy, Stance, Verdict } from './privacy.types.js';

const NO_STANCE: Stance = { contact: false, always: false, never: false, blocked: false };

interface Side {
  readonly policy?: Partial<Policy>;
  readonly stance?: Partial<Stance>;
}

function pair(subject: Side & { readonly invisible?: boolean }, viewer: Side = {}): Pair {
  const side = ({ policy, stance }: Side) => ({
    policy: { ...DEFAULT_POLICY, ...policy },
    stance: { ...NO_STANCE, ...stance },
  });
  return { subject: { ...side(subject), invisible: subject.invisible ?? false }, viewer: side(viewer) };
}

const OPEN: Verdict = { online: true, lastSeen: true, bucket: 'NONE', typing: true };
const CLOSED: Verdict = { online: false, lastSeen: false, bucket: 'NONE', typing: false };
const NO_TIME: Verdict = { online: true, lastSeen: false, bucket: 'NONE', typing: true };

const coarse = { coarseLastSeen: true };

describe('what a viewer may know of a subject', () => {
  it.each<[string, Pair, Verdict]>([
    ['a new user hides nothing', pair({}), OPEN],
    ['who hides the last seen is still seen online', pair({ policy: { lastSeen: 'NOBODY' } }), NO_TIME],
    ['who hides online hides the last seen with it', pair({ policy: { online: 'NOBODY' } }), CLOSED],
    [
      'online follows a hidden last seen when told to',
      pair({ policy: { lastSeen: 'NOBODY', online: 'SAME_AS_LAST_SEEN' } }),
      CLOSED,
    ],
    ['online follows an open last seen when told to', pair({ policy: { online: 'SAME_AS_LAST_SEEN' } }), OPEN],
    ['a stranger is not among the contacts', pair({ policy: { online: 'CONTACTS' } }), CLOSED],
    [
      'a contact of the subject is',
      pair({ policy: { online: 'CONTACTS', lastSeen: 'CONTACTS' }, stance: { contact: true } }),
      OPEN,
    ],
    [
      'having the subject as a contact is not being theirs',
      pair({ policy: { online: 'CONTACTS' } }, { stance: { contact: true } }),
      CLOSED,
    ],
    ['always opens both', pair({ policy: { online: 'NOBODY', lastSeen: 'NOBODY' }, stance: { always: true } }), OPEN],
    ['never closes both', pair({ stance: { never: true } }), CLOSED],
    ['never beats always', pair({ stance: { always: true, never: true } }), CLOSED],
    ['a block by the subject beats always', pair({ stance: { always: true, blocked: true } }), CLOSED],
    ['a block by the viewer works the same', pair({ stance: { always: true } }, { stance: { blocked: true } }), CLOSED],
    [
      'a coarse subject gives a bucket for the hidden time',
      pair({ policy: { ...coarse, lastSeen: 'NOBODY' } }),
      { ...NO_TIME, bucket: 'TRUE' },
    ],
    ['a coarse subject gives no bucket beside the exact time', pair({ policy: coarse }), OPEN],
    [
      'a coarse subject who hides online was here long ago',
      pair({ policy: { ...coarse, online: 'NOBODY' } }),
      { ...CLOSED, bucket: 'LONG_AGO' },
    ],
    ['and so for the blocked', pair({ policy: coarse, stance: { blocked: true } }), { ...CLOSED, bucket: 'LONG_AGO' }],
    [
      'and so for those who block',
      pair({ policy: coarse }, { stance: { blocked: true } }),
      { ...CLOSED, bucket: 'LONG_AGO' },
    ],
    ['who hides typing is seen all the same', pair({ policy: { typing: false } }), { ...OPEN, typing: false }],
    ['who hides typing is not told of others', pair({}, { policy: { typing: false } }), { ...OPEN, typing: false }],
    ['an invisible user types unseen', pair({ invisible: true }), { ...OPEN, typing: false }],
    ['a hiding viewer still sees while nothing is mutual', pair({}, { policy: { online: 'NOBODY' } }), OPEN],
  ])('%s', (_name, given, verdict) => {
    expect(judge(given, false)).toEqual(verdict);
  });

  it.each<[string, Pair, Verdict]>([
    ['who hides online sees nobody online', pair({}, { policy: { online: 'NOBODY' } }), CLOSED],
    ["who hides the last seen sees nobody else's", pair({}, { policy: { lastSeen: 'NOBODY' } }), NO_TIME],
    [
      'who shows it to this subject sees theirs',
      pair({}, { policy: { lastSeen: 'NOBODY' }, stance: { always: true } }),
      OPEN,
    ],
    ['who hides it from this subject alone does not', pair({}, { stance: { never: true } }), CLOSED],
  ])('when mutual: %s', (_name, given, verdict) => {
    expect(judge(given, true)).toEqual(verdict);
  });

  it('a hidden, a never-listed and a blocked viewer are answered alike, coarse or not', () => {
    for (const policy of [{}, coarse]) {
      const hidden = judge(pair({ policy: { ...policy, online: 'NOBODY' } }), false);
      expect(judge(pair({ policy, stance: { never: true } }), false)).toEqual(hidden);
      expect(judge(pair({ policy, stance: { blocked: true } }), false)).toEqual(hidden);
      expect(judge(pair({ policy }, { stance: { blocked: true } }), false)).toEqual(hidden);
    }
  });
});
