import { describe, expect, it } from 'vitest';

import { judgeClaims, readHeader, TOKEN_BYTES_MAX } from './token.rules.js';

const NOW_S = 1_800_000_000;
const NOBODY_IN_PARTICULAR = { issuer: null, audience: null };
const judge = (
  claims: unknown,
  expected = NOBODY_IN_PARTICULAR as { issuer: string | null; audience: string | null },
) => judgeClaims(claims, expected, NOW_S * 1000).is;
const good = { sub: 'alice', exp: NOW_S + 60 };

describe('the claims of a token', () => {
  it.each<[string, unknown, 'good' | 'expired' | 'bad']>([
    ['a subject and an end are enough', good, 'good'],
    ['unknown claims are nobody’s business', { ...good, role: 'admin', iat: NOW_S + 999 }, 'good'],
    ['a clock that is 4 s behind is forgiven', { ...good, exp: NOW_S - 4 }, 'good'],
    ['5 s after its end it has expired', { ...good, exp: NOW_S - 5 }, 'expired'],
    ['a token from long ago has expired', { ...good, exp: 0 }, 'expired'],
    ['without an end it is bad', { sub: 'alice' }, 'bad'],
    ['an end that is text is bad', { ...good, exp: String(NOW_S + 60) }, 'bad'],
    ['an end beyond all time is bad', { ...good, exp: 1e300 }, 'bad'],
    ['an end that is not a number is bad', { ...good, exp: null }, 'bad'],
    ['a negative end is bad', { ...good, exp: -1 }, 'bad'],
    ['without a subject it is bad', { exp: NOW_S + 60 }, 'bad'],
    ['a subject that is a number is bad', { ...good, sub: 7 }, 'bad'],
    ['a subject that is an object is bad', { ...good, sub: { id: 'alice' } }, 'bad'],
    ['a subject that is a list is bad', { ...good, sub: ['alice'] }, 'bad'],
    ['one that begins in 5 s is good', { ...good, nbf: NOW_S + 5 }, 'good'],
    ['one that begins in 6 s is bad', { ...good, nbf: NOW_S + 6 }, 'bad'],
    ['a beginning that is text is bad', { ...good, nbf: 'now' }, 'bad'],
    ['one that has ended before it begins is bad, not expired', { ...good, exp: NOW_S - 60, nbf: NOW_S + 60 }, 'bad'],
    ['text is bad', 'alice', 'bad'],
    ['nothing is bad', null, 'bad'],
    ['a list is bad', [good], 'bad'],
  ])('%s', (_sentence, claims, verdict) => {
    expect(judge(claims)).toBe(verdict);
  });

  it.each<[string, object, 'good' | 'expired' | 'bad']>([
    ['the right issuer and audience', { iss: 'us', aud: 'lamplight' }, 'good'],
    ['the audience among others', { iss: 'us', aud: ['mail', 'lamplight'] }, 'good'],
    ['no issuer', { aud: 'lamplight' }, 'bad'],
    ['another issuer', { iss: 'them', aud: 'lamplight' }, 'bad'],
    ['an issuer that is a list', { iss: ['us'], aud: 'lamplight' }, 'bad'],
    ['no audience', { iss: 'us' }, 'bad'],
    ['another audience', { iss: 'us', aud: 'mail' }, 'bad'],
    ['an audience that only begins alike', { iss: 'us', aud: 'lamplight2' }, 'bad'],
    [
      'another audience and expired: a newer token of that kind would not help',
      { iss: 'us', aud: 'mail', exp: 1 },
      'bad',
    ],
  ])('where an issuer and an audience are asked for: %s', (_sentence, claims, verdict) => {
    expect(judge({ ...good, ...claims }, { issuer: 'us', audience: 'lamplight' })).toBe(verdict);
  });
});

describe('the header of a token', () => {
  const token = (header: unknown) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.c2ln`;

  it('names an algorithm, and perhaps a key', () => {
    expect(readHeader(token({ alg: 'HS256' }))).toEqual({ alg: 'HS256', kid: null });
    expect(readHeader(token({ alg: 'HS256', typ: 'JWT', kid: '../../etc/passwd' }))?.kid).toBe('../../etc/passwd');
  });

  it.each<[string, string]>([
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.e30.e30'],
    ['nothing', ''],
    ['no JSON', 'aGVsbG8.e30.c2ln'],
    ['a list', token([])],
    ['no algorithm', token({})],
    ['an algorithm that is an object', token({ alg: { toString: 'HS256' } })],
    ['a key id that is a number', token({ alg: 'HS256', kid: 7 })],
    ['a demand that we do not understand', token({ alg: 'HS256', crit: ['b64'], b64: false })],
    ['an empty demand', token({ alg: 'HS256', crit: [] })],
    ['more than 8 KiB', `${token({ alg: 'HS256' })}${'A'.repeat(TOKEN_BYTES_MAX)}`],
  ])('is refused: %s', (_sentence, text) => {
    expect(readHeader(text)).toBeNull();
  });
});
