import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { measure } from '../../src/kernel/metrics/measure.js';
import { Counter } from '../../src/transports/graphql/counter.js';
import { Doorkeeper } from '../../src/transports/graphql/doorkeeper.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://app.example' });
  await app.befriend('alice', 'bob');
});
afterAll(() => app.stop());
afterEach(() => vi.restoreAllMocks());

const BEAT = '{"query":"mutation { heartbeat(deviceId: \\"d\\") { success nextHeartbeatInSeconds } }"}';
const STATUSES =
  '{"query":"query A($ids: [ID!]!) { userStatuses(userIds: $ids) { userId status } } query B { __typename }",' +
  '"operationName":"A","variables":{"ids":["bob","nobody"]}}';
const REFUSED = '{"query":"{ userStatus(userId: \\"nobody\\") { userId } }"}';

const as = (userId: string) => ({ authorization: `Bearer ${app.token(userId)}` });

function headOf(body: string, headers: Record<string, string>): string {
  const own = { host: 'x', 'content-type': 'application/json', 'x-request-id': 'one', ...headers };
  const all = { 'content-length': String(Buffer.byteLength(body)), ...own };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `POST /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

async function dial(): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** So many whole answers, as bytes, but for the time. */
async function hear(socket: Socket, answers = 1): Promise<string> {
  let text = '';
  while (text.split('HTTP/1.1 ').length <= answers || !/\r\n\r\n[^]*\}\n?$/.test(text)) {
    text += String((await once(socket, 'data'))[0]);
  }
  socket.destroy();
  return text.replace(/^Date: .*\r\n/gm, '');
}

/** The head first, and the body when the head has been read. */
async function late(body: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = await dial();
  const read = once(app.nest.getHttpServer(), 'request');
  socket.write(headOf(body, headers));
  await read;
  await new Promise(setImmediate);
  socket.write(body);
  return hear(socket);
}

async function together(body: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = await dial();
  socket.write(headOf(body, headers) + body);
  return hear(socket);
}

/** Whether Express has seen the request. */
function watchDoor(): () => boolean {
  const door = vi.spyOn(Doorkeeper.prototype, 'use');
  return () => door.mock.calls.length > 0;
}

describe('somebody whom we know, with an operation that we know', () => {
  it.each([
    ['a heartbeat', BEAT, {}],
    ['a list', STATUSES, {}],
    ['a refusal', REFUSED, {}],
    ['a client of the newer type', BEAT, { accept: 'application/graphql-response+json' }],
    ['a page that may call', STATUSES, { origin: 'https://app.example' }],
    ['a page that may not', STATUSES, { origin: 'https://evil.example' }],
    ['a client that closes', BEAT, { connection: 'close' }],
  ])(
    'is answered before Express, byte for byte as behind it: %s',
    async (_what, body, headers: Record<string, string>) => {
      const own = { ...as('alice'), ...headers };
      const answered = await late(body, own);
      const seen = watchDoor();
      expect(await together(body, own)).toBe(answered);
      expect(seen()).toBe(false);
      expect(answered).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(answered).toContain('\r\nX-Request-Id: one\r\n');
      expect(answered).toContain("\r\nContent-Security-Policy: default-src 'self'");
    },
  );

  it('is given an id where none, or none that can be one, came with the request', async () => {
    const id = (answer: string) => /\r\nX-Request-Id: (.*)\r\n/.exec(answer)?.[1];
    await late(BEAT, as('alice'));
    expect(id(await together(BEAT, { ...as('alice'), 'x-request-id': 'a b' }))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('may ask again before the answer is there, and is answered in turn', async () => {
    await late(BEAT, as('alice'));
    await late(STATUSES, as('alice'));
    const socket = await dial();
    const requests = [STATUSES, BEAT, STATUSES].map((body) => headOf(body, as('alice')) + body);
    socket.write(requests.join(''));
    const answers = await hear(socket, 3);
    expect([...answers.matchAll(/"data":\{"(\w+)"/g)].map(([, name]) => name)).toEqual([
      'userStatuses',
      'heartbeat',
      'userStatuses',
    ]);
  });

  it('is counted like everybody', async () => {
    await late(BEAT, as('alice'));
    const count = async () => {
      const found = /^lamplight_http_\w*_count\{(?=[^}]*part="graphql")(?=[^}]*outcome="2xx")[^}]*\} (\d+)/m;
      return Number(found.exec(await measure.exposition())?.[1]);
    };
    const before = await count();
    for (let i = 0; i < 3; i += 1) await together(BEAT, as('alice'));
    await vi.waitFor(async () => expect((await count()) - before).toBe(3));
  });
});

describe('everybody else is left to Express', () => {
  it.each([
    ['nobody', BEAT, () => ({})],
    ['somebody with a forged token', BEAT, () => ({ authorization: 'Bearer nonsense' })],
    ['somebody whose token has ended', BEAT, () => ({ authorization: `Bearer ${app.token('alice', -60)}` })],
    ['a subscription', '{"query":"subscription { statusChanged { status } }"}', () => as('alice')],
    ['a variable that does not fit', STATUSES.replace('["bob","nobody"]', 'null'), () => as('alice')],
    ['an operation that is not there', STATUSES.replace('"A",', '"C",'), () => as('alice')],
    ['an extension', BEAT.replace('"}', '","extensions":{"persistedQuery":{}}}'), () => as('alice')],
    ['broken JSON', BEAT.slice(1), () => as('alice')],
    ['a text in the place of an object', '"x"', () => as('alice')],
    ['a list', `[${BEAT}]`, () => as('alice')],
    [
      'a body in another character set',
      BEAT,
      () => ({ ...as('alice'), 'content-type': 'application/json; charset=x' }),
    ],
    ['a body of another type', BEAT, () => ({ ...as('alice'), 'content-type': 'text/plain' })],
    ['a body that says it is compressed', BEAT, () => ({ ...as('alice'), 'content-encoding': 'gzip' })],
    ['an answer that has to be weighed', BEAT, () => ({ ...as('alice'), accept: 'application/json;q=1' })],
    ['a document that nobody has asked before', '{"query":"{ first: __typename }"}', () => as('alice')],
  ])('%s', async (_what, body, headers) => {
    await late(BEAT, as('alice'));
    await late(STATUSES, as('alice'));
    const taken = vi.spyOn(Counter.prototype, 'take');
    const answered = await together(body, headers());
    expect(taken).toHaveBeenCalledTimes(1);
    expect(await late(body, headers())).toBe(answered);
  });

  it('somebody who was deleted a moment ago', async () => {
    await app.know('dave');
    const dave = as('dave');
    expect(await late(BEAT, dave)).toContain('"success":true');
    expect(await together(BEAT, dave)).toContain('"success":true');
    await app.nest.get(Directory).deleteUser('dave');
    expect(await together(BEAT, dave)).toContain('"UNAUTHENTICATED"');
  });
});
