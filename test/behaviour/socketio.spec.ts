import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { Holds } from '../../src/presence/holds.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { IoClient } from '../support/io.js';

let app: TestApp;
const open: IoClient[] = [];
const PEOPLE = ['ann', 'ben', 'cleo', 'sam'];
beforeAll(async () => {
  app = await TestApp.start({
    LEAVE_GRACE_MS: '0',
    OFFLINE_GRACE_MS: '600',
    MAX_CONNECTIONS_PER_USER: '3',
    RATE_LIMITS: 'off',
    TYPING_MIN_INTERVAL_MS: '0',
  });
  await app.befriend('ann', 'ben', 'cleo');
  await app.know('sam');
  await app.gather('lobby', 'ann', 'ben');
});
afterEach(async () => {
  for (const client of open.splice(0)) client.socket.disconnect();
  for (const id of PEOPLE) await graphql.calls(app, id).goOffline();
  vi.restoreAllMocks();
});
afterAll(() => app.stop());

function knocks(auth: object, options?: ConstructorParameters<typeof IoClient>[2]): IoClient {
  const client = new IoClient(app.url, auth, options);
  open.push(client);
  return client;
}

async function enters(userId: string, auth: object = {}, options?: ConstructorParameters<typeof IoClient>[2]) {
  const given = { token: app.token(userId), ...auth };
  const client = knocks(given, options);
  expect(await client.opened).toBe('connected');
  // An answer tells that everything before it is done.
  await client.ask('authenticate', { token: given.token });
  return client;
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const failure = (code: string) => ({ code, message: expect.any(String) as string });
const departure = (told: { mock: { calls: unknown[][] } }) => told.mock.calls.map((call) => call[2]);

describe.each([['websocket'], ['polling']])('somebody on Socket.IO over %s', (transport) => {
  const transports = { transports: [transport] };

  it('is told who is there, who comes and who goes', async () => {
    await graphql.calls(app, 'ben').heartbeat();
    const ann = await enters('ann', {}, transports);
    expect((await ann.next(1000)).view).toEqual({ event: 'user_online', data: { userId: 'ben' } });
    await graphql.calls(app, 'cleo').heartbeat();
    expect((await ann.next(1000)).view).toEqual({ event: 'user_online', data: { userId: 'cleo' } });
    await graphql.calls(app, 'cleo').choose({ status: 'IDLE' });
    await graphql.calls(app, 'cleo').goOffline();
    expect((await ann.next(2000)).view).toEqual({ event: 'user_offline', data: { userId: 'cleo', lastSeen: TIME } });
    await graphql.calls(app, 'cleo').choose({ status: 'ONLINE' });
    await graphql.calls(app, 'ben').setPrivacy({ online: 'NOBODY' });
    expect((await ann.next(2000)).view).toEqual({ event: 'user_offline', data: { userId: 'ben' } });
    await graphql.calls(app, 'ben').setPrivacy({ online: 'EVERYONE' });
    expect((await ann.next(2000)).view).toEqual({ event: 'user_online', data: { userId: 'ben' } });
  });

  it('is answered by event and by acknowledgement', async () => {
    await graphql.calls(app, 'ben').heartbeat();
    const ann = await enters('ann', {}, transports);
    await ann.of('user_online');
    expect(await ann.ask('join_user', { userId: 'ann' })).toEqual({ success: true, userId: 'ann' });
    expect(await ann.ask('user_online')).toEqual({ success: true, userId: 'ann' });
    expect(await ann.ask('user_activity', { active: false })).toEqual({ success: true });
    const users = [{ id: 'ben', name: 'ben', username: 'ben', avatar: null, status: 'online' }];
    expect(await ann.ask('get_online_users')).toEqual({ success: true, users, count: 1 });
    expect((await ann.next(1000)).view).toEqual({ event: 'online_users_list', data: { users, count: 1 } });
    const ben = { userId: 'ben', isOnline: true, status: 'online', lastSeen: TIME };
    expect(await ann.ask('check_user_online', { userId: 'ben' })).toEqual({ success: true, ...ben });
    expect((await ann.next(1000)).view).toEqual({ event: 'user_online_status', data: ben });
    ann.socket.emit('get_online_users');
    expect(await ann.of('online_users_list')).toEqual({ users, count: 1 });
  });

  it('hears the other members type', async () => {
    const [ann, ben] = [await enters('ann', {}, transports), await enters('ben', {}, transports)];
    const typing = { conversationId: 'lobby', userId: 'ann', username: 'ann', displayName: 'ann', isTyping: true };
    expect(await ann.ask('typing_start', { conversationId: 'lobby' })).toEqual({ success: true, ...typing });
    expect(await ben.of('user_typing')).toEqual(typing);
    ann.socket.emit('typing_stop', { conversationId: 'lobby', userId: 'ann' });
    expect(await ben.of('user_typing')).toEqual({ ...typing, isTyping: false });
    expect(ann.views.some(({ event }) => event === 'user_typing')).toBe(false);
  });

  it('is let in with these answers only', async () => {
    const code = (auth: object) => knocks(auth, transports).opened;
    expect(await code({})).toBe('UNAUTHENTICATED');
    expect(await code({ token: 'nonsense' })).toBe('UNAUTHENTICATED');
    expect(await code({ token: { a: 1 } })).toBe('UNAUTHENTICATED');
    expect(await code({ token: app.token('ghost') })).toBe('UNAUTHENTICATED');
    expect(await code({ token: app.token('ann'), deviceId: 'a b' })).toBe('BAD_USER_INPUT');
    const expired = knocks({ token: app.token('ann', -60) }, transports);
    expect(await expired.of('presence_error')).toEqual(failure('UNAUTHENTICATED'));
    expect(await expired.closed).toBe('transport close');
  });

  it('is not let in from a page of elsewhere', async () => {
    const headers = { extraHeaders: { origin: 'http://evil.example' } };
    expect(await knocks({ token: app.token('ann') }, { ...transports, ...headers }).opened).toMatch(/error$/);
  });
});

describe('somebody on Socket.IO', () => {
  it('begins by polling and goes on by WebSocket', async () => {
    const ann = await enters('ann', {}, { transports: ['polling', 'websocket'] });
    await vi.waitFor(() => expect(ann.socket.io.engine.transport.name).toBe('websocket'), { timeout: 5000 });
    await graphql.calls(app, 'ben').heartbeat();
    expect(await ann.of('user_online')).toEqual({ userId: 'ben' });
  });

  it.each<[string, string, unknown, string]>([
    ['to be somebody else', 'join_user', { userId: 'ben' }, 'FORBIDDEN'],
    ['to be nobody', 'join_user', {}, 'BAD_USER_INPUT'],
    ['to be online as somebody else', 'user_online', { userId: 'ben' }, 'FORBIDDEN'],
    ['to type as somebody else', 'typing_start', { conversationId: 'lobby', userId: 'ben' }, 'FORBIDDEN'],
    ['to type elsewhere', 'typing_start', { conversationId: 'attic' }, 'CONVERSATION_NOT_FOUND'],
    ['to type nowhere', 'typing_stop', {}, 'BAD_USER_INPUT'],
    ['to see nobody', 'check_user_online', { userId: 'ghost' }, 'USER_NOT_FOUND'],
    ['to see what is no id', 'check_user_online', { userId: 'a b' }, 'BAD_USER_INPUT'],
    ['text for data', 'user_activity', 'now', 'BAD_USER_INPUT'],
    ['bytes for data', 'user_activity', [Buffer.from('x')], 'BAD_USER_INPUT'],
    ['activity that is none', 'user_activity', { active: 1 }, 'BAD_USER_INPUT'],
    ['an unknown event', 'dance', {}, 'BAD_USER_INPUT'],
    ['the name of something else', 'constructor', {}, 'BAD_USER_INPUT'],
  ])('is refused %s, and stays', async (_what, event, data, code) => {
    const ann = await enters('ann');
    expect(await ann.ask(event, data)).toEqual({ success: false, error: failure(code) });
    expect(await ann.of('presence_error')).toEqual(failure(code));
    expect(await ann.ask('user_activity')).toEqual({ success: true });
  });

  it('is online by it, and gone when it says so or closes its page', async () => {
    const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
    const [ann, ben] = [await enters('ann'), await enters('ben', { platform: 'WEB', active: true })];
    expect(await ann.of('user_online')).toEqual({ userId: 'ben' });
    expect((await graphql.calls(app, 'ben').me()).connections).toMatchObject([{ platform: 'WEB' }]);
    ben.socket.disconnect();
    expect(await ann.of('user_offline')).toMatchObject({ userId: 'ben' });
    const page = await enters('ben');
    expect(await ann.of('user_online')).toEqual({ userId: 'ben' });
    // What a browser does with a page that is left.
    (page.socket.io.engine.transport as unknown as { ws: { close(code: number): void } }).ws.close(1000);
    expect(await ann.of('user_offline')).toMatchObject({ userId: 'ben' });
    const lost = await enters('ben');
    await ann.of('user_online');
    lost.vanish();
    await vi.waitFor(() => expect(departure(told)).toEqual(['clean', 'clean', 'abrupt']));
    expect(await ann.of('user_offline', 3000)).toMatchObject({ userId: 'ben' });
  });

  it('only looks on with presence: false', async () => {
    await enters('ben', { presence: false });
    expect((await graphql.calls(app, 'ann').see('ben')).isOnline).toBe(false);
  });

  it('ends with the token, unless a newer one comes in time', async () => {
    const short = await enters('ann', { token: app.token('ann', -4) });
    const renewed = await enters('ben', { token: app.token('ben', -4) });
    expect(await renewed.ask('authenticate', { token: app.token('ben') })).toEqual({ success: true, userId: 'ben' });
    expect(await short.of('presence_error', 4000)).toEqual(failure('UNAUTHENTICATED'));
    expect(await short.closed).toBe('transport close');
    expect(await renewed.ask('user_activity')).toEqual({ success: true });
    renewed.socket.emit('authenticate', { token: app.token('cleo') });
    expect(await renewed.of('presence_error')).toEqual(failure('UNAUTHENTICATED'));
    expect(await renewed.closed).toBe('transport close');
  });

  it('is told when the user is deleted', async () => {
    await app.know('gone');
    const gone = await enters('gone');
    await app.nest.get(Directory).deleteUser('gone');
    expect(await gone.of('presence_error')).toEqual(failure('UNAUTHENTICATED'));
    expect(await gone.closed).toBe('transport close');
  });

  it('has as many connections as a user may have', async () => {
    for (let i = 0; i < 3; i += 1) await enters('ann');
    expect(await knocks({ token: app.token('ann') }).opened).toBe('RATE_LIMITED');
  });

  it('is told of too many messages, and cut off for one that is too long', async () => {
    const ann = await enters('ann');
    for (let i = 0; i < 260; i += 1) ann.socket.emit('user_activity');
    expect(await ann.of('presence_error', 3000)).toEqual(failure('RATE_LIMITED'));
    expect(ann.socket.connected).toBe(true);
    ann.socket.emit('check_user_online', { userId: 'x'.repeat(256 * 1024) });
    expect(await ann.closed).toBe('transport close');
  });

  it('finds no other namespace', async () => {
    const client = new IoClient(`${app.url}/admin`, { token: app.token('ann') });
    expect(await client.opened).toBe('Invalid namespace');
    client.socket.disconnect();
  });

  it('may try a few times over one connection', async () => {
    const eve = new WebSocket(`${app.wsUrl}/socket.io/?EIO=4&transport=websocket`);
    const heard: string[] = [];
    eve.on('message', (data: Buffer) => {
      heard.push(data.toString());
      eve.send('40{"token":"nonsense"}');
    });
    await once(eve, 'close');
    expect(heard.filter((text) => text.startsWith('44'))).toHaveLength(5);
  });
});

describe('an instance that stops', () => {
  it.each([['websocket'], ['polling']])(
    'sends its clients on %s elsewhere, so that they come back',
    async (transport) => {
      const other = await TestApp.start({ DATABASE_URL: app.databaseUrl });
      const ann = new IoClient(other.url, { token: other.token('ann') }, { transports: [transport] });
      expect(await ann.opened).toBe('connected');
      await other.stop();
      // Never "io server disconnect", after which clients stay away.
      expect(await ann.closed).toMatch(/^transport (close|error)$/);
    },
  );
});
