import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../support/app.js';
import { behindProxy, startPostgres, type TestDatabase } from '../support/postgres.js';
import type { Proxy } from '../support/proxy.js';

/** What is refused at once takes no longer, on a busy machine and many together; whoever waits, waits longer. */
const AT_ONCE_MS = 450;
const CROWD = 30;
/** Of a crowd, how many may be sent to see whether the store is back. */
const SCOUTS = 2;

let database: TestDatabase;
let proxy: Proxy;
let app: TestApp;
beforeAll(async () => {
  database = await startPostgres();
  const behind = await behindProxy(database);
  proxy = behind.proxy;
  app = await TestApp.start({ DATABASE_URL: behind.url, RATE_LIMITS: 'off' });
  await app.befriend('ann', 'ben');
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
  await database.drop();
});

interface Answered {
  readonly status: number;
  readonly ms: number;
}

async function choose(): Promise<Answered> {
  const began = performance.now();
  const answer = await fetch(`${app.url}/api/user/custom-status`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${app.token('ann')}`, 'content-type': 'application/json' },
    body: '{"customStatus":"IDLE"}',
  });
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - began };
}

const crowd = () => Promise.all(Array.from({ length: CROWD }, choose));

describe('a Postgres that takes what is asked and answers nothing', () => {
  it(
    'is waited for by the first, and by hardly anybody after them, until it answers again',
    { timeout: 60_000 },
    async () => {
      expect((await choose()).status).toBe(200);
      proxy.set('hang');
      const first = await crowd();
      expect(new Set(first.map(({ status }) => status))).toEqual(new Set([503]));
      expect(Math.max(...first.map(({ ms }) => ms))).toBeGreaterThan(AT_ONCE_MS);

      const later = await crowd();
      expect(new Set(later.map(({ status }) => status))).toEqual(new Set([503]));
      expect(later.filter(({ ms }) => ms > AT_ONCE_MS).length).toBeLessThanOrEqual(SCOUTS);

      proxy.set('pass');
      await vi.waitFor(async () => expect((await choose()).status).toBe(200), { timeout: 15_000, interval: 50 });
      expect(new Set((await crowd()).map(({ status }) => status))).toEqual(new Set([200]));
    },
  );
});
