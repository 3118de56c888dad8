import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Addresses } from '../../src/transports/addresses.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { IoClient } from '../support/io.js';
import { PlainClient } from '../support/plain.js';
import { freePort } from '../support/redis.js';

let app: TestApp;
let port: number;
beforeAll(async () => {
  port = await freePort();
  app = await TestApp.start({
    GRPC_PORT: String(port),
    MAX_CONNECTIONS_PER_ADDRESS: '4',
    MAX_CONNECTIONS_PER_USER: '3',
  });
  await app.befriend('ann', 'ben');
});
afterAll(() => app.stop());

describe('one address', () => {
  it('has so many connections over all wires together, and calls go on', async () => {
    const grpc = new GrpcClient(port, app.token('ann'));
    const stream = grpc.subscribe({});
    await stream.next(3000);
    const plain = await PlainClient.of(app, 'ann');
    const polls = new IoClient(app.url, { token: app.token('ben') }, { transports: ['polling'] });
    expect(await polls.opened).toBe('connected');
    const upgraded = new IoClient(app.url, { token: app.token('ben') }, { transports: ['polling', 'websocket'] });
    expect(await upgraded.opened).toBe('connected');

    expect(await grpc.subscribe({}).failure).toMatchObject({ code: 8, error: { code: 'RATE_LIMITED' } });
    const refused = new PlainClient(app.wsUrl, `token=${app.token('ben')}`);
    const status = await new Promise((resolve) =>
      refused.ws.on('unexpected-response', (_, { statusCode, headers }) =>
        resolve([statusCode, Number(headers['retry-after']) > 0]),
      ),
    );
    expect(status).toEqual([503, true]);
    const handshake = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
    expect([handshake.status, Number(handshake.headers.get('retry-after')) > 0]).toEqual([503, true]);
    // What holds no connection is not counted.
    expect(await grpc.call('GetUserStatus', { user_id: 'ben' })).toMatchObject({ success: true });
    const other = new GrpcClient(port, app.token('ben'));
    expect(await other.call('GetUserStatus', { user_id: 'ann' })).toMatchObject({ success: true });

    plain.ws.close();
    await vi.waitFor(
      async () => {
        const again = new PlainClient(app.wsUrl, `token=${app.token('ben')}`);
        const refused = again.closed.then((how) => Promise.reject(new Error(how)));
        await Promise.race([again.of('ready', 5000), refused]);
        refused.catch(() => {});
        again.ws.close();
      },
      { timeout: 10_000 },
    );
    for (const client of [stream, polls, upgraded]) client.close();
    grpc.close();
    other.close();
  });

  it('gives back every place, however its connections ended', async () => {
    const addresses = app.nest.get(Addresses);
    await vi.waitFor(() => {
      const leaves = Array.from({ length: 4 }, () => addresses.enter('127.0.0.1'));
      const full = addresses.full('127.0.0.1');
      leaves[0]?.();
      const room = !addresses.full('127.0.0.1');
      for (const leave of leaves) leave();
      expect([full, room]).toEqual([true, true]);
    }, 5000);
  });

  it('and one user have their own limits, over all wires together', async () => {
    const plain = await PlainClient.of(app, 'ann');
    const io = new IoClient(app.url, { token: app.token('ann') });
    expect(await io.opened).toBe('connected');
    const grpc = new GrpcClient(port, app.token('ann'));
    const stream = grpc.subscribe({});
    await stream.next(3000);
    expect(await new PlainClient(app.wsUrl, `token=${app.token('ann')}`).closed).toBe('1013 too many connections');
    for (const client of [plain, io, stream]) client.close();
    grpc.close();
  });
});
