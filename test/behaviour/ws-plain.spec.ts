import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { Holds } from '../../src/presence/holds.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';

let app: TestApp;
let directory: Directory;
const open: PlainClient[] = [];
beforeAll(async () => {
  app = await TestApp.start({
    LEAVE_GRACE_MS: '0',
    OFFLINE_GRACE_MS: '600',
    MAX_CONNECTIONS_PER_USER: '3',
    RATE_LIMITS: 'off',
    TYPING_MIN_INTERVAL_MS: '0',
  });
  directory = app.nest.get(Directory);
  await app.befriend('ann', 'ben', 'cleo');
  await app.know('tess', 'sam', 'uma');
  await app.gather('lobby', 'ann', 'ben', 'tess');
});
afterEach(async () => {
  for (const client of open.splice(0)) {
    client.ws.terminate();
    await client.closed;
  }
  for (const id of ['ann', 'ben', 'cleo', 'tess', 'sam', 'uma']) await graphql.calls(app, id).goOffline();
  vi.restoreAllMocks();
});
afterAll(() => app.stop());

async function enters(userId: string, more = ''): Promise<PlainClient> {
  const client = await PlainClient.of(app, userId, more);
  open.push(client);
  return client;
}

function knocks(query: string, options?: ConstructorParameters<typeof PlainClient>[2]): PlainClient {
  const client = new PlainClient(app.wsUrl, query, options);
  open.push(client);
  return client;
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const online = (user_id: string, status = 'online') => ({
  type: 'user_status',
  data: { user_id, status, timestamp: TIME },
});
const error = (code: string) => ({ type: 'error', data: { code, message: expect.any(String) as string } });

describe('somebody on a plain socket', () => {
  it('is told who is there, who comes, changes and goes, frame by frame', async () => {
    await graphql.calls(app, 'ben').heartbeat();
    await graphql.calls(app, 'tess').heartbeat();
    const ann = await enters('ann');
    expect(ann.views[0]).toEqual({ type: 'ready', data: { user_id: 'ann' } });
    expect((await ann.next(1000)).view).toEqual(online('ben'));
    expect((await ann.next(1000)).view).toEqual(online('tess'));
    await graphql.calls(app, 'cleo').heartbeat({ active: false });
    expect((await ann.next(1000)).view).toEqual(online('cleo', 'away'));
    await graphql.calls(app, 'cleo').choose({ status: 'DO_NOT_DISTURB' });
    expect((await ann.next(1000)).view).toEqual(online('cleo', 'dnd'));
    await graphql.calls(app, 'cleo').choose({ status: 'ONLINE' });
    expect((await ann.next(1000)).view).toEqual(online('cleo', 'away'));
    // There is no word for it here.
    await graphql.calls(app, 'cleo').choose({ message: { text: 'hi' } });
    await graphql.calls(app, 'cleo').goOffline();
    expect((await ann.next(2000)).view).toEqual({
      type: 'user_status',
      data: { user_id: 'cleo', status: 'offline', last_seen: TIME },
    });
    await graphql.calls(app, 'ben').setPrivacy({ lastSeen: 'NOBODY' });
    await graphql.calls(app, 'ben').goOffline();
    expect((await ann.next(2000)).view).toEqual({ type: 'user_status', data: { user_id: 'ben', status: 'offline' } });
    await graphql.calls(app, 'ben').setPrivacy({ lastSeen: 'EVERYONE' });
  });

  it('is told in the oldest form only who comes and who goes', async () => {
    await graphql.calls(app, 'ben').heartbeat();
    const ann = await enters('ann', '&events=simple');
    expect((await ann.next(1000)).view).toEqual({ type: 'user_online', userId: 'ben' });
    await graphql.calls(app, 'ben').choose({ status: 'IDLE' });
    await graphql.calls(app, 'cleo').heartbeat();
    expect((await ann.next(1000)).view).toEqual({ type: 'user_online', userId: 'cleo' });
    await graphql.calls(app, 'ben').goOffline();
    expect((await ann.next(2000)).view).toEqual({ type: 'user_offline', userId: 'ben' });
    await graphql.calls(app, 'ben').choose({ status: 'ONLINE' });
    await ann.quiet(100);
  });

  it('hears the other members type, and not themselves', async () => {
    const [ann, ben, sam] = [await enters('ann'), await enters('ben'), await enters('sam')];
    ann.say('typing_start', { conversation_id: 'lobby', user_id: 'ann' });
    const typing = { conversation_id: 'lobby', user_id: 'ann', username: 'ann', display_name: 'ann', is_typing: true };
    expect(await ben.of('user_typing')).toEqual({ type: 'user_typing', data: typing });
    ann.say('typing_stop', { conversation_id: 'lobby' });
    expect(await ben.of('user_typing')).toEqual({ type: 'user_typing', data: { ...typing, is_typing: false } });
    ben.say('typing_start', { conversation_id: 'lobby', user_id: 'ann' });
    expect(await ben.of('error')).toEqual(error('FORBIDDEN'));
    sam.say('typing_start', { conversation_id: 'lobby' });
    expect(await sam.of('error')).toEqual(error('CONVERSATION_NOT_FOUND'));
    expect(ann.skip().views.some(({ type }) => type === 'user_typing')).toBe(false);
    await ann.quiet(100);
  });

  it('watches others too, until they want no more', async () => {
    const ann = await enters('ann');
    ann.say('watch', { user_ids: ['sam', 'ghost', 'ben', 'ann'] });
    expect((await ann.next(1000)).view).toMatchObject({ data: { user_id: 'ben', status: 'offline' } });
    expect((await ann.next(1000)).view).toMatchObject({ data: { user_id: 'sam', status: 'offline' } });
    await graphql.calls(app, 'sam').heartbeat();
    expect((await ann.next(1000)).view).toEqual(online('sam'));
    ann.say('unwatch', { user_ids: ['sam'] });
    await vi.waitFor(async () => {
      await graphql.calls(app, 'sam').goOffline();
      ann.skip();
      await graphql.calls(app, 'sam').heartbeat();
      await ann.quiet(100);
    });
    ann.say('unwatch');
    await graphql.calls(app, 'ben').heartbeat();
    expect((await ann.next(1000)).view).toEqual(online('ben'));
  });

  it('is told of new contacts and fellow members, and no more of old ones', async () => {
    const uma = await enters('uma');
    await graphql.calls(app, 'sam').heartbeat();
    await directory.putContact('uma', 'sam');
    expect((await uma.next(2000)).view).toEqual(online('sam'));
    await app.gather('attic', 'tess');
    await app.gather('attic', 'uma');
    expect((await uma.next(2000)).view).toEqual({
      type: 'user_status',
      data: { user_id: 'tess', status: 'offline', last_seen: TIME },
    });
    await app.gather('attic', 'cleo');
    expect((await uma.next(2000)).view).toMatchObject({ data: { user_id: 'cleo', status: 'offline' } });
    await directory.deleteContact('uma', 'sam');
    await directory.deleteMember('attic', 'uma');
    await vi.waitFor(async () => {
      await graphql.calls(app, 'sam').goOffline();
      await graphql.calls(app, 'sam').heartbeat();
      await graphql.calls(app, 'cleo').goOffline();
      uma.skip();
      await graphql.calls(app, 'cleo').heartbeat();
      await uma.quiet(100);
    });
  });

  it('is online by it, idle when it says so, and gone when it is closed', async () => {
    const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
    const ann = await enters('ann');
    const ben = await enters('ben', '&platform=WEB&active=false&deviceId=laptop');
    expect(await ann.of('user_status')).toEqual(online('ben', 'away'));
    expect((await graphql.calls(app, 'ben').me()).connections).toMatchObject([{ platform: 'WEB', active: false }]);
    ben.say('heartbeat', {});
    expect(await ann.of('user_status')).toEqual(online('ben'));
    ben.say('heartbeat', { active: false });
    expect(await ann.of('user_status')).toEqual(online('ben', 'away'));
    ben.close();
    expect(await ann.of('user_status')).toMatchObject({ data: { status: 'offline' } });
    expect(told.mock.calls[0]?.[2]).toBe('clean');
    const looking = await enters('cleo', '&presence=false');
    expect((await graphql.calls(app, 'ann').see('cleo')).isOnline).toBe(false);
    looking.ws.terminate();
    await vi.waitFor(() => expect(told.mock.calls[1]?.[2]).toBe('abrupt'));
  });

  it.each<[string, string | Buffer, object]>([
    ['what is no JSON', '{"type":', error('BAD_USER_INPUT')],
    ['what is no object', '[]', error('BAD_USER_INPUT')],
    ['no type', '{}', error('BAD_USER_INPUT')],
    ['an unknown type', '{"type":"dance"}', error('BAD_USER_INPUT')],
    ['the name of something else', '{"type":"__proto__"}', error('BAD_USER_INPUT')],
    ['data that is none', '{"type":"heartbeat","data":5}', error('BAD_USER_INPUT')],
    ['activity that is none', '{"type":"heartbeat","data":{"active":"no"}}', error('BAD_USER_INPUT')],
    ['no list', '{"type":"watch","data":{"user_ids":"ben"}}', error('BAD_USER_INPUT')],
    ['a bad id', '{"type":"watch","data":{"user_ids":["a b"]}}', error('BAD_USER_INPUT')],
    ['1001 ids', JSON.stringify({ type: 'watch', data: { user_ids: Array(1001).fill('x') } }), error('BAD_USER_INPUT')],
    ['no conversation', '{"type":"typing_start"}', error('BAD_USER_INPUT')],
    [
      'an unknown conversation',
      '{"type":"typing_stop","data":{"conversation_id":"x"}}',
      error('CONVERSATION_NOT_FOUND'),
    ],
  ])('is refused %s, and stays', async (_what, message, frame) => {
    const ann = await enters('ann');
    ann.ws.send(message);
    expect((await ann.next(1000)).view).toEqual(frame);
    ann.say('heartbeat');
    await ann.quiet(50);
  });

  it('is told of too many messages, and closed only for too long of them', async () => {
    const ann = await enters('ann');
    for (let i = 0; i < 260; i += 1) ann.say('heartbeat');
    expect(await ann.of('error', 3000)).toEqual(error('RATE_LIMITED'));
    expect(ann.ws.readyState).toBe(ann.ws.OPEN);
  });
});

describe('somebody who knocks at /ws', () => {
  it.each([
    ['a bad token', () => 'token=nonsense', '1008 unauthenticated'],
    ['an empty token', () => 'token=', '1008 unauthenticated'],
    ['the token of nobody', () => `token=${app.token('ghost')}`, '1008 unauthenticated'],
    ['an expired token', () => `token=${app.token('ann', -60)}`, '1008 expired'],
    ['a device id that is none', () => `token=${app.token('ann')}&deviceId=a%20b`, '1008 malformed'],
  ])('with %s is let in and shown out', async (_what, query, close) => {
    expect(await knocks(query()).closed).toBe(close);
  });

  it('may bring the token in the first message, soon', async () => {
    const late = knocks('');
    const wrong = knocks('');
    wrong.ws.on('open', () => wrong.say('heartbeat'));
    expect(await wrong.closed).toBe('1008 unauthenticated');
    const ann = knocks('');
    ann.ws.on('open', () => ann.say('auth', { token: app.token('ann'), platform: 'MOBILE' }));
    expect((await ann.next(2000)).view).toEqual({ type: 'ready', data: { user_id: 'ann' } });
    expect((await graphql.calls(app, 'ann').me()).connections).toMatchObject([{ platform: 'MOBILE' }]);
    expect(await late.closed).toBe('1008 unauthenticated');
  });

  it('may send what it has to say at once', async () => {
    const ben = await enters('ben');
    const ann = knocks(`token=${app.token('ann')}`);
    ann.ws.on('open', () => ann.say('typing_start', { conversation_id: 'lobby' }));
    expect(await ben.of('user_typing')).toMatchObject({ data: { user_id: 'ann', is_typing: true } });
  });

  it('ends with the token, unless a newer one comes in time', async () => {
    const short = knocks(`token=${app.token('ann', -4)}`);
    const renewed = knocks(`token=${app.token('ben', -4)}`);
    await renewed.of('ready');
    renewed.say('auth', { token: app.token('ben') });
    expect(await renewed.of('ready')).toEqual({ type: 'ready', data: { user_id: 'ben' } });
    expect(await short.closed).toBe('1008 expired');
    renewed.say('heartbeat');
    await renewed.skip().quiet(50);
    renewed.say('auth', { token: app.token('cleo') });
    expect(await renewed.closed).toBe('1008 unauthenticated');
  });

  it('is shown out for what is no text, and for what is too long', async () => {
    const binary = await enters('ann');
    binary.ws.send(Buffer.from('{}'));
    expect(await binary.closed).toBe('1003 text only');
    const long = await enters('ann');
    long.ws.send('x'.repeat(256 * 1024 + 1));
    expect(await long.closed).toMatch(/^1009/);
  });

  it('has as many connections as a user may have', async () => {
    for (let i = 0; i < 3; i += 1) await enters('ann');
    expect(await knocks(`token=${app.token('ann')}`).closed).toBe('1013 too many connections');
  });

  it('is shown out when the user is deleted', async () => {
    await app.know('gone');
    const gone = await enters('gone');
    await directory.deleteUser('gone');
    expect(await gone.closed).toBe('1008 unauthenticated');
  });

  it('is not let in from a page of elsewhere', async () => {
    const evil = knocks(`token=${app.token('ann')}`, { origin: 'http://evil.example' });
    const status = await new Promise((resolve) =>
      evil.ws.on('unexpected-response', (_, answer) => resolve(answer.statusCode)),
    );
    expect(status).toBe(403);
  });
});

describe('an instance that stops', () => {
  it('sends its sockets elsewhere', async () => {
    const other = await TestApp.start({ DATABASE_URL: app.databaseUrl });
    const ann = await PlainClient.of(other, 'ann');
    await other.stop();
    expect(await ann.closed).toBe('1012 going away');
  });
});
