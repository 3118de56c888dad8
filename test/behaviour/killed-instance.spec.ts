import { afterAll, beforeAll, expect, it } from 'vitest';
import type { View } from '../drivers/driver.js';
import type { Recording } from '../drivers/recording.js';
import { Instance } from '../support/instances.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { PrivateRedis } from '../support/redis.js';
import { moment } from '../support/stages.js';

const GONE_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 10_000;
/** How far a last seen may be from the last sign of life of the instance. */
const LAST_SIGN_MS = 2000;

let redis: PrivateRedis;
let database: TestDatabase;
let instances: Instance[];

beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  const shared = { REDIS_URL: redis.url, DATABASE_URL: database.url };
  // With the settings that everybody has who sets nothing.
  instances = [await Instance.start(shared), await Instance.start(shared)];
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.clear()));
  await redis.stop();
  await database.drop();
});

it('when an instance is killed, whoever does not return goes once and in time, and nobody else is seen to move', async () => {
  const [doomed, other] = instances as [Instance, Instance];
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}-${i}`);
  const [lost, back, double, elsewhere] = [
    names('lost', 10),
    names('back', 5),
    names('double', 3),
    names('elsewhere', 3),
  ];
  for (const id of [...lost, ...back, ...double]) await (await doomed.joins(id)).opens({ platform: 'WEB' });
  for (const id of double) await other.knows(id).opens({ platform: 'WEB' });
  for (const id of elsewhere) await (await other.joins(id)).opens({ platform: 'WEB' });

  const all = [...lost, ...back, ...double, ...elsewhere];
  const watchers: Recording<View>[] = [];
  for (const id of ['alice', 'carol']) {
    const seen = (await (await other.joins(id)).looksOn()).watch({ userIds: all, snapshot: true });
    for (const _ of all) expect((await seen.next(5000)).view.status).toBe('ONLINE');
    watchers.push(seen);
  }

  const killedAt = performance.now();
  const killed = Date.now();
  await doomed.kill();
  for (const id of back) await other.knows(id).opens({ platform: 'WEB' });
  expect(performance.now() - killedAt).toBeLessThan(BACK_WITHIN_MS);

  for (const seen of watchers) {
    const gone = new Map<string, View>();
    while (gone.size < lost.length) {
      const { view, at } = await seen.next(killedAt + GONE_WITHIN_MS - performance.now());
      expect(at - killedAt).toBeLessThan(GONE_WITHIN_MS);
      expect([view.userId, view.status, gone.has(view.userId)]).toEqual([view.userId, 'OFFLINE', false]);
      expect(Math.abs(moment(view.lastSeen) - killed)).toBeLessThan(LAST_SIGN_MS + 100);
      gone.set(view.userId, view);
    }
    expect([...gone.keys()].sort()).toEqual([...lost].sort());
  }
  for (const [i, seen] of watchers.entries()) await seen.quiet(i === 0 ? 3000 : 0);
}, 60_000);
