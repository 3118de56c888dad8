import { expect, it } from 'vitest';
import { KeptTruths } from './kept.truths.js';

const SINCE = 1_800_000_000_000;
const record = (status: string, message = '') =>
  `${status}|${SINCE}|0|${SINCE}|7|WEB|1|ONLINE|IDLE|0|1|0|0|0|${message && JSON.stringify({ text: message, emoji: null, expiresAt: null })}`;

it('a record that is as it was is not taken apart again', () => {
  const kept = new KeptTruths();
  const truth = kept.of('ann', record('ONLINE', 'here'));
  expect(truth).toMatchObject({
    userId: 'ann',
    status: 'ONLINE',
    since: SINCE,
    platforms: ['WEB'],
    message: { text: 'here' },
  });
  expect(kept.of('ann', record('ONLINE', 'here'))).toBe(truth);
});

it('a record that has changed says what it says now', () => {
  const kept = new KeptTruths();
  kept.of('ann', record('ONLINE', 'here'));
  expect(kept.of('ann', record('IDLE', 'here'))).toMatchObject({ status: 'IDLE', message: { text: 'here' } });
  expect(kept.of('ann', record('IDLE', 'there'))).toMatchObject({ message: { text: 'there' } });
  expect(kept.of('ann', '')).toBeNull();
  expect(kept.of('ann', record('ONLINE'))).toMatchObject({ status: 'ONLINE', message: null });
});

it('what is alike of two people stays theirs', () => {
  const kept = new KeptTruths();
  kept.of('ann', record('ONLINE'));
  expect(kept.of('bob', record('ONLINE'))).toMatchObject({ userId: 'bob' });
});
