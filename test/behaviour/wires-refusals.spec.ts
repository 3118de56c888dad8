import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../support/app.js';
import { GraphqlSocket } from '../support/graphql.socket.js';
import { GrpcClient } from '../support/grpc.js';
import { IoClient } from '../support/io.js';
import { PlainClient } from '../support/plain.js';
import { freePort, PrivateRedis } from '../support/redis.js';

/*
 * Every row of the contract's table of errors, shown on every wire; where a wire cannot come to it, why not.
 */

const ROWS = {
  UNAUTHENTICATED: { http: 401, grpc: 16, error: 'UNAUTHORIZED' },
  FORBIDDEN: { http: 403, grpc: 7, error: 'UNAUTHORIZED' },
  USER_NOT_FOUND: { http: 404, grpc: 5, error: 'USER_NOT_FOUND' },
  CONVERSATION_NOT_FOUND: { http: 404, grpc: 5, error: 'UNKNOWN_ERROR' },
  INVALID_STATUS: { http: 400, grpc: 3, error: 'INVALID_STATUS' },
  BAD_USER_INPUT: { http: 400, grpc: 3, error: 'UNKNOWN_ERROR' },
  RATE_LIMITED: { http: 429, grpc: 8, error: 'RATE_LIMITED' },
  SERVICE_UNAVAILABLE: { http: 503, grpc: 14, error: 'REDIS_ERROR' },
} as const;
type Row = keyof typeof ROWS;

/** Whoever is told these is also told when to come back. */
const WAITS: readonly Row[] = ['RATE_LIMITED', 'SERVICE_UNAVAILABLE'];

/** What was said, and when to come back. */
interface Told {
  readonly answer: unknown;
  readonly wait: number | null;
}

/** Who asks: somebody with a token, or with this one. */
interface Asker {
  readonly userId: string;
  readonly token: string;
}

interface Wire {
  /** What the row looks like here. */
  readonly form: (row: Row) => unknown;
  /** Where waiting helps, this wire has a place to say how long. */
  readonly saysWhen: boolean;
  readonly rows: { readonly [row in Row]: ((asker: Asker) => Promise<Told>) | { readonly never: string } };
}

let app: TestApp;
let redis: PrivateRedis;
beforeAll(async () => {
  redis = await PrivateRedis.start();
  app = await TestApp.start({ REDIS_URL: redis.url, GRPC_PORT: String(await freePort()) });
  await app.befriend('ann', 'busy', 'loud');
});
afterAll(async () => {
  await app.stop();
  await redis.stop();
});

const TEXT = expect.any(String) as string;
const never = (why: string) => ({ never: why });
const NOTHING_TO_ACT_AS = never('no call names who acts');
const NO_CONVERSATIONS = never('it has no calls about conversations');
const NO_CHOICES = never('a status cannot be chosen here');

// GraphQL over HTTP

async function http(asker: Asker, query: string): Promise<Told> {
  const answer = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(asker.token && { authorization: `Bearer ${asker.token}` }) },
    body: JSON.stringify({ query }),
  });
  return ofErrors(((await answer.json()) as { errors?: unknown }).errors);
}

function ofErrors(errors: unknown): Told {
  const [error] = errors as { message: string; extensions: { code: string; retryAfterMs?: number } }[];
  const { code, retryAfterMs = null, ...rest } = error?.extensions ?? { code: 'NONE' };
  return { answer: { code, message: error?.message, ...rest }, wait: retryAfterMs };
}

const SEES = (id: string) => `{ userStatus(userId: "${id}") { status } }`;
const TYPES = 'mutation { typingStart(conversationId: "nowhere") { success } }';
const CHANGES = 'mutation { setCustomStatus(status: IDLE) { status } }';

// GraphQL over a socket

async function socket(asker: Asker, query: string): Promise<Told> {
  const client = new GraphqlSocket(app.wsUrl, { authorization: `Bearer ${asker.token}`, presence: false });
  const { payload } = await client.ask(query);
  client.close();
  return ofErrors(Array.isArray(payload) ? payload : (payload as { errors: unknown }).errors);
}

// REST

