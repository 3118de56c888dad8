import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../support/app.js';
import { behindProxy, startPostgres, type TestDatabase } from '../support/postgres.js';
import { Proxy } from '../support/proxy.js';
import { PrivateRedis } from '../support/redis.js';

/** What is refused at once takes no longer, on a busy machine and many together; whoever waits, waits longer. */
const AT_ONCE_MS = 450;
const CROWD = 30;
/** By when it is known. For Redis: before a silent connection is given up, after which nobody waits anyway. */
const KNOWN_MS = { Redis: 4500, Postgres: 15_000 };
/** Of a crowd, how many may be sent to see whether the store is back. */
const SCOUTS = 2;

let redis: PrivateRedis;
let database: TestDatabase;
let proxies: { readonly Redis: Proxy; readonly Postgres: Proxy };
let app: TestApp;
beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  const postgres = await behindProxy(database);
  proxies = { Redis: await Proxy.start({ port: redis.port, host: '127.0.0.1' }), Postgres: postgres.proxy };
  app = await TestApp.start({
    REDIS_URL: `redis://127.0.0.1:${proxies.Redis.port}`,
    DATABASE_URL: postgres.url,
    RATE_LIMITS: 'off',
  });
  await app.befriend('ann', 'ben');
});
afterAll(async () => {
  await app.stop();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  await Promise.all([redis.stop(), database.drop()]);
});
afterEach(() => {
  for (const proxy of Object.values(proxies)) proxy.set('pass');
});

interface Answered {
  readonly status: number;
  readonly ms: number;
}

async function ask(method: string, path: string, body?: object): Promise<Answered> {
  const began = performance.now();
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${app.token('ann')}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - began };
}

const crowd = (one: () => Promise<Answered>) => Promise.all(Array.from({ length: CROWD }, one));
const statusesOf = (crowd: readonly Answered[]) => [...new Set(crowd.map(({ status }) => status))];

describe.each([
  ['Redis', 'GET', '/api/v1/users/ben/status', undefined],
  ['Postgres', 'PUT', '/api/user/custom-status', { customStatus: 'IDLE' }],
] as const)('a %s that takes what is asked and answers nothing', (store, method, path, body) => {
  const one = () => ask(method, path, body);

  it(
    'is waited for by the first, and by hardly anybody after them, until it answers again',
    { timeout: 60_000 },
    async () => {
      expect((await one()).status).toBe(200);
      const hungAt = performance.now();
      proxies[store].set('hang');
      const first = await crowd(one);
      expect(statusesOf(first)).toEqual([503]);
      expect(Math.max(...first.map(({ ms }) => ms))).toBeGreaterThan(AT_ONCE_MS);

      // Readings travel together, so that all of a crowd may be one who waits: it takes a few.
      await vi.waitFor(
        async () => {
          const later = await crowd(one);
          expect(statusesOf(later)).toEqual([503]);
          expect(later.filter(({ ms }) => ms > AT_ONCE_MS).length).toBeLessThanOrEqual(SCOUTS);
        },
        { timeout: hungAt + KNOWN_MS[store] - performance.now(), interval: 10 },
      );

      proxies[store].set('pass');
      await vi.waitFor(async () => expect((await one()).status).toBe(200), { timeout: 15_000, interval: 50 });
      expect(statusesOf(await crowd(one))).toEqual([200]);
    },
  );
});
