import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { Engine } from '../../src/engine/engine.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ RATE_LIMITS: 'off' });
  await app.befriend('ann', 'ben', 'cleo');
  await app.know('sam', 'tess');
  await app.gather('lobby', 'ann', 'tess');
  for (const id of ['ben', 'tess', 'sam']) await graphql.calls(app, id).heartbeat();
});
afterAll(() => app.stop());

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const refusal = (status: number, code: string) => [
  status,
  { success: false, error: { code, message: expect.any(String) as string } },
];

const MANY = Array.from({ length: 501 }, (_, i) => `u${i}`).join(',');

interface Call {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function call(method: string, path: string, { as = 'ann', body, headers }: Call = {}): Promise<unknown[]> {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: {
      ...(as && { authorization: `Bearer ${app.token(as)}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

describe('somebody who asks over REST', () => {
  it('is told of one person, with exactly these fields', async () => {
    expect(await call('GET', '/api/v1/users/ben/status')).toEqual([
      200,
      { success: true, data: { user_id: 'ben', status: 'online', is_online: true, last_seen: TIME } },
    ]);
    expect(await call('GET', '/api/v1/users/cleo/status')).toEqual([
      200,
      { success: true, data: { user_id: 'cleo', status: 'offline', is_online: false } },
    ]);
  });

  it('is told of many in the order asked, and who of them does not exist', async () => {
    expect(await call('GET', '/api/v1/users/status?user_ids=cleo,ghost,ben')).toEqual([
      200,
      {
        success: true,
        data: [
          { user_id: 'cleo', status: 'offline', is_online: false },
          { user_id: 'ben', status: 'online', is_online: true, last_seen: TIME },
        ],
        not_found: ['ghost'],
      },
    ]);
  });

  it('is told who is around: contacts and fellow members, never oneself, never strangers', async () => {
    const person = (id: string) => ({ id, name: id, username: id, avatar: null, status: 'online' });
    const all = { success: true, data: [person('ben'), person('tess')], count: 2, timestamp: TIME };
    expect(await call('GET', '/api/online-users?excludeUserId=&countOnly=')).toEqual([200, all]);
    expect(await call('GET', '/api/online-users?excludeUserId=ben')).toEqual([
      200,
      { ...all, data: [person('tess')], count: 1 },
    ]);
    expect(await call('GET', '/api/online-users?countOnly=true')).toEqual([
      200,
      { success: true, count: 2, timestamp: TIME },
    ]);
    expect(await call('GET', '/users/online')).toEqual([
      200,
      {
        online_users: [
          { id: 'ben', username: 'ben' },
          { id: 'tess', username: 'tess' },
        ],
      },
    ]);
  });

  it('says away and dnd where GraphQL says IDLE and DO_NOT_DISTURB', async () => {
    await graphql.calls(app, 'cleo').heartbeat({ active: false });
    expect(await call('GET', '/api/v1/users/cleo/status')).toMatchObject([200, { data: { status: 'away' } }]);
    const [, chosen] = await call('PUT', '/api/user/custom-status', {
      as: 'cleo',
      body: { customStatus: 'DO_NOT_DISTURB' },
    });
    expect(chosen).toEqual({ success: true, customStatus: 'DO_NOT_DISTURB', status: 'DO_NOT_DISTURB' });
    expect(await call('GET', '/api/v1/users/cleo/status')).toMatchObject([
      200,
      { data: { status: 'dnd', is_online: true } },
    ]);
  });

  it('may choose a status while offline, and stays it', async () => {
    await app.know('zoe');
    expect(await call('PUT', '/api/user/custom-status', { as: 'zoe', body: { customStatus: 'IDLE' } })).toEqual([
      200,
      { success: true, customStatus: 'IDLE', status: 'OFFLINE' },
    ]);
  });

  it('hides and shows when they were last seen', async () => {
    const put = (body: unknown) => call('PUT', '/api/v1/users/me/privacy', { as: 'ben', body });
    const data = (shown: boolean) => [200, { success: true, data: { user_id: 'ben', show_last_seen: shown } }];
    expect(await put({ show_last_seen: false })).toEqual(data(false));
    expect((await call('GET', '/api/v1/users/ben/status'))[1]).toEqual({
      success: true,
      data: { user_id: 'ben', status: 'online', is_online: true },
    });
    expect(await put({})).toEqual(data(false));
    expect(await put({ show_last_seen: null })).toEqual(data(false));
    expect(await put({ show_last_seen: true })).toEqual(data(true));
  });

  it('is answered for five hundred people with one question to the engine and one to Postgres', async () => {
    const ids = Array.from({ length: 500 }, (_, i) => `many-${i}`);
    await app.know(...ids.slice(0, 5));
    const list = `/api/v1/users/status?user_ids=${ids.join(',')}`;
    await call('GET', list);
    const reads = vi.spyOn(app.nest.get(Engine).presence, 'read');
    const queries = vi.spyOn(app.nest.get(DataSource), 'query');
    const [status, answer] = await call('GET', list);
    // Others ask, too: each instance reads the changes once a second.
    const asked = queries.mock.calls.filter(([sql]) => sql.includes('p.subject_id'));
    expect([status, reads.mock.calls.length, asked.length]).toEqual([200, 1, 1]);
    expect((answer as { data: unknown[]; not_found: unknown[] }).not_found).toHaveLength(495);
    reads.mockRestore();
    queries.mockRestore();
  });

  it.each<[string, string, Call, number, string]>([
    ['GET', '/api/v1/users/ben/status', { as: '' }, 401, 'UNAUTHENTICATED'],
    ['GET', '/api/v1/users/ben/status', { as: 'ghost' }, 401, 'UNAUTHENTICATED'],
    ['GET', '/api/v1/users/ghost/status', {}, 404, 'USER_NOT_FOUND'],
    ['GET', '/api/v1/users/me/status', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/v1/users/a%20b/status', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/v1/users/status', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/v1/users/status?user_ids=', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/v1/users/status?user_ids=ben,,cleo', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/v1/users/status?user_ids=a&user_ids=b', {}, 400, 'BAD_USER_INPUT'],
    ['GET', `/api/v1/users/status?user_ids=${MANY}`, {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/online-users?excludeUserId=a%20b', {}, 400, 'BAD_USER_INPUT'],
    ['GET', '/api/online-users?countOnly=yes', {}, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/v1/users/me/privacy', { body: { show_last_seen: 'no' } }, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/v1/users/me/privacy', { body: [] }, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/v1/users/me/privacy', {}, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/user/custom-status', { body: {} }, 400, 'INVALID_STATUS'],
    ['PUT', '/api/user/custom-status', { body: { customStatus: 'BUSY' } }, 400, 'INVALID_STATUS'],
    ['PUT', '/api/user/custom-status', { body: { customStatus: 'INVISIBLE' } }, 400, 'INVALID_STATUS'],
    ['PUT', '/api/user/custom-status', { body: '{"customStatus":' }, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/user/custom-status', { body: '"IDLE"' }, 400, 'BAD_USER_INPUT'],
    ['PUT', '/api/user/custom-status', { body: { x: 'x'.repeat(256 * 1024) } }, 413, 'BAD_USER_INPUT'],
    ['DELETE', '/api/v1/users/ben/status', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/user/realtime', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/v1/users/ben', {}, 404, 'NOT_FOUND'],
  ])('is refused what is wrong with it (%#: %s %.40s)', async (method, path, given, status, code) => {
    expect(await call(method, path, given)).toEqual(refusal(status, code));
  });

  it('is never answered from a cache', async () => {
    const answer = await fetch(`${app.url}/users/online`, { headers: { authorization: `Bearer ${app.token('ann')}` } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe('a back end', () => {
  const secret = () => ({ 'x-secret-token': app.config.serviceToken ?? '' });
  const put = (userId: string, body: unknown) =>
    call('PUT', '/api/user/realtime', { as: '', body, headers: { ...secret(), 'x-user-id': userId } });
  const see = async (userId: string) => (await call('GET', `/api/v1/users/${userId}/status`))[1];

  it('learns what somebody chose to be shown as', async () => {
    const get = (userId: string) => call('GET', `/api/user/custom-status/${userId}`, { as: '', headers: secret() });
    expect(await get('sam')).toEqual([200, { customStatus: 'ONLINE' }]);
    await graphql.calls(app, 'sam').choose({ status: 'INVISIBLE' });
    expect(await get('sam')).toEqual([200, { customStatus: 'INVISIBLE' }]);
    expect(await get('ghost')).toEqual(refusal(404, 'USER_NOT_FOUND'));
    expect(await get('a%20b')).toEqual(refusal(400, 'BAD_USER_INPUT'));
  });

  it('sets somebody online, idle and offline', async () => {
    await app.befriend('ann', 'olga');
    expect(await put('olga', { status: 'ONLINE', updateLastActive: true })).toEqual([200, { success: true }]);
    expect(await see('olga')).toMatchObject({ data: { status: 'online' } });
    await put('olga', { status: 'IDLE' });
    expect(await see('olga')).toMatchObject({ data: { status: 'away' } });
    await graphql.calls(app, 'olga').heartbeat({ deviceId: 'phone' });
    const device = await graphql.connect(app, 'olga', {});
    await put('olga', { status: 'OFFLINE', updateLastActive: true });
    expect(await see('olga')).toMatchObject({ data: { status: 'offline', last_seen: TIME } });
    await device.leave();
  });

  it.each<[string, Record<string, string>, unknown, number, string]>([
    ['no token', { 'x-user-id': 'ann' }, { status: 'ONLINE' }, 401, 'UNAUTHENTICATED'],
    ['a wrong token', { 'x-user-id': 'ann', 'x-secret-token': 'x' }, { status: 'ONLINE' }, 401, 'UNAUTHENTICATED'],
    ['nobody named', { 'x-secret-token': 'right' }, { status: 'ONLINE' }, 400, 'BAD_USER_INPUT'],
    [
      'an id that is none',
      { 'x-secret-token': 'right', 'x-user-id': 'a b' },
      { status: 'ONLINE' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'an unknown user',
      { 'x-secret-token': 'right', 'x-user-id': 'ghost' },
      { status: 'ONLINE' },
      404,
      'USER_NOT_FOUND',
    ],
    ['an unknown status', { 'x-secret-token': 'right', 'x-user-id': 'ann' }, { status: 'DND' }, 400, 'INVALID_STATUS'],
    ['no status', { 'x-secret-token': 'right', 'x-user-id': 'ann' }, {}, 400, 'INVALID_STATUS'],
    [
      'a flag that is none',
      { 'x-secret-token': 'right', 'x-user-id': 'ann' },
      { status: 'IDLE', updateLastActive: 1 },
      400,
      'BAD_USER_INPUT',
    ],
  ])('is refused with %s', async (_what, given, body, status, code) => {
    const headers = { ...given, ...(given['x-secret-token'] === 'right' && secret()) };
    expect(await call('PUT', '/api/user/realtime', { as: '', body, headers })).toEqual(refusal(status, code));
  });
});
