import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock } from '../../src/kernel/clock.js';
import { ManualClock } from '../contract/manual.clock.js';
import { instanceOn, theRedis, untilReal } from '../contract/redis.world.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { House } from './house.js';

const ANN = { id: 'ann', username: 'ann', displayName: 'ann', avatarUrl: null };
const POLLED_MS = 1200;
const FORGOTTEN_MS = 1100;

let postgres: TestDatabase;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.drop());

it('somebody new under the id of somebody deleted is left alone by an instance that hears of the deletion late', async () => {
  const redis = await theRedis();
  const leaseMs = 60_000;
  const one = await instanceOn(redis, { leaseMs });
  const two = await instanceOn(redis, { leaseMs, instanceId: 'two' });
  const here = await House.open(postgres.url, one.engine, new SystemClock());
  // Its time is turned by hand, and no message reaches it: it hears of nothing until it looks.
  const clock = new ManualClock();
  const there = await House.open(postgres.url, two.engine, clock, null);
  const caller = { userId: 'ann', expiresAt: Infinity };
  const opening = (connectionId: string) => ({ connectionId, deviceId: null, platform: 'WEB', active: true }) as const;
  await here.kernel.directory.putUser(ANN);
  await clock.turn(POLLED_MS);
  await here.holds.connected({ ...caller, connectionId: 'old' }, opening('old'));
  await here.presence.setCustomStatus(caller, { status: 'DO_NOT_DISTURB' });

  const told: (string | null)[] = [];
  one.engine.presence.onTruth((_userId, truth) => told.push(truth?.status ?? null));
  await one.engine.presence.watch(['ann']);
  await here.kernel.directory.deleteUser('ann');
  await here.kernel.directory.putUser(ANN);
  await here.holds.connected({ ...caller, connectionId: 'new' }, opening('new'));
  await here.presence.heartbeat(caller, { deviceId: 'phone' });
  await untilReal(() => told.includes('ONLINE'), 2000);

  const heard: string[] = [];
  there.kernel.changes.on((change) => heard.push(change.kind));
  await clock.turn(POLLED_MS);
  await untilReal(() => heard.includes('userDeleted'), 3000);
  const wiped = untilReal(() => told.lastIndexOf(null) > told.indexOf('ONLINE'), 700).then(
    () => true,
    () => false,
  );
  await clock.turn(FORGOTTEN_MS);
  expect(await wiped).toBe(false);
  const holders = await one.engine.presence.holders('ann');
  expect(holders.map(({ id }) => id)).toEqual(['new', 'phone']);
  await Promise.all([here.kill(), there.kill()]);
});
