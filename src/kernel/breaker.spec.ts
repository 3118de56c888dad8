import { beforeEach, describe, expect, it } from 'vitest';
import { Breaker } from './breaker.js';

let now: number;
let breaker: Breaker;
beforeEach(() => {
  now = 1000;
  breaker = new Breaker({ monotonic: () => now });
});

const wait = (times: number) => {
  for (let i = 0; i < times; i += 1) breaker.waitedInVain();
};
/** Of so many who ask at once, how many may. */
const admitted = (asking: number) => Array.from({ length: asking }, () => breaker.admits()).filter(Boolean).length;

describe('whoever asks a store', () => {
  it('may, also when some of them waited in vain with answers between', () => {
    for (let i = 0; i < 20; i += 1) {
      wait(4);
      breaker.answered();
    }
    wait(4);
    expect(admitted(100)).toBe(100);
  });

  it('is refused at once when five have waited in vain one after the other', () => {
    wait(5);
    expect(admitted(100)).toBe(0);
    now += 499;
    expect(admitted(100)).toBe(0);
  });

  it('is one of many who goes to see, twice a second', () => {
    wait(5);
    for (let second = 0; second < 10; second += 1) {
      now += 500;
      expect(admitted(100)).toBe(1);
      now += 500;
      expect(admitted(100)).toBe(1);
      breaker.waitedInVain();
    }
    // Those who were still on their way put nothing off.
    wait(50);
    now += 500;
    expect(admitted(100)).toBe(1);
  });

  it('may again as soon as anybody was answered', () => {
    wait(5);
    now += 500;
    expect(admitted(3)).toBe(1);
    breaker.answered();
    expect(admitted(100)).toBe(100);
    wait(4);
    expect(admitted(100)).toBe(100);
  });
});
