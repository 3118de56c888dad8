import { expect } from 'vitest';
import { PROMISED, type Person } from '../support/people.js';
import { moment, onEveryStage } from '../support/stages.js';

const IDLE_MS = 1500;
/** Deadlines are looked at once a second at most. */
const NOTICED_MS = IDLE_MS + 2000;

async function watching(viewer: Person, subject: Person) {
  const seen = (await viewer.looksOn()).watch({ userIds: [subject.id], snapshot: true });
  await seen.next(2000);
  return seen;
}

onEveryStage(
  (it) => {
    it('whoever does nothing turns idle, and is back with the next heartbeat', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const seen = await watching(alice, bob);
      const device = await bob.opens({ platform: 'WEB' });
      const online = await seen.next(2000);
      const idle = await seen.next(NOTICED_MS);
      expect(idle.view).toMatchObject({
        status: 'IDLE',
        isOnline: true,
        platforms: ['WEB'],
        lastSeen: online.view.lastSeen,
      });
      expect(idle.at - online.at).toBeGreaterThan(IDLE_MS - 200);
      expect((await bob.http.me()).connections).toMatchObject([{ active: false }]);
      await device.heartbeat();
      expect((await seen.next(PROMISED.online)).view.status).toBe('ONLINE');
      expect((await bob.http.me()).connections).toMatchObject([{ active: true }]);
    });

    it('reading, subscribing and staying connected are no activity', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const room = await stage.room(alice, bob);
      const seen = await watching(alice, bob);
      const device = await bob.opens();
      await seen.next(2000);
      const { lastActive } = await bob.http.me();
      let idle = false;
      const noticed = seen.next(NOTICED_MS).then(({ view }) => ((idle = true), view));
      while (!idle) {
        await device.see(alice.id);
        await device.typists(room);
        await device.stopTyping(room);
        device.watch({ userIds: [alice.id], snapshot: true });
        await new Promise((resolve) => setTimeout(resolve, 150));
        if (seen.all.length > 2) break;
      }
      expect((await noticed).status).toBe('IDLE');
      expect((await bob.http.me()).lastActive).toBe(lastActive);
    });

    it('typing and choosing a status are activity, and last seen moves with it without an event', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const room = await stage.room(alice, bob);
      const seen = await watching(alice, bob);
      const device = await bob.opens();
      const online = (await seen.next(2000)).view;
      for (let i = 0; i < 4; i += 1) {
        await seen.quiet(800);
        await (i % 2 ? device.choose({ status: 'ONLINE' }) : device.startTyping(room));
      }
      const now = await alice.http.see(bob.id);
      expect(now).toMatchObject({ status: 'ONLINE', since: online.since });
      expect(moment(now.lastSeen)).toBeGreaterThan(moment(online.lastSeen) + 2000);
      expect((await bob.http.me()).lastActive).toBe(now.lastSeen);
    });

    it('a client that says it is idle makes its user idle at once, unless another one is active', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const laptop = await bob.opens({ platform: 'WEB' });
      await bob.http.heartbeat({ deviceId: 'phone', platform: 'WEB', active: false });
      const seen = await watching(alice, bob);
      expect((await alice.http.see(bob.id)).status).toBe('ONLINE');
      expect((await laptop.heartbeat({ active: false })).presence.status).toBe('IDLE');
      expect((await seen.next(PROMISED.online)).view.status).toBe('IDLE');
      await bob.http.heartbeat({ deviceId: 'phone', platform: 'WEB' });
      expect((await seen.next(PROMISED.online)).view.status).toBe('ONLINE');
    });

    it('a chosen ONLINE is no override, a chosen DO_NOT_DISTURB and a chosen IDLE hold', async (stage) => {
      const [alice, bob, carol, dave] = await stage.friends('alice', 'bob', 'carol', 'dave');
      const choices = ['ONLINE', 'DO_NOT_DISTURB', 'IDLE'];
      const people = [bob, carol, dave];
      for (const [i, person] of people.entries()) {
        await person.http.choose({ status: choices[i] ?? '' });
        await person.opens();
      }
      const seen = await watching(alice, bob);
      expect((await seen.next(NOTICED_MS)).view.status).toBe('IDLE');
      expect((await alice.http.seeAll(people.map(({ id }) => id))).map((view) => view?.status)).toEqual([
        'IDLE',
        'DO_NOT_DISTURB',
        'IDLE',
      ]);
      const device = await dave.opens();
      await device.heartbeat();
      expect((await alice.http.see(dave.id)).status).toBe('IDLE');
    });

    it('having turned idle is not remembered: whoever comes back is online', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const device = await bob.opens({ active: false });
      const seen = await watching(alice, bob);
      await device.leave();
      expect((await seen.next(3000)).view.status).toBe('OFFLINE');
      await bob.opens();
      expect((await seen.next(2000)).view.status).toBe('ONLINE');
      expect((await bob.http.me()).customStatus).toBe('ONLINE');
    });

    it('an idle person in the grace of a lost connection stays idle', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const device = await bob.opens({ active: false });
      const seen = await watching(alice, bob);
      device.vanish();
      await seen.quiet(700);
      expect((await alice.http.see(bob.id)).status).toBe('IDLE');
      expect((await seen.next(5000)).view.status).toBe('OFFLINE');
    });
  },
  { IDLE_AFTER_MS: String(IDLE_MS) },
);
