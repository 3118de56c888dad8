import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Holds } from '../../src/presence/holds.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { IoClient } from '../support/io.js';
import { PlainClient } from '../support/plain.js';
import { Proxy } from '../support/proxy.js';
import { freePort } from '../support/redis.js';

/** Longer than two looks for signs of life. */
const IDLE_MS = 19_000;
/** From the last sign of life until others see it, all in all. */
const HALF_OPEN_MS = 25_000;

let app: TestApp;
let port: number;
const PEOPLE = ['gina', 'hugo', 'iris', 'jack'];
const crowd = Array.from({ length: 60 }, (_, i) => `crowd-${i}`);
beforeAll(async () => {
  port = await freePort();
  app = await TestApp.start({ GRPC_PORT: String(port) });
  await app.befriend('ann', ...PEOPLE);
  await app.know(...crowd);
});
afterAll(() => app.stop());

describe.concurrent('clients that hang', () => {
  it(
    'are kept while they are there, however quiet, and noticed when they are not',
    { timeout: 90_000 },
    async ({ expect }) => {
      const [http, grpcPort] = await Promise.all([
        Proxy.start({ port: Number(new URL(app.url).port), host: '127.0.0.1' }),
        Proxy.start({ port, host: '127.0.0.1' }),
      ]);
      const url = `http://127.0.0.1:${http.port}`;
      const gina = new PlainClient(url.replace('http', 'ws'), `token=${app.token('gina')}`);
      const hugo = new IoClient(url, { token: app.token('hugo') });
      const iris = new IoClient(url, { token: app.token('iris') }, { transports: ['polling'] });
      const client = new GrpcClient(grpcPort.port, app.token('jack'));
      const jack = client.subscribe({});
      const ann = graphql.calls(app, 'ann');
      const statuses = async () => (await ann.seeAll(PEOPLE)).map((view) => view?.status);
      await vi.waitFor(async () => expect(await statuses()).toEqual(Array(4).fill('ONLINE')), { timeout: 10_000 });
      const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      const gone = () => told.mock.calls.filter(([{ userId }]) => PEOPLE.includes(userId));
      expect(gone()).toEqual([]);

      http.set('hang');
      grpcPort.set('hang');
      const began = Date.now();
      await vi.waitFor(async () => expect(await statuses()).toEqual(Array(4).fill('OFFLINE')), {
        timeout: 40_000,
        interval: 250,
      });
      expect(Date.now() - began).toBeLessThan(HALF_OPEN_MS + 2000);
      // And they were last seen when they were last heard, not when it was noticed.
      for (const view of await ann.seeAll(PEOPLE)) {
        expect(Math.abs(Date.parse(view?.lastSeen ?? '') - began)).toBeLessThan(8000);
      }
      expect(gone().map(([, , departure]) => departure)).toEqual(Array(4).fill('abrupt'));
      for (const one of [gina, hugo, iris, jack]) one.close();
      client.close();
      await Promise.all([http.stop(), grpcPort.stop()]);
    },
  );

  it('are ended over gRPC when they take nothing for ten seconds', { timeout: 40_000 }, async ({ expect }) => {
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 8 } });
    const call = session.request({
      ':method': 'POST',
      ':path': '/users.status.UserStatusService/SubscribeStatusUpdates',
      'content-type': 'application/grpc',
      authorization: `Bearer ${app.token('ann')}`,
      presence: 'false',
      te: 'trailers',
    });
    call.end(message(crowd));
    const status = new Promise((resolve) => {
      call.on('trailers', (trailers: Record<string, unknown>) => resolve(trailers['grpc-status']));
    });
    const began = performance.now();
    // Nothing is read: the window that was granted is full after the first few bytes.
    await new Promise((resolve) => setTimeout(resolve, 11_500));
    session.settings({ initialWindowSize: 1 << 20 });
    call.resume();
    expect(await status).toBe('8');
    expect(performance.now() - began).toBeGreaterThan(10_000);
    session.close();
  });

  it('are ended over Socket.IO when they do not poll for what there is', { timeout: 40_000 }, async ({ expect }) => {
    const address = `${app.url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(address)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const token = app.token('ann');
    const answer = await fetch(`${address}&sid=${sid}`, {
      method: 'POST',
      body: `40${JSON.stringify({ token, presence: false })}`,
    });
    expect(await answer.text()).toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 11_500));
    const late = await fetch(`${address}&sid=${sid}`);
    expect(late.status).toBe(400);
  });
});

describe('a page that polls', () => {
  const address = () => `${app.url}/socket.io/?EIO=4&transport=polling`;

  it('is refused from elsewhere, also when it knows the id of a connection', async () => {
    const { sid } = JSON.parse((await (await fetch(address())).text()).slice(1)) as { sid: string };
    const headers = { origin: 'http://evil.example' };
    expect((await fetch(address(), { headers })).status).toBe(403);
    expect((await fetch(`${address()}&sid=${sid}`, { headers })).status).toBe(403);
    expect((await fetch(`${address()}&sid=${sid}`, { headers: { origin: 'http://localhost:5173' } })).status).toBe(200);
  });

  it('is refused what is too long, what is not text, and what there is not', async () => {
    const { sid } = JSON.parse((await (await fetch(address())).text()).slice(1)) as { sid: string };
    const post = (body: string, type: string) =>
      fetch(`${address()}&sid=${sid}`, { method: 'POST', body, headers: { 'content-type': type } });
    expect((await post('{"a":1}', 'application/json')).status).toBe(400);
    expect((await post('4'.repeat(256 * 1024 + 1), 'text/plain')).status).toBe(413);
    expect((await fetch(`${app.url}/socket.io/other`)).status).toBe(404);
  });
});

/** A SubscribeStatusUpdatesRequest that names these, as gRPC frames it. */
function message(userIds: readonly string[]): Buffer {
  const fields = userIds.map((id) => Buffer.concat([Buffer.from([0x12, id.length]), Buffer.from(id)]));
  const body = Buffer.concat(fields);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