async function rest(asker: Asker, method: string, path: string, body?: object): Promise<Told> {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(asker.token && { authorization: `Bearer ${asker.token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const wait = answer.headers.get('retry-after');
  return { answer: [answer.status, await answer.json()], wait: wait === null ? null : Number(wait) * 1000 };
}

// gRPC

async function grpc(asker: Asker, method: string, request: object): Promise<Told> {
  const client = new GrpcClient(app.config.grpcPort, asker.token || null);
  const failure = (await client.call(method, request)) as {
    error: { details: { retryAfterMs?: string } };
    code: number;
    details: string;
  };
  client.close();
  const { retryAfterMs, ...details } = failure.error.details;
  return { answer: { ...failure, error: { ...failure.error, details } }, wait: Number(retryAfterMs ?? NaN) || null };
}

// Socket.IO and plain WebSocket

async function io(asker: Asker, event: string, data?: object, times = 1): Promise<Told> {
  const client = new IoClient(app.url, { token: asker.token, presence: false });
  expect(await client.opened).toBe('connected');
  for (let i = 1; i < times; i += 1) client.socket.emit('user_activity');
  const answer = await client.ask(event, data);
  // The event is sent, too.
  const { error } = answer as { error: { code: string } };
  expect((await client.until(({ data: told }) => told['code'] === error.code, 2000)).view).toEqual({
    event: 'presence_error',
    data: error,
  });
  client.close();
  return { answer, wait: null };
}

async function plain(asker: Asker, type: string, data?: object, times = 1): Promise<Told> {
  const client = new PlainClient(app.wsUrl, `token=${asker.token}&presence=false`);
  await client.of('ready', 5000);
  for (let i = 0; i < times; i += 1) client.say(type, data);
  const answer = await client.of('error', 5000);
  client.close();
  return { answer, wait: null };
}

/** One more than may come at once. */
const TOO_MANY_MESSAGES = 260;

const inGraphql = (row: Row) => ({ code: row, message: TEXT });

const WIRES: Readonly<Record<string, Wire>> = {
  'GraphQL over HTTP': {
    form: inGraphql,
    saysWhen: true,
    rows: {
      UNAUTHENTICATED: (asker) => http(asker, SEES('ann')),
      FORBIDDEN: NOTHING_TO_ACT_AS,
      USER_NOT_FOUND: (asker) => http(asker, SEES('ghost')),
      CONVERSATION_NOT_FOUND: (asker) => http(asker, TYPES),
      INVALID_STATUS: never('an enum fails in validation, see below'),
      BAD_USER_INPUT: (asker) => http(asker, SEES('a b')),
      RATE_LIMITED: (asker) => http(asker, CHANGES),
      SERVICE_UNAVAILABLE: (asker) => http(asker, SEES('ann')),
    },
  },
  'GraphQL over a socket': {
    form: inGraphql,
    saysWhen: true,
    rows: {
      UNAUTHENTICATED: never('the socket is closed with 4401 or 4403, see below'),
      FORBIDDEN: NOTHING_TO_ACT_AS,
      USER_NOT_FOUND: (asker) => socket(asker, SEES('ghost')),
      CONVERSATION_NOT_FOUND: (asker) => socket(asker, TYPES),
      INVALID_STATUS: never('an enum fails in validation, see below'),
      BAD_USER_INPUT: (asker) => socket(asker, 'subscription { statusChanged(userIds: ["a b"]) { status } }'),
      RATE_LIMITED: (asker) => socket(asker, CHANGES),
      SERVICE_UNAVAILABLE: (asker) => socket(asker, SEES('ann')),
    },
  },
  REST: {
    form: (row) => [ROWS[row].http, { success: false, error: { code: row, message: TEXT } }],
    saysWhen: true,
    rows: {
      UNAUTHENTICATED: (asker) => rest(asker, 'GET', '/api/v1/users/ann/status'),
      FORBIDDEN: NOTHING_TO_ACT_AS,
      USER_NOT_FOUND: (asker) => rest(asker, 'GET', '/api/v1/users/ghost/status'),
      CONVERSATION_NOT_FOUND: NO_CONVERSATIONS,
      INVALID_STATUS: (asker) => rest(asker, 'PUT', '/api/user/custom-status', { customStatus: 'BUSY' }),
      BAD_USER_INPUT: (asker) => rest(asker, 'PUT', '/api/v1/users/me/privacy', { show_last_seen: 'no' }),
      RATE_LIMITED: (asker) => rest(asker, 'PUT', '/api/user/custom-status', { customStatus: 'IDLE' }),
      SERVICE_UNAVAILABLE: (asker) => rest(asker, 'GET', '/api/v1/users/ann/status'),
    },
  },
  gRPC: {
    form: (row) => ({
      code: ROWS[row].grpc,
      details: TEXT,
      error: { code: ROWS[row].error, message: TEXT, details: {} },
    }),
    saysWhen: true,
    rows: {
      UNAUTHENTICATED: (asker) => grpc(asker, 'GetUserStatus', { user_id: 'ann' }),
      FORBIDDEN: (asker) => grpc(asker, 'SendHeartbeat', { user_id: 'busy' }),
      USER_NOT_FOUND: (asker) => grpc(asker, 'GetUserStatus', { user_id: 'ghost' }),
      CONVERSATION_NOT_FOUND: NO_CONVERSATIONS,
      INVALID_STATUS: (asker) => grpc(asker, 'SetUserStatus', { user_id: asker.userId, status: 'UNKNOWN' }),
      BAD_USER_INPUT: (asker) => grpc(asker, 'GetUserStatus', { user_id: 'a b' }),
      RATE_LIMITED: (asker) => grpc(asker, 'SetUserStatus', { user_id: asker.userId, status: 'AWAY' }),
      SERVICE_UNAVAILABLE: (asker) => grpc(asker, 'GetUserStatus', { user_id: 'ann' }),
    },
  },
  'Socket.IO': {
    form: (row) => ({ success: false, error: { code: row, message: TEXT } }),
    saysWhen: false,
    rows: {
      UNAUTHENTICATED: never('it is not let in, see below'),
      FORBIDDEN: (asker) => io(asker, 'join_user', { userId: 'busy' }),
      USER_NOT_FOUND: (asker) => io(asker, 'check_user_online', { userId: 'ghost' }),
      CONVERSATION_NOT_FOUND: (asker) => io(asker, 'typing_start', { conversationId: 'nowhere' }),
      INVALID_STATUS: NO_CHOICES,
      BAD_USER_INPUT: (asker) => io(asker, 'check_user_online', { userId: 'a b' }),
      RATE_LIMITED: (asker) => io(asker, 'get_online_users', undefined, TOO_MANY_MESSAGES),
      SERVICE_UNAVAILABLE: (asker) => io(asker, 'check_user_online', { userId: 'ann' }),
    },
  },
  '/ws': {
    form: (row) => ({ type: 'error', data: { code: row, message: TEXT } }),
    saysWhen: false,
    rows: {
      UNAUTHENTICATED: never('the socket is closed with 1008, see below'),
      FORBIDDEN: (asker) => plain(asker, 'typing_start', { conversation_id: 'nowhere', user_id: 'busy' }),
      USER_NOT_FOUND: never('who does not exist is watched in vain, like somebody who may come to exist'),
      CONVERSATION_NOT_FOUND: (asker) => plain(asker, 'typing_start', { conversation_id: 'nowhere' }),
      INVALID_STATUS: NO_CHOICES,
      BAD_USER_INPUT: (asker) => plain(asker, 'watch', { user_ids: ['a b'] }),
      RATE_LIMITED: (asker) => plain(asker, 'heartbeat', {}, TOO_MANY_MESSAGES),
      SERVICE_UNAVAILABLE: (asker) => plain(asker, 'heartbeat', {}),
    },
  },
};

const asker = (userId: string): Asker => ({ userId, token: app.token(userId) });

/** What no message may name. */
const INTERNALS = /redis|postgres|sql|select |lamp:|127\.0\.0|localhost|:\d{4,5}\b|ioredis|\.ts\b|\.js\b| at /i;

async function shows(row: Row, wire: Wire, from: Asker): Promise<void> {
  const attempt = wire.rows[row];
  if ('never' in attempt) return;
  const { answer, wait } = await attempt(from);
  expect(answer).toEqual(wire.form(row));
  expect(JSON.stringify(answer).replace(ROWS[row].error, '')).not.toMatch(INTERNALS);
  if (wire.saysWhen && WAITS.includes(row)) expect(wait).toBeGreaterThan(0);
  else expect(wait).toBeNull();
}

/** The rows that the wire can come to, or those that it cannot. */
const able = (row: Row) => Object.entries(WIRES).filter(([, { rows }]) => !('never' in rows[row]));

describe.each(Object.keys(ROWS).filter((row) => !WAITS.includes(row as Row)) as Row[])('%s', (row) => {
  it.each(able(row))('over %s', async (_name, wire) => {
    if (row !== 'UNAUTHENTICATED') return shows(row, wire, asker('ann'));
    for (const token of ['', 'nonsense', app.token('ghost'), app.token('ann', -60)]) {
      await shows(row, wire, { userId: 'ann', token });
    }
  });
});

describe('UNAUTHENTICATED on sockets', () => {
  it.each([
    ['nonsense', () => 'nonsense', 4401, '1008 unauthenticated', 'UNAUTHENTICATED'],
    ['of nobody', () => app.token('ghost'), 4401, '1008 unauthenticated', 'UNAUTHENTICATED'],
    ['that has expired', () => app.token('ann', -60), 4403, '1008 expired', 'connected'],
  ])('with a token %s', async (_what, token, graphqlClose, plainClose, ioOpening) => {
    expect(await new GraphqlSocket(app.wsUrl, { authorization: `Bearer ${token()}` }).closed).toBe(graphqlClose);
    expect(await new PlainClient(app.wsUrl, `token=${token()}`).closed).toBe(plainClose);
    const client = new IoClient(app.url, { token: token() });
    expect(await client.opened).toBe(ioOpening);
    // Who was let in with a token that has ended is told, and then the connection closes.
    if (ioOpening === 'connected') {
      expect(await client.of('presence_error')).toEqual({ code: 'UNAUTHENTICATED', message: TEXT });
      expect(await client.closed).toBe('transport close');
    }
    client.close();
  });
});

describe('a status that does not exist, over GraphQL', () => {
  it('fails in validation as a literal, and is bad input as a variable', async () => {
    const literal = await http(asker('ann'), 'mutation { setCustomStatus(status: BUSY) { status } }');
    expect(literal.answer).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${app.token('ann')}` },
      body: JSON.stringify({
        query: 'mutation($s: CustomStatus) { setCustomStatus(status: $s) { status } }',
        variables: { s: 'BUSY' },
      }),
    });
    expect(ofErrors(((await answer.json()) as { errors: unknown }).errors).answer).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('RATE_LIMITED', () => {
  beforeAll(async () => {
    for (let i = 0; i < 60; i += 1)
      await rest(asker('busy'), 'PUT', '/api/user/custom-status', { customStatus: 'IDLE' });
  });

  it.each(able('RATE_LIMITED'))('over %s', async (name, wire) => {
    // Those that cannot change a status are loud instead.
    await shows('RATE_LIMITED', wire, asker(name === '/ws' || name === 'Socket.IO' ? 'loud' : 'busy'));
  });
});

