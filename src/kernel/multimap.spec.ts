import { describe, expect, it } from 'vitest';

import { Multimap } from './multimap.js';

describe('Multimap', () => {
  it('has one value or several of a key, each once and in the order in which they came', () => {
    const pets = new Multimap<string, string>();
    pets.add('ann', 'cat');
    expect([...pets.of('ann')]).toEqual(['cat']);
    pets.add('ann', 'cat');
    expect(pets.count('ann')).toBe(1);
    pets.add('ann', 'dog');
    pets.add('ann', 'dog');
    pets.add('bob', 'owl');
    expect([...pets.of('ann')]).toEqual(['cat', 'dog']);
    expect([...pets.values()]).toEqual(['cat', 'dog', 'owl']);
    expect([pets.count('ann'), pets.count('bob'), pets.count('cy')]).toEqual([2, 1, 0]);
  });

  it('forgets a key with its last value', () => {
    const pets = new Multimap<string, string>();
    for (const pet of ['cat', 'dog']) pets.add('ann', pet);
    pets.delete('ann', 'cat');
    expect([...pets.of('ann')]).toEqual(['dog']);
    pets.delete('ann', 'cat');
    pets.delete('bob', 'owl');
    expect([pets.size, pets.has('ann')]).toEqual([1, true]);
    pets.delete('ann', 'dog');
    expect([pets.size, pets.has('ann'), [...pets.keys()], [...pets.of('ann')]]).toEqual([0, false, [], []]);
  });

  it('lets go of values while somebody goes through them', () => {
    const pets = new Multimap<string, string>();
    for (const pet of ['cat', 'dog', 'owl']) pets.add('ann', pet);
    const seen: string[] = [];
    for (const pet of pets.of('ann')) {
      seen.push(pet);
      pets.delete('ann', pet);
    }
    expect([seen, pets.size]).toEqual([['cat', 'dog', 'owl'], 0]);
  });

  it('takes a set for a value like any other', () => {
    const sets = new Multimap<string, Set<number>>();
    const one = new Set([1]);
    sets.add('a', one);
    expect([...sets.of('a')]).toEqual([one]);
  });
});
