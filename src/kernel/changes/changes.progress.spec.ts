import { describe, expect, it } from 'vitest';

import { Progress } from './changes.progress.js';

const begun = (top: number, visible: readonly number[] = []) => {
  const progress = new Progress();
  progress.begin(top, new Set(visible), 0);
  return progress;
};

describe('progress through the log of changes', () => {
  it('takes a row once, whether a message or the log brings it first', () => {
    const progress = begun(0);
    expect(progress.take(1)).toBe(true);
    expect(progress.take(1)).toBe(false);
    progress.reach(1, 0);
    expect(progress.take(1)).toBe(false);
    expect(progress.holes()).toEqual([]);
  });

  it('asks again for a number that a slower transaction may still commit, and takes it when it comes', () => {
    const progress = begun(0);
    progress.take(2);
    progress.reach(2, 0);
    expect(progress.holes()).toEqual([1]);
    expect(progress.take(1)).toBe(true);
    expect(progress.take(1)).toBe(false);
    expect(progress.holes()).toEqual([]);
  });

  it('asks for what was open when it began, not for what it saw then', () => {
    const progress = begun(5, [1, 2, 4]);
    expect(progress.holes()).toEqual([3, 5]);
    expect(progress.take(4)).toBe(false);
    expect(progress.take(3)).toBe(true);
  });

  it('gives up a number after a minute: its transaction was rolled back', () => {
    const progress = begun(3, [1, 3]);
    expect(progress.reach(3, 60_000)).toBe(true);
    expect(progress.holes()).toEqual([2]);
    expect(progress.reach(3, 60_001)).toBe(true);
    expect(progress.holes()).toEqual([]);
    expect(progress.take(2)).toBe(false);
  });

  it('keeps at most a thousand missing numbers, and says when that is not all', () => {
    const progress = begun(0);
    progress.take(5000);
    expect(progress.reach(5000, 0)).toBe(false);
    expect(progress.holes().length).toBe(1000);
    expect(progress.holes().at(-1)).toBe(4999);
    progress.take(6000);
    expect(progress.reach(6000, 1)).toBe(false);
    expect(progress.holes().length).toBe(1000);
  });

  it('keeps a message that is ahead of the log until the log is there', () => {
    const progress = begun(10, [10]);
    expect(progress.take(13)).toBe(true);
    progress.take(11);
    progress.reach(11, 0);
    expect(progress.take(13)).toBe(false);
    progress.take(12);
    progress.reach(13, 0);
    expect(progress.holes()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(progress.top).toBe(13);
  });
});
