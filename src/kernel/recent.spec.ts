import { describe, expect, it } from 'vitest';

import { Recent } from './recent.js';

describe('what was asked for lately', () => {
  it('is found again, and what is not there is not', () => {
    const recent = new Recent<number>(8);
    for (const [at, key] of ['a', 'b', 'c'].entries()) recent.set(key, at);
    expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual([0, 1, 2, undefined]);
    expect([recent.has('a'), recent.has('d')]).toEqual([true, false]);
    recent.set('a', 7);
    expect(recent.get('a')).toBe(7);
    recent.delete('a');
    expect([recent.get('a'), recent.has('a')]).toEqual([undefined, false]);
    recent.clear();
    expect([recent.get('b'), recent.size]).toEqual([undefined, 0]);
  });

  it('is never more than may be, and never less than the half that was used last', () => {
    const recent = new Recent<number>(10);
    const used: number[] = [];
    for (let turn = 0; turn < 2000; turn += 1) {
      const key = (turn * 7 + (turn % 3) * 11) % 40;
      if (recent.get(`${key}`) === undefined) recent.set(`${key}`, key);
      if (used.includes(key)) used.splice(used.indexOf(key), 1);
      used.push(key);
      expect(recent.size).toBeLessThanOrEqual(10);
      for (const one of used.slice(-5)) expect(recent.has(`${one}`)).toBe(true);
    }
  });

  it('stays while it is used, however much else comes and goes', () => {
    const recent = new Recent<number>(6);
    recent.set('kept', 1);
    for (let other = 0; other < 100; other += 1) {
      recent.set(`other ${other}`, other);
      expect(recent.get('kept')).toBe(1);
    }
  });

  it('is told of once when it goes for others, and not when it was taken out', () => {
    const gone: number[] = [];
    const recent = new Recent<number>(4, (value) => gone.push(value));
    for (let one = 0; one < 8; one += 1) recent.set(`${one}`, one);
    recent.delete('7');
    for (let one = 8; one < 12; one += 1) recent.set(`${one}`, one);
    expect(gone).toEqual([...gone].sort((a, b) => a - b));
    expect(new Set(gone).size).toBe(gone.length);
    expect(gone).not.toContain(7);
    expect(gone).toContain(6);
  });
});
