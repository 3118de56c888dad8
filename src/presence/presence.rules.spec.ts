import { describe, expect, it } from 'vitest';

import type { Truth } from '../engine/engine.js';
import type { Verdict } from '../privacy/privacy.types.js';
import { bucketOf, derive, faceOf, lensOf, offline, outlineOf, redact, toCustom } from './presence.rules.js';

const NOW = Date.UTC(2026, 0, 29, 10, 30);
const MINUTE = 60_000;
const DAY = 86_400_000;

const user = { id: 'ann', username: 'ann', displayName: 'Ann', avatarUrl: null };
const FULL: Verdict = { online: true, lastSeen: true, bucket: 'NONE', typing: true };
const NO_TIME: Verdict = { ...FULL, lastSeen: false };
const HIDDEN: Verdict = { online: false, lastSeen: false, bucket: 'NONE', typing: false };

function here(over: Partial<Truth> = {}): Truth {
  return {
    userId: 'ann',
    version: 7,
    status: 'ONLINE',
    since: NOW - 5 * MINUTE,
    lastSeen: NOW - DAY,
    lastActive: NOW - MINUTE,
    platforms: ['DESKTOP', 'MOBILE'],
    message: { text: 'Lunch', emoji: '🍜', expiresAt: NOW + MINUTE },
    ...over,
  };
}

const gone = (lastSeen: number | null) => offline('ann', lastSeen, lastSeen);

describe('the status a choice leads to', () => {
  it.each([
    ['ONLINE', 'ONLINE', 'IDLE'],
    ['IDLE', 'IDLE', 'IDLE'],
    ['DO_NOT_DISTURB', 'DO_NOT_DISTURB', 'DO_NOT_DISTURB'],
    ['INVISIBLE', 'OFFLINE', 'OFFLINE'],
  ] as const)('%s: %s while active, %s while not', (choice, whileActive, whileInactive) => {
    expect(derive(choice)).toEqual({ whileActive, whileInactive });
  });

  it('somebody who never chose is ONLINE with silence becoming IDLE', () => {
    expect(toCustom(null, NOW)).toEqual({ version: 0, whileActive: 'ONLINE', whileInactive: 'IDLE', message: null });
  });

  it('a stored message whose time is over is not restored', () => {
    const stored = { version: 3, status: 'ONLINE' as const, message: { text: 'Lunch', emoji: null, expiresAt: NOW } };
    expect(toCustom(stored, NOW).message).toBeNull();
    expect(toCustom(stored, NOW - 1).message).toEqual(stored.message);
  });
});

describe('what a verdict leaves of the truth', () => {
  it('who may see all sees the last activity as last seen while the user is here', () => {
    expect(redact(here(), user, FULL, NOW)).toEqual({
      userId: 'ann',
      user,
      status: 'ONLINE',
      isOnline: true,
      lastSeen: new Date(NOW - MINUTE),
      lastSeenBucket: null,
      message: { text: 'Lunch', emoji: '🍜', expiresAt: new Date(NOW + MINUTE) },
      platforms: ['DESKTOP', 'MOBILE'],
      since: new Date(NOW - 5 * MINUTE),
    });
  });

  it('who may not see the time still sees since when somebody is here, and not since when they are gone', () => {
    expect(redact(here(), user, NO_TIME, NOW)).toMatchObject({ lastSeen: null, since: new Date(NOW - 5 * MINUTE) });
    expect(redact(gone(NOW - DAY), user, NO_TIME, NOW)).toMatchObject({
      lastSeen: null,
      since: null,
      status: 'OFFLINE',
    });
  });

  it('a message is gone while OFFLINE and when its time is over', () => {
    expect(redact(here({ status: 'OFFLINE' }), user, FULL, NOW).message).toBeNull();
    expect(redact(here(), user, FULL, NOW + 2 * MINUTE).message).toBeNull();
  });

  it('an invisible user keeps the last seen of the switch, whatever they do', () => {
    const before = redact(here({ status: 'OFFLINE', since: NOW, lastSeen: NOW }), user, FULL, NOW);
    const after = redact(
      here({ status: 'OFFLINE', since: NOW, lastSeen: NOW, lastActive: NOW + DAY }),
      user,
      FULL,
      NOW + DAY,
    );
    expect(after).toEqual(before);
    expect(after.lastSeen).toEqual(new Date(NOW));
  });

  it('a hidden user, here or gone, now or long ago, equals one who is offline and hides the last seen', () => {
    const model = redact(gone(NOW - DAY), user, NO_TIME, NOW);
    for (const truth of [here(), here({ status: 'OFFLINE' }), gone(NOW), gone(null)]) {
      expect(JSON.stringify(redact(truth, user, HIDDEN, NOW))).toBe(JSON.stringify(model));
    }
  });

  it('a bucket is the true one for who may see online, and always the same for who may not', () => {
    const seen = { ...NO_TIME, bucket: 'TRUE' as const };
    const unseen = { ...HIDDEN, bucket: 'LONG_AGO' as const };
    expect(redact(gone(NOW - 4 * DAY), user, seen, NOW).lastSeenBucket).toBe('THIS_WEEK');
    expect(redact(gone(null), user, seen, NOW).lastSeenBucket).toBe('LONG_AGO');
    for (const truth of [here(), gone(NOW), gone(null)]) {
      expect(redact(truth, user, unseen, NOW).lastSeenBucket).toBe('LONG_AGO');
    }
  });

  it.each([
    [0, 'RECENTLY'],
    [3 * DAY, 'RECENTLY'],
    [3 * DAY + 1, 'THIS_WEEK'],
    [7 * DAY, 'THIS_WEEK'],
    [7 * DAY + 1, 'THIS_MONTH'],
    [30 * DAY, 'THIS_MONTH'],
    [30 * DAY + 1, 'LONG_AGO'],
  ])('%d ms ago is %s', (age, bucket) => {
    expect(bucketOf(NOW - age, NOW)).toBe(bucket);
  });

  it('verdicts that let the same through share a lens, and others do not', () => {
    const verdicts: Verdict[] = [
      HIDDEN,
      { ...HIDDEN, bucket: 'LONG_AGO' },
      FULL,
      NO_TIME,
      { ...NO_TIME, bucket: 'TRUE' },
    ];
    expect(new Set(verdicts.map(lensOf)).size).toBe(verdicts.length);
    expect(lensOf({ ...FULL, typing: false })).toBe(lensOf(FULL));
  });
});

describe('what somebody notices', () => {
  const face = (truth: Truth, verdict = FULL) => faceOf(redact(truth, user, verdict, NOW));

  it('a moving last seen or since is nothing to notice', () => {
    expect(face(here({ lastActive: NOW, since: NOW }))).toBe(face(here()));
  });

  it('status, platforms and message are', () => {
    const changed: Partial<Truth>[] = [{ status: 'IDLE' }, { platforms: ['WEB'] }, { message: null }];
    for (const change of changed) expect(face(here(change))).not.toBe(face(here()));
  });

  it('losing or gaining the time shows in the outline, a bucket does not', () => {
    const outline = (verdict: Verdict) => outlineOf(redact(gone(NOW), user, verdict, NOW));
    expect(outline(NO_TIME)).not.toBe(outline(FULL));
    expect(outline({ ...NO_TIME, bucket: 'TRUE' })).toBe(outline(NO_TIME));
  });
});
