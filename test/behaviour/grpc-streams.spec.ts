import { connect } from 'node:http2';
import { afterEach, beforeAll, afterAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { Holds } from '../../src/presence/holds.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { freePort } from '../support/redis.js';

let app: TestApp;
let port: number;
const clients: GrpcClient[] = [];
beforeAll(async () => {
  port = await freePort();
  app = await TestApp.start({
    GRPC_PORT: String(port),
    LEAVE_GRACE_MS: '0',
    OFFLINE_GRACE_MS: '600',
    MAX_CONNECTIONS_PER_USER: '3',
    RATE_LIMITS: 'off',
  });
  await app.befriend('ann', 'ben', 'cleo');
  await app.know('tess');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.restoreAllMocks();
});
afterAll(() => app.stop());

function client(userId: string, seconds?: number): GrpcClient {
  const made = new GrpcClient(port, app.token(userId, seconds));
  clients.push(made);
  return made;
}
const offline = (user_id: string) => ({ user_id, status: 'OFFLINE', timestamp: 0 });
const until = (userId: string, status: string) =>
  vi.waitFor(async () => expect((await graphql.calls(app, 'ben').see(userId)).status).toBe(status), { timeout: 5000 });

const departuresOf = (told: MockInstance<Holds['disconnected']>, userId: string) =>
  told.mock.calls.filter(([caller]) => caller.userId === userId).map(([, , departure]) => departure);

describe('somebody who subscribes over gRPC', () => {
  it('is told of each contact first, and then of every change', async () => {
    const stream = client('ann').subscribe({});
    expect((await stream.next(3000)).view).toEqual(offline('ben'));
    expect((await stream.next(3000)).view).toEqual(offline('cleo'));
    await graphql.calls(app, 'ben').heartbeat();
    const { view } = await stream.next(1000);
    expect(view).toEqual({
      user_id: 'ben',
      status: 'ONLINE',
      timestamp: expect.closeTo(Date.now() / 1000, -1) as number,
    });
    await graphql.calls(app, 'ben').goOffline();
    expect((await stream.next(2000)).view).toMatchObject({ user_id: 'ben', status: 'OFFLINE' });
    stream.close();
  });

  it('may name whom to watch, strangers too; who does not exist is not told of', async () => {
    const stream = client('ann').subscribe({ user_id: 'ann', watch_user_ids: ['ghost', 'tess'] });
    expect((await stream.next(3000)).view).toEqual(offline('tess'));
    await stream.quiet(100);
    stream.close();
  });

  it('is online by it, and gone when it is cancelled', async () => {
    const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
    const stream = client('cleo').subscribe({});
    await stream.next(3000);
    await until('cleo', 'ONLINE');
    stream.close();
    await until('cleo', 'OFFLINE');
    expect(departuresOf(told, 'cleo')).toEqual(['clean']);
  });

  it('is lost when the connection breaks, and has a while to come back', async () => {
    const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const call = session.request({
      ':method': 'POST',
      ':path': '/users.status.UserStatusService/SubscribeStatusUpdates',
      'content-type': 'application/grpc',
      authorization: `Bearer ${app.token('cleo')}`,
      te: 'trailers',
    });
    call.on('error', () => {});
    call.end(Buffer.from([0, 0, 0, 0, 0]));
    await until('cleo', 'ONLINE');
    session.socket.destroy();
    await vi.waitFor(() => expect(departuresOf(told, 'cleo')).toEqual(['abrupt']));
    expect((await graphql.calls(app, 'ben').see('cleo')).status).toBe('ONLINE');
    await until('cleo', 'OFFLINE');
  });

  it('does not count with presence: false, and is the device it says it is', async () => {
    const looking = client('cleo').subscribe({}, { presence: 'false' });
    await looking.next(3000);
    expect((await graphql.calls(app, 'ben').see('cleo')).status).toBe('OFFLINE');
    const phone = client('cleo').subscribe({}, { platform: 'MOBILE', 'device-id': 'phone' });
    await phone.next(3000);
    await until('cleo', 'ONLINE');
    expect((await graphql.calls(app, 'cleo').me()).connections).toMatchObject([{ platform: 'MOBILE' }]);
    await graphql.calls(app, 'cleo').goOffline('phone');
    await until('cleo', 'OFFLINE');
    looking.close();
    phone.close();
  });

  it.each<[string, object, Record<string, string>, number, string]>([
    ['somebody else', { user_id: 'ben' }, {}, 7, 'UNAUTHORIZED'],
    ['an id that is none', { watch_user_ids: ['a b'] }, {}, 3, 'UNKNOWN_ERROR'],
    ['1001 ids', { watch_user_ids: Array.from({ length: 1001 }, (_, i) => `u${i}`) }, {}, 3, 'UNKNOWN_ERROR'],
    ['a device id that is none', {}, { 'device-id': 'a b' }, 3, 'UNKNOWN_ERROR'],
  ])('is refused %s', async (_what, request, headers, code, error) => {
    expect(await client('ann').subscribe(request, headers).failure).toMatchObject({ code, error: { code: error } });
    expect((await graphql.calls(app, 'ben').see('ann')).status).toBe('OFFLINE');
  });

  it('has as many as a user may have, and again when one has ended', async () => {
    const open = await Promise.all(
      [1, 2, 3].map(async () => {
        const stream = client('ann').subscribe({}, { presence: 'false' });
        await stream.next(3000);
        return stream;
      }),
    );
    expect(await client('ann').subscribe({}).failure).toMatchObject({ code: 8, error: { code: 'RATE_LIMITED' } });
    open[0]?.close();
    await vi.waitFor(async () => {
      const again = client('ann').subscribe({}, { presence: 'false' });
      await again.next(1000);
      again.close();
    });
    for (const stream of open) stream.close();
  });

  it('ends with the token', async () => {
    // Five seconds for clocks that differ, of which four are over.
    const stream = client('ann', -4).subscribe({}, { presence: 'false' });
    await stream.next(3000);
    expect(await stream.failure).toMatchObject({ code: 16, error: { code: 'UNAUTHORIZED' } });
  });

  it('ends with the user', async () => {
    await app.befriend('ann', 'gone');
    const stream = client('gone').subscribe({});
    await stream.next(3000);
    await app.nest.get(Directory).deleteUser('gone');
    expect(await stream.failure).toMatchObject({ code: 16, error: { code: 'UNAUTHORIZED' } });
  });
});

describe('an instance that stops', () => {
  it('sends its streams elsewhere, and nobody is seen to go', async () => {
    const place = await freePort();
    const other = await TestApp.start({ GRPC_PORT: String(place), DATABASE_URL: app.databaseUrl });
    const made = new GrpcClient(place, app.token('ann'));
    const stream = made.subscribe({});
    await stream.next(3000);
    const began = performance.now();
    await other.stop();
    expect(await stream.failure).toMatchObject({ code: 14, error: { code: 'UNKNOWN_ERROR' } });
    expect(performance.now() - began).toBeLessThan(8000);
    made.close();
  });
});