describe('SERVICE_UNAVAILABLE, while Redis is away,', () => {
  beforeAll(async () => {
    await redis.kill();
    await vi.waitFor(async () =>
      expect((await http(asker('ann'), SEES('ann'))).answer).toMatchObject({ code: 'SERVICE_UNAVAILABLE' }),
    );
  });

  it.each(able('SERVICE_UNAVAILABLE'))('over %s', async (_name, wire) => {
    await shows('SERVICE_UNAVAILABLE', wire, asker('ann'));
  });
});

describe('whatever a wire cannot come to', () => {
  it('is so for a reason', () => {
    const reasons = Object.entries(WIRES).flatMap(([name, { rows }]) =>
      Object.entries(rows).flatMap(([row, attempt]) =>
        'never' in attempt ? [`${row} over ${name}: ${attempt.never}`] : [],
      ),
    );
    expect(reasons).toMatchInlineSnapshot(`
      [
        "FORBIDDEN over GraphQL over HTTP: no call names who acts",
        "INVALID_STATUS over GraphQL over HTTP: an enum fails in validation, see below",
        "UNAUTHENTICATED over GraphQL over a socket: the socket is closed with 4401 or 4403, see below",
        "FORBIDDEN over GraphQL over a socket: no call names who acts",
        "INVALID_STATUS over GraphQL over a socket: an enum fails in validation, see below",
        "FORBIDDEN over REST: no call names who acts",
        "CONVERSATION_NOT_FOUND over REST: it has no calls about conversations",
        "CONVERSATION_NOT_FOUND over gRPC: it has no calls about conversations",
        "UNAUTHENTICATED over Socket.IO: it is not let in, see below",
        "INVALID_STATUS over Socket.IO: a status cannot be chosen here",
        "UNAUTHENTICATED over /ws: the socket is closed with 1008, see below",
        "USER_NOT_FOUND over /ws: who does not exist is watched in vain, like somebody who may come to exist",
        "INVALID_STATUS over /ws: a status cannot be chosen here",
      ]
    `);
  });
});
