import fc from 'fast-check';
import { expect, it } from 'vitest';

import { CHUNK_MAX, CHUNKS_MAX, plan, WATCHED_MAX } from '../../client/src/presence.plan.js';

const people = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `person-${from + i}`);
const chunk = (ids: readonly string[]) => ({ ids: new Set(ids) });

it('people who appear get a subscription of their own; the running ones stay', () => {
  const running = [chunk(people(10))];
  expect(plan(running, new Set(people(12)))).toEqual({ close: [], open: [['person-10', 'person-11']] });
});

it('a few who scroll away cost nothing', () => {
  const running = [chunk(people(10))];
  expect(plan(running, new Set(people(6)))).toEqual({ close: [], open: [] });
});

it('a subscription mostly about people who left is replaced by a smaller one', () => {
  const running = [chunk(people(10))];
  expect(plan(running, new Set(people(3)))).toEqual({ close: running, open: [people(3)] });
});

it('a subscription about nobody who is wanted ends', () => {
  const running = [chunk(people(3))];
  expect(plan(running, new Set())).toEqual({ close: running, open: [] });
});

it('a long list is split', () => {
  expect(plan([], new Set(people(CHUNK_MAX + 1))).open.map((ids) => ids.length)).toEqual([CHUNK_MAX, 1]);
});

it('people who appear one at a time are joined before there are too many subscriptions', () => {
  const running = people(CHUNKS_MAX).map((id) => chunk([id]));
  const { close, open } = plan(running, new Set(people(CHUNKS_MAX + 1)));
  expect(running.length - close.length + open.length).toBeLessThanOrEqual(CHUNKS_MAX);
});

it('whatever is wanted, it is covered once, within what a server allows', () => {
  const step = fc.record({ from: fc.nat(6000), count: fc.nat(2500) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let running: { ids: Set<string> }[] = [];
      for (const { from, count } of steps) {
        const wanted = new Set(people(count, from));
        const { close, open } = plan(running, wanted);
        running = [...running.filter((one) => !close.includes(one)), ...open.map(chunk)];
        const covered = running.flatMap(({ ids }) => [...ids]).filter((id) => wanted.has(id));
        expect(new Set(covered).size).toBe(covered.length);
        expect(covered.length).toBe(wanted.size);
        expect(running.length).toBeLessThanOrEqual(CHUNKS_MAX);
        expect(running.reduce((sum, { ids }) => sum + ids.size, 0)).toBeLessThanOrEqual(WATCHED_MAX);
      }
    }),
    { numRuns: 60 },
  );
});

it('more people than a connection may watch: those who came first are watched, the others wait', () => {
  const { open } = plan([], new Set(people(WATCHED_MAX + 10)));
  expect(open.flat()).toEqual(people(WATCHED_MAX));
  expect(plan(open.map(chunk), new Set(people(WATCHED_MAX + 10)))).toEqual({ close: [], open: [] });
});
