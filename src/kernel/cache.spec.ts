import { describe, expect, it } from 'vitest';

import { Cache } from './cache.js';

/** A table whose readings end when the test says so. */
function world(options: { max?: number; batchMax?: number } = {}) {
  const table = new Map<string, string>();
  const loads: string[][] = [];
  const timers = new Set<() => void>();
  const gate = { fresh: true, hold: null as Promise<void> | null };
  const cache = new Cache<string>({
    max: options.max ?? 100,
    batchMax: options.batchMax ?? 100,
    clock: { after: (_ms, work) => timers.add(work) && (() => timers.delete(work)) },
    fresh: () => gate.fresh,
    load: async (keys) => {
      loads.push([...keys]);
      const read = new Map([...table].filter(([key]) => keys.includes(key)));
      await gate.hold;
      return read;
    },
  });
  return { table, loads, gate, cache, timers };
}

const turn = () => new Promise(setImmediate);

describe('a cache', () => {
  it('reads what is asked in one turn at once, each key once', async () => {
    const { table, loads, cache } = world();
    table.set('a', 'Ann').set('b', 'Ben');
    const [ann, both] = await Promise.all([cache.get('a'), cache.many(['a', 'b', 'a', 'nobody'])]);
    expect(ann).toBe('Ann');
    expect([...both]).toEqual(
      expect.arrayContaining([
        ['a', 'Ann'],
        ['b', 'Ben'],
      ]),
    );
    expect(loads).toEqual([['a', 'b', 'nobody']]);
  });

  it('remembers, that there is nobody too', async () => {
    const { table, loads, cache } = world();
    table.set('a', 'Ann');
    await cache.many(['a', 'nobody']);
    expect(await cache.get('a')).toBe('Ann');
    expect(await cache.get('nobody')).toBeNull();
    expect(loads).toHaveLength(1);
  });

  it('splits what is too much for one reading', async () => {
    const { loads, cache } = world({ batchMax: 2 });
    await cache.many(['a', 'b', 'c', 'd', 'e']);
    expect(loads).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('collects while a reading is under way, and for some turns more', async () => {
    const { loads, gate, cache, timers } = world();
    let release = () => {};
    gate.hold = new Promise((resolve) => (release = resolve));
    const first = cache.get('a');
    await turn();
    const later = ['b', 'c', 'd'].map(async (key) => {
      await turn();
      return cache.get(key);
    });
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(loads).toEqual([['a']]);
    release();
    await first;
    await turn();
    expect(loads).toEqual([['a']]);
    await Promise.all([...later, cache.get('e')]);
    expect(loads).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    expect(timers.size).toBe(0);
  });

  it('waits for a reading that takes long only so long', async () => {
    const { loads, gate, cache, timers } = world();
    gate.hold = new Promise(() => {});
    void cache.get('a');
    await turn();
    void cache.get('b');
    for (let turns = 0; turns < 3; turns += 1) await turn();
    expect(loads).toEqual([['a']]);
    for (const fire of timers) fire();
    await turn();
    expect(loads).toEqual([['a'], ['b']]);
  });

  it('does not keep what was read before a change', async () => {
    const { table, gate, cache } = world();
    table.set('a', 'old');
    let release = () => {};
    gate.hold = new Promise((resolve) => (release = resolve));
    const early = cache.get('a');
    await turn();
    table.set('a', 'new');
    cache.drop('a');
    release();
    expect(await early).toBe('old');
    expect(await cache.get('a')).toBe('new');
  });

  it('answers who asks after a change with what is true after it, although an older reading is still under way', async () => {
    const { table, gate, cache } = world();
    table.set('a', 'old');
    let release = () => {};
    gate.hold = new Promise((resolve) => (release = resolve));
    const early = cache.get('a');
    await turn();
    table.set('a', 'new');
    cache.drop('a');
    const late = cache.get('a');
    await turn();
    release();
    expect(await Promise.all([early, late])).toEqual(['old', 'new']);
  });

  it('reads every time while it may have missed a change, and keeps nothing of it', async () => {
    const { table, gate, loads, cache } = world();
    table.set('a', 'old');
    await cache.get('a');
    gate.fresh = false;
    table.set('a', 'new');
    expect(await cache.get('a')).toBe('new');
    expect((await cache.many(['a'])).get('a')).toBe('new');
    expect(loads).toHaveLength(3);
  });

  it('fails those who asked when a reading fails, and tries again for the next', async () => {
    const { table, gate, cache } = world();
    table.set('a', 'Ann');
    gate.hold = Promise.reject(new Error('away'));
    gate.hold.catch(() => {});
    await expect(Promise.all([cache.get('a'), cache.get('b')])).rejects.toThrow('away');
    gate.hold = null;
    expect(await cache.get('a')).toBe('Ann');
  });

  it('takes what somebody else has read, but not over a change that may be younger', async () => {
    const { cache, loads } = world();
    const first = cache.moment();
    cache.prime('a', 'Ann', first);
    expect(cache.known(['a', 'b'])).toEqual(new Map([['a', 'Ann']]));
    cache.drop('a');
    cache.prime('a', 'old', first);
    expect(cache.known(['a']).size).toBe(0);
    const second = cache.moment();
    cache.prime('a', 'Anna', second);
    expect(await cache.get('a')).toBe('Anna');
    cache.clear();
    cache.prime('b', 'old', second);
    expect(cache.known(['a', 'b']).size).toBe(0);
    cache.prime('b', 'Bob', cache.moment());
    expect(cache.known(['b']).size).toBe(1);
    cache.prime('c', null, cache.moment());
    expect(await cache.get('c')).toBeNull();
    expect(loads).toEqual([]);
  });

  it('holds no more than it may', async () => {
    const { cache } = world({ max: 4 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.prime(key, key, cache.moment());
    expect([...cache.known(['a', 'b', 'd', 'e']).keys()]).toEqual(['d', 'e']);
  });

  it('counts a change it no longer remembers as one of everything', async () => {
    const { cache } = world({ max: 2 });
    const before = cache.moment();
    for (const key of ['a', 'b', 'c']) cache.drop(key);
    cache.prime('a', 'old', before);
    expect(cache.known(['a']).size).toBe(0);
  });
});
