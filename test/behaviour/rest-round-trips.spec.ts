import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../support/app.js';
import { behindProxy, startPostgres, type TestDatabase } from '../support/postgres.js';
import { Proxy } from '../support/proxy.js';
import { PrivateRedis } from '../support/redis.js';
import { statementsIn } from '../support/statements.js';

const ASKED = 500;

let redis: PrivateRedis;
let database: TestDatabase;
let proxies: readonly [redis: Proxy, postgres: Proxy];
let app: TestApp;
const ids = Array.from({ length: ASKED }, (_, i) => `asked-${i}`);

beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  const postgres = await behindProxy(database);
  proxies = [await Proxy.start({ port: redis.port, host: '127.0.0.1' }), postgres.proxy];
  app = await TestApp.start({
    REDIS_URL: `redis://127.0.0.1:${proxies[0].port}`,
    DATABASE_URL: postgres.url,
    // Counting calls is a conversation of its own with Redis.
    RATE_LIMITS: 'off',
  });
  await app.know('ann');
  const people = ids.map((id) => JSON.stringify({ user: { id, username: id, displayName: id } }));
  const headers = { 'x-secret-token': app.config.serviceToken ?? '', 'content-type': 'application/x-ndjson' };
  await fetch(`${app.url}/api/internal/import`, { method: 'POST', headers, body: people.join('\n') });
});
afterAll(async () => {
  await app.stop();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await redis.stop();
  await database.drop();
});

async function online(id: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.token(id)}` };
  await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: '{"query":"mutation{heartbeat{success}}"}' });
}

async function ask(): Promise<{ data: { is_online: boolean }[] }> {
  const answer = await fetch(`${app.url}/api/v1/users/status?user_ids=${ids.join(',')}`, {
    headers: { authorization: `Bearer ${app.token('ann')}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { data: { is_online: boolean }[] };
}

describe('somebody who asks over REST about five hundred people', () => {
  it('costs one way to Redis and back, and one question to Postgres at most', { timeout: 60_000 }, async () => {
    for (const id of ids.slice(0, 100)) await online(id);
    expect((await ask()).data.filter(({ is_online }) => is_online)).toHaveLength(100);

    // What instances do by themselves now and then goes the same way: then it is asked again.
    await vi.waitFor(async () => {
      const toRedis: ('asks' | 'hears')[] = [];
      const toPostgres: string[] = [];
      proxies[0].judge((bytes, toUs) => {
        if (toUs || bytes.includes('asked-')) toRedis.push(toUs ? 'hears' : 'asks');
        return true;
      });
      proxies[1].judge((bytes, toUs) => {
        if (!toUs) toPostgres.push(...statementsIn(bytes).filter((text) => !/\bchanges\b/.test(text)));
        return true;
      });
      const { data } = await ask();
      for (const proxy of proxies) proxy.judge(null);
      expect(data.filter(({ is_online }) => is_online)).toHaveLength(100);
      // Whatever the number of shards and of packets: nothing is asked after the first answer.
      const turns = toRedis.filter((what, i) => what !== toRedis[i - 1]);
      expect(turns).toEqual(['asks', 'hears']);
      expect(toPostgres.length).toBeLessThanOrEqual(1);
    }, 20_000);
  });
});
