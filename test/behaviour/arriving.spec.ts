import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../support/app.js';
import { GraphqlSocket } from '../support/graphql.socket.js';
import { behindProxy, startPostgres, type TestDatabase } from '../support/postgres.js';
import type { Proxy } from '../support/proxy.js';
import { PrivateRedis } from '../support/redis.js';
import { statementsIn } from '../support/statements.js';

const ME = '{ me { presence { status } customStatus } }';
const MANY = 100;

let redis: PrivateRedis;
let database: TestDatabase;
let proxy: Proxy;
let app: TestApp;
let other: TestApp;
const open: GraphqlSocket[] = [];

beforeAll(async () => {
  [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
  const postgres = await behindProxy(database);
  proxy = postgres.proxy;
  [app, other] = await Promise.all([
    TestApp.start({ REDIS_URL: redis.url, DATABASE_URL: postgres.url }),
    TestApp.start({ REDIS_URL: redis.url, DATABASE_URL: database.url }),
  ]);
});
afterEach(async () => {
  for (const socket of open.splice(0)) {
    socket.ws.close();
    await socket.closed;
  }
});
afterAll(async () => {
  await Promise.all([app.stop(), other.stop()]);
  await proxy.stop();
  await redis.stop();
  await database.drop();
});

async function arrive(at: TestApp, userId: string): Promise<GraphqlSocket> {
  const socket = new GraphqlSocket(at.wsUrl, { authorization: `Bearer ${at.token(userId)}` });
  open.push(socket);
  await socket.until(({ type }) => type === 'connection_ack', 10_000);
  return socket;
}

async function answer(socket: GraphqlSocket, query: string): Promise<unknown> {
  const id = socket.begin(query);
  return (await socket.until((frame) => frame.id === id, 5000)).view.payload;
}

/** What the instance asks Postgres about people who come while `work` runs, as they themselves are the only ones. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  proxy.judge((bytes, inward) => {
    if (!inward) seen.push(...statementsIn(bytes).filter((text) => !/\b(changes|last_seen|expires_at <=)/.test(text)));
    return true;
  });
  await work();
  proxy.judge(null);
  return seen;
}

describe('somebody who arrives', () => {
  it('costs one question to Postgres: who it is and what they chose, together', async () => {
    await other.know('ann');
    expect(await asked(() => arrive(app, 'ann'))).toHaveLength(1);
  });

  it('costs none where somebody else has just asked', async () => {
    await other.know('ben');
    await arrive(app, 'ben');
    expect(await asked(() => arrive(app, 'ben'))).toEqual([]);
  });

  it('shares the question with those who come at the same moment', async () => {
    const ids = Array.from({ length: MANY }, (_, number) => `crowd-${number}`);
    await other.know(...ids);
    const questions = await asked(() => Promise.all(ids.map((id) => arrive(app, id))));
    expect(questions.length).toBeLessThan(MANY / 2);
  });

  it('is shown as they chose to be on another instance meanwhile', async () => {
    await other.know('cid');
    // Looked up here before the choice.
    const before = await arrive(app, 'cid');
    before.ws.close();
    await before.closed;
    const there = await arrive(other, 'cid');
    await answer(there, 'mutation { setCustomStatus(status: INVISIBLE) { status } }');
    const back = await arrive(app, 'cid');
    expect(await answer(back, ME)).toEqual({
      data: { me: { presence: { status: 'OFFLINE' }, customStatus: 'INVISIBLE' } },
    });
  });
});
