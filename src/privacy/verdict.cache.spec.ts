import { describe, expect, it } from 'vitest';

import { HIDDEN } from './privacy.rules.js';
import { VerdictCache } from './verdict.cache.js';

const kept = (asOf: number) => ({ verdict: HIDDEN, asOf });

describe('VerdictCache', () => {
  it('keeps one verdict a pair, the newest', () => {
    const cache = new VerdictCache(10);
    cache.set('ann', 'bob', kept(1));
    cache.set('ann', 'bob', kept(2));
    cache.set('ann', 'cy', kept(3));
    cache.set('bob', 'ann', kept(4));
    expect([...(cache.of('ann') ?? [])].map(([subject, { asOf }]) => [subject, asOf])).toEqual([
      ['bob', 2],
      ['cy', 3],
    ]);
    expect([cache.size, cache.of('cy')]).toEqual([3, undefined]);
  });

  it('lets go of a pair, and of a viewer with the last one', () => {
    const cache = new VerdictCache(10);
    cache.set('ann', 'bob', kept(1));
    cache.set('ann', 'cy', kept(1));
    cache.delete('ann', 'bob');
    cache.delete('ann', 'bob');
    cache.delete('cy', 'ann');
    expect([cache.size, cache.of('ann')?.has('bob'), cache.of('ann')?.has('cy')]).toEqual([1, false, true]);
    cache.delete('ann', 'cy');
    expect([cache.size, cache.of('ann')]).toEqual([0, undefined]);
  });

  it('is never larger than it may be: who asked longest ago goes', () => {
    const cache = new VerdictCache(4);
    for (const viewer of ['ann', 'bob']) for (const subject of ['x', 'y']) cache.set(viewer, subject, kept(1));
    cache.of('ann');
    cache.set('cy', 'x', kept(1));
    expect([cache.size, cache.of('ann')?.size, cache.of('bob'), cache.of('cy')?.size]).toEqual([3, 2, undefined, 1]);
    for (let n = 0; n < 100; n += 1) {
      cache.set('cy', `s${n}`, kept(1));
      expect(cache.size).toBeLessThanOrEqual(4);
    }
  });
});
