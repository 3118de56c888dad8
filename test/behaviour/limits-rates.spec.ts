import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { Refused } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { startPostgres } from '../support/postgres.js';
import { freePort, PrivateRedis } from '../support/redis.js';

const chooses = (app: TestApp, userId: string) =>
  fetch(`${app.url}/api/user/custom-status`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${app.token(userId)}`, 'content-type': 'application/json' },
    body: '{"customStatus":"IDLE"}',
  });
const sees = (app: TestApp, userId: string) =>
  fetch(`${app.url}/api/v1/users/ben/status`, { headers: { authorization: `Bearer ${app.token(userId)}` } });

async function many(count: number, work: () => Promise<Response>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (let at = 0; at < count; at += 20) {
    const answers = await Promise.all(Array.from({ length: Math.min(20, count - at) }, work));
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe('somebody who asks for too much', () => {
  let app: TestApp;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    app = await TestApp.start({ GRPC_PORT: String(port) });
    await app.befriend('ann', 'ben', 'cleo', 'dan', 'eve');
  });
  afterAll(() => app.stop());

  it('changes sixty things a minute, over whichever wire', async () => {
    expect(await many(60, () => chooses(app, 'ann'))).toEqual({ 200: 60 });
    const refused = await chooses(app, 'ann');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ success: false, error: { code: 'RATE_LIMITED' } });

    const error = await graphql
      .calls(app, 'ann')
      .setPrivacy({ typing: false })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refused);
    const { extensions } =
      (JSON.parse((error as Refused).body) as { errors: { extensions: object }[] }).errors[0] ?? {};
    expect(extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) as number });

    const client = new GrpcClient(port, app.token('ann'));
    expect(await client.call('SetUserStatus', { user_id: 'ann', status: 'AWAY' })).toMatchObject({
      code: 8,
      error: { code: 'RATE_LIMITED', details: { retryAfterMs: expect.stringMatching(/^\d+$/) as string } },
    });
    client.close();
    // Nobody pays for somebody else, and reading is counted by itself.
    expect((await chooses(app, 'ben')).status).toBe(200);
    expect((await sees(app, 'ann')).status).toBe(200);
  });

  it('asks six hundred times a minute', async () => {
    expect(await many(602, () => sees(app, 'cleo'))).toEqual({ 200: 600, 429: 2 });
  });

  it('may beat as often as wanted; what is too much is answered and does nothing', async () => {
    const calls = graphql.calls(app, 'dan');
    const holds = vi.spyOn(app.nest.get(Engine).presence, 'hold');
    for (let i = 0; i < 63; i += 1) {
      expect(await calls.heartbeat()).toMatchObject({ success: true, presence: { status: 'ONLINE' } });
    }
    expect(holds).toHaveBeenCalledTimes(60);
    await calls.heartbeat({ deviceId: 'phone' });
    expect(holds).toHaveBeenCalledTimes(61);
    const device = await graphql.connect(app, 'dan', {});
    holds.mockClear();
    for (let i = 0; i < 63; i += 1) await device.heartbeat();
    expect(holds).toHaveBeenCalledTimes(60);
    await device.leave();
  });

  it('is not counted where limits are off', async () => {
    const free = await TestApp.start({ RATE_LIMITS: 'off', DATABASE_URL: app.databaseUrl });
    expect(await many(70, () => chooses(free, 'eve'))).toEqual({ 200: 70 });
    await free.stop();
  });
});

describe('two instances over one Redis', () => {
  it('count together, and each for itself while Redis is away', async () => {
    const [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
    const settings = { REDIS_URL: redis.url, DATABASE_URL: database.url };
    const one = await TestApp.start(settings);
    const other = await TestApp.start(settings);
    await one.befriend('ann', 'ben');
    expect(await many(30, () => chooses(one, 'ann'))).toEqual({ 200: 30 });
    expect(await many(30, () => chooses(other, 'ann'))).toEqual({ 200: 30 });
    expect((await chooses(one, 'ann')).status).toBe(429);
    expect((await chooses(other, 'ann')).status).toBe(429);
    await redis.kill();
    // Presence cannot be had; that is what is said, not that anybody asked too often.
    await vi.waitFor(async () => expect((await sees(one, 'ann')).status).toBe(503), { timeout: 5000 });
    expect((await chooses(one, 'ben')).status).toBe(503);
    await Promise.all([one.stop(), other.stop()]);
    await redis.stop();
    await database.drop();
  });
});
