import { once } from 'node:events';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { Groups } from '../../src/transports/graphql/groups.js';
import type { Session } from '../../src/transports/session.js';
import { Sessions } from '../../src/transports/sessions.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ OFFLINE_GRACE_MS: '100', LEAVE_GRACE_MS: '100' });
  await app.befriend('alice', 'bob', 'carol');
  await app.know('stranger');
  await app.gather('lobby', 'alice', 'bob');
});
afterAll(() => app.stop());

/** A raw connection that keeps what it hears. */
class Peer {
  readonly heard: Record<string, unknown>[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly ws: WebSocket;

  private constructor(path: string, headers: Record<string, string>, protocols: string[]) {
    this.ws = new WebSocket(`${app.wsUrl}${path}`, protocols, { headers });
    this.ws.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as Record<string, unknown>));
    this.closed = new Promise((resolve) =>
      this.ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  static async open(headers: Record<string, string> = {}, protocols = ['graphql-transport-ws'], path = '/graphql') {
    const peer = new Peer(path, headers, protocols);
    await once(peer.ws, 'open');
    return peer;
  }

  /** Opened and acknowledged. */
  static async as(userId: string, params: object = {}): Promise<Peer> {
    const peer = await Peer.open();
    peer.send({ type: 'connection_init', payload: { authorization: `Bearer ${app.token(userId)}`, ...params } });
    await peer.hears({ type: 'connection_ack' });
    return peer;
  }

  send(message: object | string): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  async hears(part: object): Promise<void> {
    await vi.waitFor(() => expect(this.heard).toContainEqual(expect.objectContaining(part)), { timeout: 5000 });
  }

  get code(): Promise<number> {
    return this.closed.then(({ code }) => code);
  }
}

function clientOf(userId: string): Client {
  return createClient({
    url: `${app.wsUrl}/graphql`,
    webSocketImpl: WebSocket,
    lazy: true,
    connectionParams: { authorization: `Bearer ${app.token(userId)}` },
  });
}

async function ask(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<FormattedExecutionResult<Record<string, unknown>, unknown>> {
  for await (const result of client.iterate({ query, variables })) return result;
  throw new Error('no answer');
}

async function nextOf(results: AsyncIterator<{ readonly data?: unknown }, unknown>): Promise<unknown> {
  const { done, value } = await results.next();
  return done ? null : value.data;
}

describe('opening a socket', () => {
  it('shows its user as online to those who may see it, and as gone when it has closed', async () => {
    const alice = clientOf('alice');
    const seen = alice.iterate<{ statusChanged: object }>({
      query: 'subscription{statusChanged(userIds:["bob"],snapshot:true){userId status platforms}}',
    });
    expect(await nextOf(seen)).toEqual({
      statusChanged: { userId: 'bob', status: 'OFFLINE', platforms: [] },
    });
    const bob = await Peer.as('bob', { platform: 'MOBILE' });
    expect(await nextOf(seen)).toEqual({
      statusChanged: { userId: 'bob', status: 'ONLINE', platforms: ['MOBILE'] },
    });
    bob.ws.close(1000);
    expect(await nextOf(seen)).toEqual({
      statusChanged: { userId: 'bob', status: 'OFFLINE', platforms: [] },
    });
    await alice.dispose();
  });

  it('only watches where the client says so, and opens idle where it says that', async () => {
    const watcher = await Peer.as('carol', { presence: false });
    const client = clientOf('alice');
    expect((await ask(client, '{userStatus(userId:"carol"){status}}')).data).toEqual({
      userStatus: { status: 'OFFLINE' },
    });
    const idle = await Peer.as('carol', { active: false, platform: 'a toaster', deviceId: 'd-1' });
    const query = '{userStatus(userId:"carol"){status platforms}}';
    expect((await ask(client, query)).data).toEqual({ userStatus: { status: 'IDLE', platforms: ['UNKNOWN'] } });
    watcher.ws.close();
    idle.ws.close();
    await client.dispose();
  });

  it.each([
    ['no token', {}, 4401],
    ['a token that is none', { authorization: 'Bearer nonsense' }, 4401],
    ['a token without its scheme', { authorization: 'nonsense' }, 4401],
    ['something that is no text', { authorization: { $ne: null } }, 4401],
  ])('is refused to %s', async (_what, payload, code) => {
    const peer = await Peer.open();
    peer.send({ type: 'connection_init', payload });
    peer.subscribe('1', '{__typename}');
    expect(await peer.code).toBe(code);
    expect(peer.heard).toEqual([]);
  });

  it('tells an expired token from a bad one, so that the client fetches a new one', async () => {
    const peer = await Peer.open();
    peer.send({ type: 'connection_init', payload: { authorization: `Bearer ${app.token('alice', -60)}` } });
    expect(await peer.code).toBe(4403);
  });

  it('answers what is not the protocol as the protocol says', async () => {
    const codeAfter = async (...messages: (string | object | Buffer)[]) => {
      const peer = await Peer.open();
      for (const message of messages)
        peer.ws.send(Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message));
      return peer.code;
    };
    const init = { type: 'connection_init', payload: { authorization: `Bearer ${app.token('alice')}` } };
    expect(await codeAfter('nonsense')).toBe(4400);
    expect(await codeAfter({ type: 'greetings' })).toBe(4400);
    expect(await codeAfter(Buffer.from(JSON.stringify(init)))).toBe(4400);
    expect(await codeAfter({ ...init, payload: { ...init.payload, deviceId: 'a b' } })).toBe(4400);
    expect(await codeAfter(init, init)).toBe(4429);
    expect(await codeAfter({ id: '1', type: 'subscribe', payload: { query: '{__typename}' } })).toBe(4401);
    expect(await codeAfter(JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(256 * 1024) } }))).toBe(1009);
    expect(await (await Peer.open({}, [])).code).toBe(4406);
    expect(await (await Peer.open()).code).toBe(4408);
  });

  it('takes one id once', async () => {
    const peer = await Peer.as('alice');
    peer.subscribe('1', 'subscription{userTyping{userId}}');
    peer.subscribe('1', 'subscription{userTyping{userId}}');
    expect(await peer.code).toBe(4409);
  });

  it('is possible at one path only, and from allowed pages', async () => {
    const status = (path: string, origin?: string) =>
      new Promise<number>((resolve) => {
        const ws = new WebSocket(app.wsUrl + path, 'graphql-transport-ws', { ...(origin && { origin }) });
        ws.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        ws.on('open', () => (ws.close(), resolve(101)));
        ws.on('error', () => {});
      });
    expect(await status('/graphql?x=1')).toBe(101);
    expect(await status('/graphql', 'http://localhost:5173')).toBe(101);
    expect(await status('/graphqlx')).toBe(404);
    expect(await status('/graphql/')).toBe(404);
    expect(await status('/')).toBe(404);
    expect(await status('/graphql', 'https://evil.example')).toBe(403);
    expect(await status('/graphql', 'null')).toBe(403);
    expect(await status('/graphql', 'http://localhost.evil.example')).toBe(403);
  });
});

