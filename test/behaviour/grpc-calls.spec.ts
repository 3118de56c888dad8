import { connect, type IncomingHttpHeaders } from 'node:http2';
import { credentials, type Client, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthPath } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { freePort } from '../support/redis.js';

let app: TestApp;
let port: number;
let ann: GrpcClient;
beforeAll(async () => {
  port = await freePort();
  app = await TestApp.start({ GRPC_PORT: String(port) });
  await app.befriend('ann', 'ben', 'cleo');
  ann = new GrpcClient(port, app.token('ann'));
});
afterAll(async () => {
  ann.close();
  await app.stop();
});

const SECONDS = expect.closeTo(Date.now() / 1000, -2) as number;
const failure = (code: number, error: string) => ({
  code,
  details: expect.any(String) as string,
  error: { code: error, message: expect.any(String) as string, details: {} },
});

describe('somebody who calls over gRPC', () => {
  it('is told of one person, with these numbers', async () => {
    await graphql.calls(app, 'ben').heartbeat();
    expect(await ann.call('GetUserStatus', { user_id: 'ben' })).toEqual({
      success: true,
      data: { user_id: 'ben', status: 'ONLINE', last_seen: SECONDS, timestamp: SECONDS },
    });
    expect(await ann.call('GetUserStatus', { user_id: 'cleo' })).toEqual({
      success: true,
      data: { user_id: 'cleo', status: 'OFFLINE', last_seen: 0, timestamp: 0 },
    });
  });

  it('is told of many in the order asked, without those who do not exist', async () => {
    expect(await ann.call('GetMultipleUserStatus', { user_ids: ['cleo', 'ghost', 'ben'] })).toMatchObject({
      success: true,
      data: [{ user_id: 'cleo' }, { user_id: 'ben' }],
    });
  });

  it('holds a lease by heartbeats, and leaves with OFFLINE', async () => {
    expect(await ann.call('SendHeartbeat', { user_id: 'ann' }, { 'device-id': 'phone', platform: 'MOBILE' })).toEqual({
      success: true,
      next_heartbeat_in_seconds: 15,
    });
    const me = await graphql.calls(app, 'ann').me();
    expect(me.connections).toMatchObject([{ id: 'phone', platform: 'MOBILE' }]);
    expect(await ann.call('SetUserStatus', { user_id: 'ann', status: 'OFFLINE' })).toMatchObject({
      success: true,
      message: expect.any(String) as string,
      data: { user_id: 'ann', status: 'OFFLINE' },
    });
    expect((await graphql.calls(app, 'ann').me()).connections).toEqual([]);
  });

  it.each([
    ['AWAY', 'IDLE'],
    ['DO_NOT_DISTURB', 'DO_NOT_DISTURB'],
    ['ONLINE', 'ONLINE'],
  ])('chooses %s', async (status, chosen) => {
    await ann.call('SendHeartbeat', { user_id: 'ann' });
    expect(await ann.call('SetUserStatus', { user_id: 'ann', status })).toMatchObject({ data: { status } });
    expect((await graphql.calls(app, 'ann').me()).customStatus).toBe(chosen);
  });

  it.each<[string, string, object, number, string]>([
    ['nobody there', 'GetUserStatus', { user_id: 'ghost' }, 5, 'USER_NOT_FOUND'],
    ['an id that is none', 'GetUserStatus', { user_id: 'a b' }, 3, 'UNKNOWN_ERROR'],
    ['no id', 'GetUserStatus', {}, 3, 'UNKNOWN_ERROR'],
    ['one bad id', 'GetMultipleUserStatus', { user_ids: ['ben', ''] }, 3, 'UNKNOWN_ERROR'],
    ['501 ids', 'GetMultipleUserStatus', { user_ids: Array(501).fill('ben') }, 3, 'UNKNOWN_ERROR'],
    ['somebody else', 'SetUserStatus', { user_id: 'ben', status: 'ONLINE' }, 7, 'UNAUTHORIZED'],
    ['somebody else', 'SendHeartbeat', { user_id: 'ben' }, 7, 'UNAUTHORIZED'],
    ['the unknown status', 'SetUserStatus', { user_id: 'ann', status: 'UNKNOWN' }, 3, 'INVALID_STATUS'],
    ['a number that no status has', 'SetUserStatus', { user_id: 'ann', status: 9 }, 3, 'INVALID_STATUS'],
    ['too much', 'GetMultipleUserStatus', { user_ids: ['x'.repeat(256 * 1024)] }, 8, 'UNKNOWN_ERROR'],
  ])('is refused %s with %s', async (_what, method, request, code, error) => {
    expect(await ann.call(method, request)).toEqual(failure(code, error));
  });

  it('is refused without a good token', async () => {
    for (const token of [null, 'nonsense', app.token('ghost'), app.token('ann', -60)]) {
      const client = new GrpcClient(port, token);
      expect(await client.call('GetUserStatus', { user_id: 'ben' })).toEqual(failure(16, 'UNAUTHORIZED'));
      expect(await client.subscribe({}).failure).toEqual(failure(16, 'UNAUTHORIZED'));
      client.close();
    }
  });

  it('is refused bytes that are no message', async () => {
    const session = connect(`http://127.0.0.1:${port}`);
    const call = session.request({
      ':method': 'POST',
      ':path': '/users.status.UserStatusService/GetUserStatus',
      'content-type': 'application/grpc',
      authorization: `Bearer ${app.token('ann')}`,
      te: 'trailers',
    });
    call.end(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f]));
    const status = await new Promise((resolve) => {
      call
        .on('response', (headers) => resolve(headers['grpc-status']))
        .on('trailers', (trailers: IncomingHttpHeaders) => resolve(trailers['grpc-status']));
      call.resume();
    });
    expect(status).toBe('3');
    session.close();
  });
});

describe('whoever looks after the service', () => {
  it('asks the standard health service, without a token', async () => {
    const { grpc } = loadPackageDefinition(loadSync(healthPath, { enums: String, defaults: true })) as unknown as {
      grpc: { health: { v1: { Health: new (...given: unknown[]) => Client & Record<string, HealthCall> } } };
    };
    type HealthCall = (
      request: object,
      answer: (error: { code: number } | null, value: { status: string }) => void,
    ) => void;
    const client = new grpc.health.v1.Health(`127.0.0.1:${port}`, credentials.createInsecure());
    const check = (service: string) =>
      new Promise((resolve) => {
        client['check']?.call(client, { service }, (error, value) => resolve(error ? error.code : value.status));
      });
    expect(await check('')).toBe('SERVING');
    expect(await check('users.status.UserStatusService')).toBe('SERVING');
    expect(await check('somebody.else')).toBe(5);
    client.close();
  });

  it('is told in a sentence when the port is taken', async () => {
    const other = TestApp.start({ GRPC_PORT: String(port), DATABASE_URL: app.databaseUrl });
    await expect(other).rejects.toThrow(/^GRPC_PORT \d+ cannot be taken/);
  });
});
