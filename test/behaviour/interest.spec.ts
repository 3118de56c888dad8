import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GraphqlSocket } from '../support/graphql.socket.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { Proxy } from '../support/proxy.js';
import { PrivateRedis } from '../support/redis.js';
import { TestApp } from '../support/app.js';

const WATCH =
  'subscription($ids: [ID!], $snapshot: Boolean) { statusChanged(userIds: $ids, snapshot: $snapshot) { status } }';
const CHOOSE = 'mutation($status: CustomStatus!) { setCustomStatus(status: $status) { status } }';

let redis: PrivateRedis;
let database: TestDatabase;
let proxy: Proxy;
/** Its way to Redis is the proxy's. */
let here: TestApp;
let there: TestApp;
const open: GraphqlSocket[] = [];

beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  proxy = await Proxy.start({ port: redis.port, host: '127.0.0.1' });
  [here, there] = await Promise.all([
    TestApp.start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, DATABASE_URL: database.url }),
    TestApp.start({ REDIS_URL: redis.url, DATABASE_URL: database.url }),
  ]);
});
afterEach(async () => {
  proxy.set('pass');
  proxy.judge(null);
  for (const socket of open.splice(0)) {
    socket.ws.close();
    await socket.closed;
  }
});
afterAll(async () => {
  await Promise.all([here.stop(), there.stop()]);
  await proxy.stop();
  await Promise.all([redis.stop(), database.drop()]);
});

/** Somebody who only watches, so that nothing else of theirs goes to Redis. */
async function arrive(at: TestApp, userId: string, presence = false): Promise<GraphqlSocket> {
  const socket = new GraphqlSocket(at.wsUrl, { authorization: `Bearer ${at.token(userId)}`, presence });
  open.push(socket);
  await socket.until(({ type }) => type === 'connection_ack', 10_000);
  return socket;
}

const watch = (socket: GraphqlSocket, userId: string, snapshot = false) =>
  socket.begin(WATCH, { ids: [userId], snapshot });

async function choose(socket: GraphqlSocket, status: string): Promise<void> {
  const id = socket.begin(CHOOSE, { status });
  const { view } = await socket.until((frame) => frame.id === id, 5000);
  expect(view).toMatchObject({ type: 'next', payload: { data: { setCustomStatus: { status } } } });
}

const hears = (socket: GraphqlSocket, id: string, status: string) =>
  socket.until((frame) => frame.id === id && JSON.stringify(frame.payload).includes(`"status":"${status}"`), 5000);

const refusal = (socket: GraphqlSocket, id: string) =>
  socket.until((frame) => frame.id === id && frame.type === 'error', 5000);

describe('while Redis answers nothing', () => {
  it('those who begin to watch somebody new are refused, and hear of them once it answers', async () => {
    await there.know('ann', 'ben', 'sue');
    const [ann, ben] = await Promise.all([arrive(here, 'ann'), arrive(here, 'ben')]);
    proxy.set('hang');
    const refused = await Promise.all([ann, ben].map((socket) => refusal(socket, watch(socket, 'sue'))));
    for (const { view } of refused)
      expect(view.payload).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);

    proxy.set('pass');
    const accepted = async (socket: GraphqlSocket) => {
      const id = watch(socket, 'sue', true);
      const { view } = await socket.until((frame) => frame.id === id, 5000);
      expect(view).toMatchObject({ type: 'next', payload: { data: { statusChanged: { status: 'OFFLINE' } } } });
      return id;
    };
    const ids = await Promise.all(
      [ann, ben].map((socket) => vi.waitFor(() => accepted(socket), { timeout: 15_000, interval: 50 })),
    );
    const sue = await arrive(there, 'sue', true);
    await Promise.all([hears(ann, ids[0] ?? '', 'ONLINE'), hears(ben, ids[1] ?? '', 'ONLINE')]);
    await choose(sue, 'DO_NOT_DISTURB');
    await Promise.all([hears(ann, ids[0] ?? '', 'DO_NOT_DISTURB'), hears(ben, ids[1] ?? '', 'DO_NOT_DISTURB')]);
  });

  it('whoever others watch already can be watched, and what they are can not be asked', async () => {
    await there.know('cy', 'dan', 'tom');
    const tom = await arrive(there, 'tom', true);
    const [cy, dan] = await Promise.all([arrive(here, 'cy'), arrive(here, 'dan')]);
    await hears(cy, watch(cy, 'tom', true), 'ONLINE');
    proxy.set('hang');
    const watched = watch(dan, 'tom');
    await refusal(dan, watch(dan, 'tom', true));
    proxy.set('pass');
    await choose(tom, 'IDLE');
    await hears(dan, watched, 'IDLE');
    expect(dan.views.filter(({ id }) => id === watched)).toHaveLength(1);
  });
});