describe('talking over a socket', () => {
  it('takes queries, mutations and subscriptions, each under the limits of HTTP', async () => {
    const client = clientOf('alice');
    expect((await ask(client, '{me{user{id} connections{platform active}}}')).data).toMatchObject({
      me: { user: { id: 'alice' } },
    });
    expect((await ask(client, 'mutation{heartbeat{success nextHeartbeatInSeconds}}')).data).toEqual({
      heartbeat: { success: true, nextHeartbeatInSeconds: 15 },
    });
    await client.dispose();
    const peer = await Peer.as('alice');
    const aliases = Array.from({ length: 31 }, (_, i) => `a${i}:me{user{id}}`).join(' ');
    peer.subscribe('aliases', `{${aliases}}`);
    peer.subscribe('syntax', '{me');
    peer.subscribe('unknown', '{you}');
    peer.subscribe('nobody', '{userStatus(userId:"nobody"){status}}');
    peer.send({ id: 'operation', type: 'subscribe', payload: { query: 'query A{__typename}', operationName: 'B' } });
    const error = (code: string): unknown[] => [expect.objectContaining({ extensions: { code } })];
    await peer.hears({ id: 'aliases', type: 'error', payload: error('BAD_USER_INPUT') });
    await peer.hears({ id: 'syntax', type: 'error', payload: error('GRAPHQL_PARSE_FAILED') });
    await peer.hears({ id: 'unknown', type: 'error', payload: error('GRAPHQL_VALIDATION_FAILED') });
    await peer.hears({ id: 'operation', type: 'error', payload: error('OPERATION_RESOLUTION_FAILURE') });
    await peer.hears({ id: 'nobody', type: 'next', payload: { data: null, errors: error('USER_NOT_FOUND') } });
    peer.ws.close();
  });

  it('answers a refused subscription with one error and stays open', async () => {
    const peer = await Peer.as('stranger');
    peer.subscribe('1', 'subscription{userTyping(conversationId:"lobby"){userId}}');
    peer.subscribe('2', 'subscription{statusChanged(userIds:["a b"]){userId}}');
    peer.subscribe('3', 'subscription($i:[ID!]){statusChanged(userIds:$i){userId}}', { i: [null] });
    peer.subscribe('4', 'subscription{statusChanged(userIds:[],conversationId:"lobby"){userId}}');
    await peer.hears({
      id: '1',
      type: 'error',
      payload: [
        {
          message: 'No such conversation',
          locations: [{ line: 1, column: 14 }],
          path: ['userTyping'],
          extensions: { code: 'CONVERSATION_NOT_FOUND' },
        },
      ],
    });
    for (const id of ['2', '3', '4']) {
      await peer.hears({
        id,
        type: 'error',
        payload: [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })],
      });
    }
    expect(peer.heard).toHaveLength(5);
    peer.ws.close();
  });

  it('tells somebody who is put out of a conversation, and keeps the socket', async () => {
    await app.gather('shed', 'alice', 'carol');
    const peer = await Peer.as('carol');
    peer.subscribe('1', 'subscription{statusChanged(conversationId:"shed",snapshot:true){userId}}');
    await peer.hears({ id: '1', type: 'next' });
    await app.nest.get(Directory).deleteMember('shed', 'carol');
    await peer.hears({
      id: '1',
      type: 'error',
      payload: [expect.objectContaining({ extensions: { code: 'CONVERSATION_NOT_FOUND' } })],
    });
    expect(peer.heard.filter(({ type }) => type === 'complete')).toEqual([]);
    peer.ws.close();
  });

  it('lets a socket have a hundred subscriptions and refuses one more', async () => {
    const peer = await Peer.as('alice');
    for (let i = 0; i < 101; i += 1) peer.subscribe(`s${i}`, 'subscription{statusChanged(userIds:[]){userId}}');
    await peer.hears({
      id: 's100',
      type: 'error',
      payload: [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })],
    });
    peer.send({ id: 's0', type: 'complete' });
    peer.subscribe('another', 'subscription{statusChanged(userIds:["bob"],snapshot:true){userId}}');
    await peer.hears({ id: 'another', type: 'next' });
    peer.ws.close();
  });

  it('gives everything back when the socket goes', async () => {
    const groups = app.nest.get(Groups);
    await vi.waitFor(() => expect(app.nest.get(Sessions).size).toBe(0));
    expect(groups.size).toBe(0);
    const peer = await Peer.as('alice');
    for (let i = 0; i < 5; i += 1)
      peer.subscribe(`s${i}`, 'subscription($i:[ID!]){statusChanged(userIds:$i,snapshot:true){userId}}', {
        i: ['bob', `u${i}`],
      });
    await peer.hears({ id: 's4', type: 'next' });
    expect(groups.size).toBe(1);
    peer.ws.terminate();
    await vi.waitFor(() => expect(groups.size).toBe(0));
    expect(app.nest.get(Sessions).size).toBe(0);
  });

  it('hears a ping with a newer token of the same person, and of nobody else', async () => {
    const peer = await Peer.as('alice');
    peer.send({ type: 'ping', payload: { hello: 1 } });
    await peer.hears({ type: 'pong', payload: { hello: 1 } });
    peer.send({ type: 'ping', payload: { authorization: `Bearer ${app.token('alice')}` } });
    await peer.hears({ type: 'pong' });
    expect(JSON.stringify(peer.heard)).not.toContain('Bearer');
    peer.send({ type: 'ping', payload: { authorization: `Bearer ${app.token('bob')}` } });
    expect(await peer.code).toBe(4401);
    const other = await Peer.as('alice');
    other.send({ type: 'ping', payload: { authorization: `Bearer ${app.token('alice', -60)}` } });
    expect(await other.code).toBe(4403);
  });

  it('ends when the token has ended, unless a newer one came in time', async () => {
    const ends = await Peer.as('alice', { authorization: `Bearer ${app.token('alice', -3)}` });
    const stays = await Peer.as('alice', { authorization: `Bearer ${app.token('alice', -3)}` });
    stays.send({ type: 'ping', payload: { authorization: `Bearer ${app.token('alice')}` } });
    expect(await ends.code).toBe(4403);
    stays.subscribe('1', '{__typename}');
    await stays.hears({ id: '1', type: 'complete' });
    stays.ws.close();
  });

  it('ends at once for somebody who is deleted', async () => {
    await app.know('mallory');
    const peer = await Peer.as('mallory');
    await app.nest.get(Directory).deleteUser('mallory');
    expect(await peer.code).toBe(4401);
  });

  it('slows down whoever talks too fast, and cuts off whoever does not stop', async () => {
    const peer = await Peer.as('alice');
    const flood = setInterval(() => {
      for (let i = 0; i < 20; i += 1) peer.subscribe(`f${Math.random()}`, '{__typename}');
    }, 50);
    await peer.hears({
      type: 'error',
      payload: [
        {
          message: 'Too many messages',
          extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) as number },
        },
      ],
    });
    expect(await peer.code).toBe(1013);
    clearInterval(flood);
  });
});

