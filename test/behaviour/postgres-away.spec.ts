import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { TestApp } from '../support/app.js';
import { startPostgres } from '../support/postgres.js';
import type { TestDatabase } from '../support/postgres.js';
import { Proxy } from '../support/proxy.js';

let database: TestDatabase;
let proxy: Proxy;
let app: TestApp;
beforeAll(async () => {
  database = await startPostgres();
  const { host, name } = partsOf(database.url);
  proxy = await Proxy.start({ path: `${host}/.s.PGSQL.5432` });
  app = await TestApp.start({ DATABASE_URL: `postgres://postgres@127.0.0.1:${proxy.port}/${name}` });
});
afterEach(async () => {
  proxy.set('pass');
  await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'ok' }), {
    timeout: 15_000,
    interval: 100,
  });
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
  await database.drop();
});

const partsOf = (url: string) => ({
  host: new URL(url).searchParams.get('host') ?? '',
  name: new URL(url).pathname.slice(1),
});

async function health(): Promise<unknown> {
  const answer = await fetch(`${app.url}/health/ready`);
  expect(answer.status).toBe(200);
  return answer.json();
}

const putUser = (id: string) =>
  fetch(`${app.url}/api/internal/users/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-secret-token': app.config.serviceToken ?? '' },
    body: JSON.stringify({ username: id, displayName: id }),
  });

describe.each(['hang', 'cut'] as const)('while Postgres is away (%s)', (mode) => {
  it('an operator sees it, and traffic keeps coming', async () => {
    proxy.set(mode);
    await vi.waitFor(async () => expect(await health()).toEqual({ status: 'degraded', checks: { postgres: 'down' } }), {
      timeout: 5_000,
    });
  });

  it('a back end that writes is told to come again, soon, and what it writes afterwards counts', async () => {
    proxy.set(mode);
    const before = performance.now();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => putUser(`u${index}`)));
    expect(performance.now() - before).toBeLessThan(5_000);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await answer.json()).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
    }
    proxy.set('pass');
    await vi.waitFor(async () => expect((await putUser('later')).status).toBe(200), { timeout: 10_000, interval: 100 });
  });
});

describe('when a firewall has forgotten the connections to Postgres', () => {
  it('a back end waits for some seconds, not for the quarter of an hour that TCP needs to notice', async () => {
    // As many at once as there are connections, so that every one of them is in the pool.
    await Promise.all(Array.from({ length: 30 }, (_, index) => putUser(`w${index}`)));
    proxy.forget();
    const before = performance.now();
    await vi.waitFor(
      async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => putUser(`v${index}`)));
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(performance.now() - before).toBeLessThan(8_000);
  });
});
