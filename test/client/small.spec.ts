import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Backoff } from '../../client/src/backoff.js';
import { addressesOf } from '../../client/src/options.js';
import { Shelf } from '../../client/src/shelf.js';
import { Store } from '../../client/src/store.js';
import { renewInMs } from '../../client/src/token.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits between tries grow, never beyond 20 s, and never end', () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 60 }, () => backoff.next());
  expect(waits.slice(0, 7)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000]);
  expect(new Set(waits.slice(7))).toEqual(new Set([20_000]));
});

it('clients that lose their server together come back spread out over the whole wait', () => {
  expect(new Backoff(() => 0).next()).toBe(0);
  expect(new Backoff(() => 0.5).next()).toBe(250);
});

it('a connection that is lost again at once does not make a client quick', () => {
  const backoff = new Backoff(() => 1);
  for (let i = 0; i < 4; i += 1) backoff.next();
  backoff.succeeded();
  vi.advanceTimersByTime(9000);
  expect(backoff.next()).toBe(8000);
  backoff.succeeded();
  vi.advanceTimersByTime(10_000);
  expect(backoff.next()).toBe(500);
});

it('somebody whose network is back does not wait any longer', async () => {
  const backoff = new Backoff();
  const waited = backoff.wait(60_000);
  backoff.hurry();
  await waited;
  expect(vi.getTimerCount()).toBe(0);
});

it('a token is renewed half a minute before it ends, a short one at half its life', () => {
  const now = Date.parse('2026-06-15T12:00:00.000Z');
  const token = (seconds: number) => `x.${btoa(JSON.stringify({ exp: now / 1000 + seconds }))}.y`;
  expect(renewInMs(token(3600), now)).toBe(3_570_000);
  expect(renewInMs(token(20), now)).toBe(10_000);
  expect(renewInMs(token(-5), now)).toBe(1000);
  expect(renewInMs(token(10 * 365 * 86_400), now)).toBe(2 ** 31 - 1);
  expect(renewInMs('not a token', now)).toBeNull();
});

it('an address may have a path, a slash at the end, or /graphql already', () => {
  expect(addressesOf('https://a.example')).toEqual({
    http: 'https://a.example/graphql',
    socket: 'wss://a.example/graphql',
  });
  expect(addressesOf('http://a.example/presence/').socket).toBe('ws://a.example/presence/graphql');
  expect(addressesOf('http://a.example/graphql').http).toBe('http://a.example/graphql');
});

it('listeners hear of a change once, and not of what stays as it is', () => {
  const store = new Store({ a: 1, b: 2 });
  const heard = vi.fn();
  const stop = store.subscribe(heard);
  store.patch({ a: 1 });
  expect(heard).not.toHaveBeenCalled();
  store.patch({ a: 2 });
  expect(heard).toHaveBeenCalledOnce();
  stop();
  store.patch({ a: 3 });
  expect(heard).toHaveBeenCalledOnce();
});

it('somebody who looks into a thousand conversations does not keep them all', () => {
  const shelf = new Shelf((name) => ({ name, idle: name !== 'open' }));
  const open = shelf.get('open');
  for (let i = 0; i < 1000; i += 1) shelf.get(`${i}`);
  expect(shelf.get('open')).toBe(open);
  expect(shelf.all().length).toBeLessThanOrEqual(101);
});
