import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ NODE_ENV: 'production', ALLOWED_ORIGINS: 'https://app.example' });
  await app.know('alice');
});
afterAll(() => app.stop());

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function overHttp(query: string): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.token('alice')}` },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

async function overSocket(query: string): Promise<Answer> {
  const ws = new WebSocket(`${app.wsUrl}/graphql`, 'graphql-transport-ws');
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${app.token('alice')}` } }));
  await once(ws, 'message');
  ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  const [data] = (await once(ws, 'message')) as [Buffer];
  ws.close();
  const { type, payload } = JSON.parse(data.toString()) as { type: string; payload: unknown };
  return type === 'error' ? { errors: payload as Answer['errors'] } : (payload as Answer);
}

describe.each([
  ['HTTP', overHttp],
  ['a socket', overSocket],
])('in production, over %s', (_wire, ask) => {
  it('nobody learns the schema', async () => {
    for (const query of ['{__schema{queryType{name}}}', '{__type(name:"User"){name}}']) {
      const { data, errors } = await ask(query);
      expect(data).toBeUndefined();
      expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
    }
    expect(await ask('{__typename}')).toEqual({ data: { __typename: 'Query' } });
  });

  it('a misspelt name is not corrected', async () => {
    for (const query of [
      '{userStatos(userId:"a"){status}}',
      '{userStatus(usrId:"a"){status}}',
      '{onlineUsers{nodes{statos}}}',
    ]) {
      const { errors } = await ask(query);
      expect(errors?.length).toBeGreaterThan(0);
      expect(errors?.map(({ message }) => message).filter((message) => message.includes('Did you mean'))).toEqual([]);
    }
  });
});

describe('the upgrade of a connection in production', () => {
  it('is for allowed pages and for clients that are no page', async () => {
    const status = (origin?: string) =>
      new Promise<number>((resolve) => {
        const ws = new WebSocket(`${app.wsUrl}/graphql`, 'graphql-transport-ws', { ...(origin && { origin }) });
        ws.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        ws.on('open', () => (ws.close(), resolve(101)));
        ws.on('error', () => {});
      });
    expect(await status('https://app.example')).toBe(101);
    expect(await status()).toBe(101);
    expect(await status('http://localhost:3000')).toBe(403);
  });

  it('to something else than a WebSocket is not made, and the call is answered as usual', async () => {
    const status = await new Promise((resolve, reject) => {
      const call = request(
        `${app.url}/graphql`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            connection: 'Upgrade, HTTP2-Settings',
            upgrade: 'h2c',
            'http2-settings': '',
          },
        },
        (response) => resolve(response.statusCode),
      );
      call.on('error', reject).end('{"query":"{__typename}"}');
    });
    expect(status).toBe(200);
  });
});
