import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { behindProxy, startPostgres, type TestDatabase } from '../support/postgres.js';
import type { Proxy } from '../support/proxy.js';
import { statementsIn } from '../support/statements.js';

/*
 * How long an answer takes tells, too. What takes the time is what Postgres is asked: about somebody hidden it has to be
 * the same whether they are there or not, and about somebody invisible the same as about somebody gone.
 */

let database: TestDatabase;
let proxy: Proxy;
let app: TestApp;
beforeAll(async () => {
  database = await startPostgres();
  const behind = await behindProxy(database);
  proxy = behind.proxy;
  app = await TestApp.start({ DATABASE_URL: behind.url, RATE_LIMITS: 'off', LAST_SEEN_FLUSH_MS: '50' });
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
  await database.drop();
});

const OWN = /\bchanges\b|INSERT|UPDATE/;

const calls = (id: string) => graphql.calls(app, id);

/** What Postgres is asked while somebody looks, but for what instances ask by themselves. */
async function asked(look: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  proxy.judge((bytes, toUs) => {
    if (!toUs) statements.push(...statementsIn(bytes).filter((text) => /SELECT/.test(text) && !OWN.test(text)));
    return true;
  });
  await look();
  proxy.judge(null);
  return statements;
}

type Life = (id: string) => Promise<unknown>;
const here: Life = (id) => calls(id).heartbeat({ active: true });
const neverHere: Life = () => Promise.resolve();
const gone: Life = async (id) => {
  await here(id);
  await calls(id).goOffline();
  const { presence } = app.nest.get(Engine);
  await vi.waitFor(async () => expect(await presence.read([id])).toEqual([null]), { timeout: 5000, interval: 5 });
};
const invisible: Life = async (id) => {
  await here(id);
  await calls(id).choose({ status: 'INVISIBLE' });
};

let couples = 0;

describe.each<[string, (subject: string, viewer: string) => Promise<unknown>, Life, Life]>([
  ['who shows being online to nobody', (id) => calls(id).setPrivacy({ online: 'NOBODY' }), here, neverHere],
  ['who has blocked the viewer', (id, viewer) => calls(id).block(viewer), here, neverHere],
  ['who is blocked by the viewer', (id, viewer) => calls(viewer).block(id), here, gone],
  ['who never shows it to the viewer', (id, viewer) => calls(id).setPrivacy({ neverUserIds: [viewer] }), here, gone],
  ['who is invisible', () => Promise.resolve(), invisible, gone],
])('an answer about somebody %s', (_who, hide, life, other) => {
  it('takes as much whatever they do', { timeout: 30_000 }, async () => {
    await vi.waitFor(async () => {
      const number = (couples += 1);
      const [viewer, one, two] = [`viewer-${number}`, `one-${number}`, `two-${number}`];
      await app.befriend(viewer, one, two);
      for (const [id, lives] of [[one, life] as const, [two, other] as const]) {
        await hide(id, viewer);
        await lives(id);
      }
      // Known from here on.
      await calls(viewer).me();
      for (const look of [
        (id: string) => calls(viewer).see(id),
        (id: string) => calls(viewer).seeAll([id]),
        async (id: string) => {
          const device = await graphql.connect(app, viewer, { presence: false });
          await device.watch({ userIds: [id], snapshot: true }).next(3000);
          await device.leave();
        },
      ]) {
        // The first time nothing is known of the two yet.
        for (let times = 0; times < 2; times += 1) {
          const ofOne = await asked(() => look(one));
          expect(ofOne).toEqual(await asked(() => look(two)));
        }
      }
    }, 20_000);
  });
});

it('an answer about somebody who shows everything does not, or this proves nothing', async () => {
  await app.befriend('viewer', 'one', 'two');
  await here('one');
  await calls('viewer').me();
  await calls('viewer').seeAll(['one', 'two']);
  expect(await asked(() => calls('viewer').see('one'))).not.toEqual(await asked(() => calls('viewer').see('two')));
});
