import { createHmac } from 'node:crypto';

/** What a crowd of clients sends over one kind of connection. */
export type Protocol = 'graphql' | 'bare' | 'socketio';

/** One connection: its upgrade, and what to send after which message. An empty `await` is the upgrade itself. */
export interface Conversation {
  readonly hello: string;
  readonly steps: readonly { readonly await: string; readonly send: Buffer | string }[];
}

/** Which texts mean that a request was answered. */
export const ANSWERED: Readonly<Record<Protocol | 'http', string>> = {
  graphql: '"complete"',
  bare: 'ok',
  socketio: '431',
  http: 'HTTP',
};

const FIELDS = '{ userId status isOnline lastSeen message { text } }';
const WATCH = `subscription Watch($userIds: [ID!]!) { statusChanged(userIds: $userIds) ${FIELDS} }`;
const STATUSES = `query Statuses($userIds: [ID!]!) { userStatuses(userIds: $userIds) ${FIELDS} }`;
const HEARTBEAT = 'mutation Heartbeat { heartbeat { success nextHeartbeatInSeconds } }';

/** Length of the ids that the official client makes. */
const operationId = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const LIFETIME_S = 24 * 3600;

/** HS256, good for a day. */
export function tokenOf(userId: string, secret: string): string {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: userId, iat: now, exp: now + LIFETIME_S })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Opens a connection, proves who it is, and watches `userIds` unless there are none. */
export function conversation(protocol: Protocol, n: number, token: string, userIds: readonly string[]): Conversation {
  const watches = userIds.length > 0;
  switch (protocol) {
    case 'bare': {
      const steps = watches
        ? [
            { await: '', send: frame({ watch: userIds }) },
            { await: 'ok', send: '' },
          ]
        : [{ await: '', send: '' }];
      return { hello: upgrade(`/?token=${token}`), steps };
    }
    case 'socketio': {
      const watch = { await: '40{', send: frame(`420${JSON.stringify(['watch', userIds])}`) };
      const steps = [
        { await: '0{', send: frame(`40${JSON.stringify({ token })}`) },
        ...(watches ? [watch, { await: '430', send: '' }] : [{ await: '40{', send: '' }]),
      ];
      return { hello: upgrade('/socket.io/?EIO=4&transport=websocket'), steps };
    }
    case 'graphql': {
      const init = frame({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
      const payload = { operationName: 'Watch', query: WATCH, variables: { userIds } };
      const subscribe = frame({ id: operationId(n), type: 'subscribe', payload });
      const steps = [
        { await: '', send: init },
        { await: 'connection_ack', send: watches ? Buffer.concat([subscribe, frame({ type: 'ping' })]) : '' },
        ...(watches ? [{ await: 'pong', send: '' }] : []),
      ];
      return { hello: upgrade('/graphql', 'graphql-transport-ws'), steps };
    }
  }
}

/** Requests over sockets that are open already. */
export function heartbeats(protocol: Protocol, count: number): Buffer[] {
  return Array.from({ length: count }, (_, n) => {
    if (protocol === 'bare') return frame({ heartbeat: true });
    return frame({ id: operationId(n), type: 'subscribe', payload: { operationName: 'Heartbeat', query: HEARTBEAT } });
  });
}

export const heartbeatsOverHttp = (tokens: readonly string[]) =>
  tokens.map((token) => post(token, { operationName: 'Heartbeat', query: HEARTBEAT }));

export const statusesOverHttp = (tokens: readonly string[], userIds: (n: number) => readonly string[]) =>
  tokens.map((token, n) =>
    post(token, { operationName: 'Statuses', query: STATUSES, variables: { userIds: userIds(n) } }),
  );

function post(token: string, body: unknown): Buffer {
  const text = JSON.stringify(body);
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Accept: application/json',
    `Authorization: Bearer ${token}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function upgrade(path: string, subprotocol?: string): string {
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(subprotocol ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}

/** A client's text frame. Its mask is zero, which is allowed and leaves the text as it is. */
function frame(message: unknown): Buffer {
  const payload = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const { length } = payload;
  if (length > 0xffff) throw new RangeError('Clients of the benchmark send no longer messages');
  const header = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}
