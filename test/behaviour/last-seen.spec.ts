import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it as alone, vi } from 'vitest';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { Instance } from '../support/instances.js';
import { BRISK, Person, PROMISED } from '../support/people.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { moment, onEveryStage } from '../support/stages.js';

onEveryStage((it) => {
  it('last active is what somebody did, not that they hold a connection', async (stage) => {
    const [bob] = await stage.friends('bob');
    expect((await bob.http.me()).lastActive).toBeNull();
    const opened = Date.now();
    const device = await bob.opens();
    const { lastActive } = await bob.http.me();
    expect(Math.abs(moment(lastActive) - opened)).toBeLessThan(1500);
    await device.heartbeat({ active: false });
    await device.see(bob.id);
    expect((await bob.http.me()).lastActive).toBe(lastActive);
    await device.leave();
    expect((await bob.http.me()).lastActive).toBe(lastActive);
    await bob.http.choose({ status: 'ONLINE' });
    expect(moment((await bob.http.me()).lastActive)).toBeGreaterThan(moment(lastActive));
  });

  it('a background tab that was never active was seen when it closed, and is not active for that', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens({ active: false });
    expect(await alice.http.see(bob.id)).toMatchObject({ status: 'IDLE', lastSeen: null });
    await device.goOffline();
    expect(moment((await alice.http.see(bob.id)).lastSeen)).toBeGreaterThan(0);
    expect((await bob.http.me()).lastActive).toBeNull();
  });

  it('the last seen of whoever left is in Postgres within five seconds', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    await device.goOffline();
    const { lastSeen } = await alice.http.see(bob.id);
    const database = stage.place(0).nest.get(DataSource);
    const stored = () =>
      database.query<{ last_seen_at: Date | null }[]>('SELECT last_seen_at FROM last_seen WHERE user_id = $1', [
        bob.id,
      ]);
    await vi.waitFor(async () => expect((await stored())[0]?.last_seen_at?.toISOString()).toBe(lastSeen), 5000);
    expect((await alice.http.see(bob.id)).lastSeen).toBe(lastSeen);
  });
});

describe('in memory, across a restart', () => {
  let database: TestDatabase;
  const running: { clear(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.clear()));
    await database.drop();
  });

  alone(
    'a stop in good order leaves everybody as last seen then, tells nobody, and asks clients to come again',
    async () => {
      database = await startPostgres();
      const settings = { ...BRISK, DATABASE_URL: database.url };
      const first = await TestApp.start(settings);
      await first.befriend('alice', 'bob', 'carol', 'dave');
      const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map(
        (id) => new Person(id, first, first, graphql),
      ) as [Person, Person, Person, Person];
      const viewer = await alice.looksOn();
      const [bobs, daves] = [await bob.opens(), await dave.opens()];
      await bobs.choose({ status: 'DO_NOT_DISTURB', message: { text: 'kept' } });
      await (await carol.opens()).goOffline();
      await daves.choose({ status: 'INVISIBLE' });
      const seen = viewer.watch({ userIds: ['bob', 'carol', 'dave'], snapshot: true });
      for (let i = 0; i < 3; i += 1) await seen.next(2000);
      const [carolBefore, daveBefore] = await alice.http.seeAll(['carol', 'dave']);
      await daves.heartbeat();
      const stopped = Date.now();
      await first.stop();
      const ended = Date.now();
      expect([await viewer.closed, await bobs.closed]).toEqual([1012, 1012]);
      expect(seen.all).toHaveLength(3);

      const second = await TestApp.start(settings);
      running.push({ clear: () => second.stop() });
      const again = new Person('alice', second, second, graphql);
      const [bobAfter, carolAfter, daveAfter] = await again.http.seeAll(['bob', 'carol', 'dave']);
      expect(bobAfter).toMatchObject({ status: 'OFFLINE', since: bobAfter?.lastSeen });
      expect(moment(bobAfter?.lastSeen ?? null)).toBeGreaterThanOrEqual(stopped - 5);
      expect(moment(bobAfter?.lastSeen ?? null)).toBeLessThanOrEqual(ended);
      expect([carolAfter, daveAfter]).toEqual([carolBefore, daveBefore]);
      await new Person('bob', second, second, graphql).opens();
      expect(await again.http.see('bob')).toMatchObject({ status: 'DO_NOT_DISTURB', message: { text: 'kept' } });
    },
  );

  alone(
    'a kill leaves a last seen that is at most five seconds old',
    async () => {
      database = await startPostgres();
      const start = async () => {
        const instance = await Instance.start({ DATABASE_URL: database.url });
        running.push(instance);
        return instance;
      };
      const first = await start();
      const [alice, bob, dave] = [await first.joins('alice'), await first.joins('bob'), await first.joins('dave')];
      await dave.opens();
      await dave.http.choose({ status: 'INVISIBLE' });
      const hidden = await alice.http.see('dave');
      await bob.opens();
      const seen = (await alice.looksOn()).watch({ userIds: ['bob'], snapshot: true });
      await seen.next(2000);
      // Long enough for five seconds to be a promise: no later than that something is stored.
      await seen.quiet(PROMISED.lease + 2500);
      const killed = Date.now();
      await first.kill();
      const second = await start();
      const [bobAfter, daveAfter] = await second.knows('alice').http.seeAll(['bob', 'dave']);
      expect(killed - moment(bobAfter?.lastSeen ?? null)).toBeLessThan(5000);
      expect(moment(bobAfter?.lastSeen ?? null)).toBeLessThanOrEqual(killed + 50);
      expect(bobAfter?.status).toBe('OFFLINE');
      expect(daveAfter).toEqual(hidden);
    },
    60_000,
  );
});
