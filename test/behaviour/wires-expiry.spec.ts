import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../support/app.js';
import { GraphqlSocket } from '../support/graphql.socket.js';
import { GrpcClient } from '../support/grpc.js';
import { IoClient } from '../support/io.js';
import { PlainClient } from '../support/plain.js';
import { freePort } from '../support/redis.js';

/** What clocks may differ by, which a token outlives its end by. */
const TOLERANCE_MS = 5000;
const PROMISED_MS = 1000;
/** Of a busy machine. */
const SLACK_MS = 1000;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ GRPC_PORT: String(await freePort()) });
  await app.befriend('ann', 'ben');
});
afterAll(() => app.stop());

interface Line {
  /** How the server ends it. */
  readonly ended: Promise<unknown>;
  /** A newer token. Resolves when the server has taken it. */
  readonly renew: (token: string) => Promise<unknown>;
  readonly close: () => void;
}

async function graphql(token: string): Promise<Line> {
  const client = new GraphqlSocket(app.wsUrl, { authorization: `Bearer ${token}` });
  await client.next(5000);
  return {
    ended: client.closed,
    renew: (newer) => {
      client.say({ type: 'ping', payload: { authorization: `Bearer ${newer}` } });
      return client.until(({ type }) => type === 'pong', 2000);
    },
    close: () => client.close(),
  };
}

async function plain(token: string): Promise<Line> {
  const client = new PlainClient(app.wsUrl, `token=${token}`);
  await client.of('ready', 5000);
  return {
    ended: client.closed,
    renew: (newer) => {
      client.say('auth', { token: newer });
      return client.of('ready');
    },
    close: () => client.close(),
  };
}

async function socketio(token: string): Promise<Line> {
  const client = new IoClient(app.url, { token });
  await client.opened;
  return {
    ended: client.closed.then((reason) => [client.views.at(-1), reason]),
    renew: (newer) => client.ask('authenticate', { token: newer }),
    close: () => client.close(),
  };
}

async function grpc(token: string): Promise<Line> {
  const client = new GrpcClient(app.config.grpcPort, token);
  const stream = client.subscribe({});
  await stream.next(5000);
  let next: Line | null = null;
  return {
    ended: stream.failure.then(({ code, error }) => [code, error?.code]),
    renew: async (newer) => {
      next = await grpc(newer);
    },
    close: () => {
      next?.close();
      stream.close();
      client.close();
    },
  };
}

describe.concurrent('a token that ends', () => {
  it.each([
    ['graphql-ws', graphql, 4403],
    ['/ws', plain, '1008 expired'],
    [
      'Socket.IO',
      socketio,
      [
        { event: 'presence_error', data: { code: 'UNAUTHENTICATED', message: 'The token has expired' } },
        'transport close',
      ],
    ],
    ['gRPC', grpc, [16, 'UNAUTHORIZED']],
  ] as const)('ends its connection over %s within a second, unless a newer one came', async (wire, open, end) => {
    // Of the five seconds two are over.
    const endsAt = Math.floor(Date.now() / 1000) * 1000 - 2000 + TOLERANCE_MS;
    const [short, renewed] = await Promise.all([open(app.token('ann', -2)), open(app.token('ben', -2))]);
    await renewed.renew(app.token('ben'));
    expect(await short.ended).toEqual(end);
    const endedAt = Date.now();
    expect(endedAt).toBeGreaterThanOrEqual(endsAt - 50);
    expect(endedAt - endsAt).toBeLessThan(PROMISED_MS + SLACK_MS);
    // The older stream of gRPC ends as it would have; the newer one, like the renewed sockets, does not.
    if (wire !== 'gRPC') {
      const state = await Promise.race([
        renewed.ended.then(() => 'ended'),
        new Promise((resolve) => setTimeout(() => resolve('open'), PROMISED_MS)),
      ]);
      expect(state).toBe('open');
    }
    renewed.close();
  });
});