describe('a client that does not read', () => {
  it('is told so and cut off, while others go on', async () => {
    const ids = Array.from({ length: 500 }, () => 'carol');
    const slow = await Peer.as('alice', { presence: false });
    const sessions = app.nest.get(Sessions);
    const before = sessions.size;
    slow.ws.pause();
    for (let i = 0; i < 190; i += 1) {
      slow.subscribe(`q${i}`, 'query($i:[ID!]!){userStatuses(userIds:$i){userId user{username displayName} status}}', {
        i: ids,
      });
    }
    const other = await Peer.as('bob');
    other.subscribe('1', '{me{user{id}}}');
    await other.hears({ id: '1', type: 'complete' });
    other.ws.close();
    await other.closed;
    // Ten seconds from the moment it takes nothing, which comes when the answers have been made.
    await vi.waitFor(() => expect(sessions.size).toBeLessThan(before), { timeout: 25_000 });
    slow.ws.resume();
    expect([4008, 1006]).toContain(await slow.code);
  }, 45_000);
});

describe('a client that is there no more', () => {
  it('is cut off at once when nobody is there to say goodbye', async () => {
    const sessions = app.nest.get(Sessions);
    const begun = vi.spyOn(sessions, 'begin');
    const mute = await Peer.as('alice', { presence: false });
    const session = begun.mock.results.at(-1)?.value as Session;
    begun.mockRestore();
    const before = sessions.size;
    mute.ws.pause();
    session.line.cut();
    await vi.waitFor(() => expect(sessions.size).toBeLessThan(before), { timeout: 1000 });
    mute.ws.resume();
    expect(await mute.code).toBe(1006);
  });
});

describe('too many connections of one user', () => {
  it('are refused, those that are there stay', async () => {
    await app.know('busy');
    const peers = await Promise.all(Array.from({ length: 50 }, () => Peer.as('busy', { presence: false })));
    const more = await Peer.open();
    more.send({ type: 'connection_init', payload: { authorization: `Bearer ${app.token('busy')}` } });
    expect(await more.code).toBe(1013);
    peers[0]?.ws.close();
    await peers[0]?.closed;
    await vi.waitFor(async () => (await Peer.as('busy')).ws.close());
    for (const peer of peers) peer.ws.close();
  });
});

describe('an instance that stops', () => {
  it('sends its sockets to another one and takes no more', async () => {
    const other = await TestApp.start({ DATABASE_URL: app.databaseUrl });
    const ws = new WebSocket(`${other.wsUrl}/graphql`, 'graphql-transport-ws');
    const code = once(ws, 'close').then(([closed]) => closed as number);
    await once(ws, 'open');
    ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${app.token('alice')}` } }));
    await once(ws, 'message');
    await other.stop();
    expect(await code).toBe(1012);
  });
});
