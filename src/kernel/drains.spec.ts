import { expect, it } from 'vitest';

import { Clock } from './clock.js';
import type { Cancel } from './clock.js';
import { Drains } from './drains.js';

/** Time passes when the test says so. */
class TurnedClock extends Clock {
  private readonly timers = new Set<() => void>();
  now = () => 0;
  monotonic = () => 0;
  every = (): Cancel => () => {};

  after(_ms: number, work: () => void): Cancel {
    this.timers.add(work);
    return () => void this.timers.delete(work);
  }

  ring(): void {
    for (const work of this.timers) work();
  }
}

it('whoever leaves does so in order, and those of one order together', async () => {
  const drains = new Drains(new TurnedClock());
  const left: string[] = [];
  const leave = (name: string) => async () => void left.push(name);
  drains.register('flush', 30, leave('flush'));
  drains.register('sockets', 10, leave('sockets'));
  drains.register('streams', 10, leave('streams'));
  expect(drains.draining).toBe(false);
  await drains.run(() => {});
  expect(drains.draining).toBe(true);
  expect(left).toEqual(['sockets', 'streams', 'flush']);
});

it('somebody who fails, or never ends, keeps nobody else from leaving', async () => {
  const clock = new TurnedClock();
  const drains = new Drains(clock);
  const failures: string[] = [];
  let flushed = false;
  drains.register('broken', 10, () => Promise.reject(new Error('broken')));
  drains.register('stuck', 10, () => new Promise(() => {}));
  drains.register('flush', 30, async () => {
    flushed = true;
  });
  const done = drains.run((name) => failures.push(name));
  await new Promise((resolve) => setImmediate(resolve));
  expect([failures, flushed]).toEqual([['broken'], false]);
  clock.ring();
  await done;
  expect([failures, flushed]).toEqual([['broken', 'stuck'], true]);
});
