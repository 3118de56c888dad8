import { describe, expect, it } from 'vitest';

import { isoOf } from './date-time.scalar.js';

const DAY_MS = 86_400_000;

describe('a time as it is told', () => {
  it.each([0, -1, DAY_MS - 1, DAY_MS, -DAY_MS, -DAY_MS - 1, 951_782_399_999, 253_402_300_800_000, -62_198_755_200_001])(
    'is what every client can read: %d',
    (ms) => {
      for (const one of [ms, ms + 999, ms + 59_999, ms + 3_599_000, ms - DAY_MS]) {
        expect(isoOf(new Date(one))).toBe(new Date(one).toISOString());
      }
    },
  );

  it('is so for any two that follow each other', () => {
    for (let n = 1; n < 5000; n += 1) {
      const date = new Date(Math.floor((n * 7_919_777_777) % (n % 2 === 0 ? DAY_MS : 4_000_000_000_000)));
      expect(isoOf(date)).toBe(date.toISOString());
    }
  });

  it('is none where there is none', () => {
    expect(() => isoOf(new Date(NaN))).toThrow(RangeError);
  });
});
