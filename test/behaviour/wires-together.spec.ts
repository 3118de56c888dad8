import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { IoClient } from '../support/io.js';
import { PlainClient } from '../support/plain.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { freePort, PrivateRedis } from '../support/redis.js';

/** What the contract promises for being seen, and some for a machine that has much to do. */
const SEEN_MS = 1000;
const AWAY_MS = 10_000;

let redis: PrivateRedis;
let database: TestDatabase;
let here: TestApp;
let there: TestApp;
let port: number;
beforeAll(async () => {
  [redis, database, port] = await Promise.all([PrivateRedis.start(), startPostgres(), freePort()]);
  const settings = { REDIS_URL: redis.url, DATABASE_URL: database.url, LEAVE_GRACE_MS: '300', RATE_LIMITS: 'off' };
  here = await TestApp.start(settings);
  there = await TestApp.start({ ...settings, GRPC_PORT: String(port) });
  await here.befriend('ann', 'ben');
  await here.gather('lobby', 'ann', 'ben');
});
afterAll(async () => {
  await Promise.all([here.stop(), there.stop()]);
  await redis.stop();
  await database.drop();
});

const put = (path: string, body: object) =>
  fetch(`${here.url}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${here.token('ann')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('somebody who uses every wire of one instance', () => {
  let ben: Device;
  let grpc: GrpcClient;
  beforeAll(async () => {
    ben = await graphql.connect(there, 'ben', { presence: false });
    grpc = new GrpcClient(port, there.token('ben'));
  });
  afterAll(async () => {
    grpc.close();
    await ben.leave();
  });

  it('is seen on each wire of another within a second', async () => {
    const seen = ben.watch({ userIds: ['ann'], snapshot: true });
    const typed = ben.watchTyping('lobby');
    const stream = grpc.subscribe({ watch_user_ids: ['ann'] }, { presence: 'false' });
    const plain = await PlainClient.of(there, 'ben', '&presence=false');
    const io = new IoClient(there.url, { token: there.token('ben'), presence: false });
    expect(await io.opened).toBe('connected');
    await io.ask('authenticate', { token: there.token('ben') });
    await Promise.all([seen.next(5000), stream.next(5000)]);

    const ann = new IoClient(here.url, { token: here.token('ann') });
    expect(await ann.opened).toBe('connected');
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ userId: 'ann', status: 'ONLINE' });
    expect((await stream.next(SEEN_MS)).view).toMatchObject({ user_id: 'ann', status: 'ONLINE' });
    expect((await plain.next(SEEN_MS)).view).toMatchObject({ data: { user_id: 'ann', status: 'online' } });
    expect((await io.next(SEEN_MS)).view).toEqual({ event: 'user_online', data: { userId: 'ann' } });

    await put('/api/user/custom-status', { customStatus: 'DO_NOT_DISTURB' });
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ status: 'DO_NOT_DISTURB' });
    expect((await stream.next(SEEN_MS)).view).toMatchObject({ status: 'DO_NOT_DISTURB' });
    expect((await plain.next(SEEN_MS)).view).toMatchObject({ data: { status: 'dnd' } });

    const typist = await PlainClient.of(here, 'ann', '&presence=false');
    typist.say('typing_start', { conversation_id: 'lobby' });
    expect((await typed.next(SEEN_MS)).view).toMatchObject({ userId: 'ann', isTyping: true });
    expect(await plain.of('user_typing', SEEN_MS)).toMatchObject({ data: { user_id: 'ann', is_typing: true } });
    expect(await io.of('user_typing', SEEN_MS)).toMatchObject({ userId: 'ann', isTyping: true });
    typist.ws.close();
    expect((await typed.next(SEEN_MS)).view).toMatchObject({ isTyping: false });

    await put('/api/v1/users/me/privacy', { show_last_seen: false });
    ann.socket.disconnect();
    const gone = 300 + 2 * SEEN_MS;
    expect((await seen.until(({ status }) => status === 'OFFLINE', gone)).view).toMatchObject({ lastSeen: null });
    expect((await stream.until(({ status }) => status === 'OFFLINE', gone)).view).toEqual({
      user_id: 'ann',
      status: 'OFFLINE',
      timestamp: 0,
    });
    expect((await plain.until(({ data }) => data?.['status'] === 'offline', gone)).view.data).toEqual({
      user_id: 'ann',
      status: 'offline',
    });
    expect(await io.of('user_offline', gone)).toEqual({ userId: 'ann' });
    for (const recording of [seen, typed, stream, plain, io]) recording.close();
  });

  it('is told on each wire that Redis is away, and told again when it is back', async () => {
    const stayed = await PlainClient.of(there, 'ben', '&presence=false');
    await redis.kill();
    await until503();
    expect(await grpc.call('GetUserStatus', { user_id: 'ann' })).toMatchObject({
      code: 14,
      error: { code: 'REDIS_ERROR' },
    });
    expect(await grpc.subscribe({}).failure).toMatchObject({ code: 14, error: { code: 'REDIS_ERROR' } });
    stayed.say('heartbeat');
    stayed.say('watch', { user_ids: ['sam'] });
    expect(await stayed.of('error', AWAY_MS)).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } });
    // Opened meanwhile: let in, and told what cannot be.
    const late = await PlainClient.of(there, 'ben', '&presence=false');
    expect(await late.of('error', AWAY_MS)).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } });
    const io = new IoClient(there.url, { token: there.token('ben'), presence: false });
    expect(await io.of('presence_error', AWAY_MS)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await io.socket.timeout(AWAY_MS).emitWithAck('get_online_users')).toMatchObject({
      success: false,
      error: { code: 'SERVICE_UNAVAILABLE' },
    });
    await redis.run();
    const ann = await PlainClient.of(here, 'ann');
    for (const client of [stayed, late]) {
      await client.until(({ data }) => data?.['user_id'] === 'ann' && data['status'] !== 'offline', 20_000);
    }
    await io.until(({ event }) => event === 'user_online', 20_000);
    for (const client of [stayed, late, ann, io]) client.close();
  }, 90_000);
});

async function until503(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${there.url}/api/v1/users/ann/status`, {
      headers: { authorization: `Bearer ${there.token('ben')}` },
    });
    if (answer.status === 503) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ success: false, error: { code: 'SERVICE_UNAVAILABLE' } });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Redis is still there');
}
