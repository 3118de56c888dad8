import { once } from 'node:events';
import { connect } from 'node:net';

import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Driver } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { grpc } from '../drivers/grpc.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { TestApp } from '../support/app.js';
import { Nginx } from '../support/nginx.js';
import { BRISK } from '../support/people.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { freePort, PrivateRedis } from '../support/redis.js';

let redis: PrivateRedis;
let database: TestDatabase;
let instances: TestApp[];
let nginx: Nginx;

beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  const instance = async () => {
    const GRPC_PORT = String(await freePort());
    return TestApp.start({ ...BRISK, GRPC_PORT, REDIS_URL: redis.url, DATABASE_URL: database.url });
  };
  const [one, two] = [await instance(), await instance()];
  instances = [one, two];
  await one.befriend('ann', 'ben');
  const upstream = ({ url, config }: TestApp) => ({ http: Number(new URL(url).port), grpc: config.grpcPort });
  nginx = await Nginx.start([upstream(one), upstream(two)]);
});
afterAll(async () => {
  await nginx?.stop();
  for (const instance of instances ?? []) await instance.stop();
  await redis?.stop();
  await database?.drop();
});

/** The service as clients know it. */
const front = () => ({
  url: nginx.url,
  wsUrl: nginx.url.replace('http', 'ws'),
  token: (userId: string) => instances[0]?.token(userId) ?? '',
  config: { grpcPort: nginx.grpcPort },
});

it.each([
  ['graphql-ws', graphql],
  ['Socket.IO', socketio],
  ['plain WebSocket', plain],
  ['gRPC', grpc],
] as [string, Driver][])(
  'whoever comes through the proxy by %s is seen by whoever watches through it',
  async (_, wire) => {
    const watcher = await graphql.connect(front(), 'ben', { presence: false });
    const views = watcher.watch({ userIds: ['ann'], snapshot: true });
    await views.until(({ status }) => status === 'OFFLINE', 5000);
    const ann = await wire.connect(front(), 'ann', {});
    await views.until(({ status }) => status === 'ONLINE', 5000);
    await ann.leave();
    await views.until(({ status }) => status === 'OFFLINE', 5000);
    await watcher.leave();
  },
);

it('whoever has to poll stays with one instance', async () => {
  const auth = { token: front().token('ann') };
  const socket = io(nginx.url, { auth, forceNew: true, reconnection: false, transports: ['polling'] });
  const answers: unknown[] = [];
  for (let i = 0; i < 5; i += 1) answers.push(await socket.emitWithAck('check_user_online', { userId: 'ben' }));
  expect(answers).toEqual(Array(5).fill(expect.objectContaining({ success: true, userId: 'ben' })));
  socket.disconnect();
});

it.each([
  '/metrics',
  '/metrics/?name=x',
  '/METRICS',
  '/%6detrics',
  '//metrics',
  '/health/../metrics',
  '/api/internal/users/ann/explain',
  '/API//Internal/users/ann/explain',
  '/api/%69nternal/users/ann/explain',
  '/api%2Finternal/users/ann/explain',
  '/api/user/realtime',
  '/api/user/custom-status/ann',
])('what is for inside is not there for somebody outside, whatever they bring: %s', async (path) => {
  const secret = instances[0]?.config.serviceToken ?? '';
  const socket = connect(nginx.httpPort, '127.0.0.1');
  // As it stands: a client of HTTP would tidy the path up.
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Secret-Token: ${secret}\r\nConnection: close\r\n\r\n`);
  let answer = '';
  socket.on('data', (text: Buffer) => (answer += text.toString()));
  await once(socket, 'close');
  expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 404 Not Found');
});

it('nobody waits while an instance is replaced', async () => {
  await instances.pop()?.stop();
  const answers = Array.from({ length: 10 }, () => fetch(`${nginx.url}/health/ready`).then(({ status }) => status));
  expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
});
