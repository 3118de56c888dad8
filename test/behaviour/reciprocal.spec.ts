import { expect } from 'vitest';
import { PROMISED } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

onEveryStage(
  (it) => {
    it('who hides being online from one person does not see that person online, and sees the others', async (stage) => {
      const [alice, bob, carol] = await stage.friends('alice', 'bob', 'carol');
      for (const person of [alice, bob, carol]) await person.opens();
      const seen = (await alice.looksOn()).watch({ userIds: [bob.id, carol.id], snapshot: true });
      await seen.next(2000);
      await seen.next(2000);
      await alice.http.setPrivacy({ neverUserIds: [bob.id] });
      const { view } = await seen.next(PROMISED.privacy);
      expect(view).toMatchObject({ userId: bob.id, status: 'OFFLINE', lastSeen: null, since: null });
      await seen.quiet(300);
      expect((await alice.http.see(carol.id)).status).toBe('ONLINE');
      expect((await bob.http.see(alice.id)).status).toBe('OFFLINE');
      await alice.http.setPrivacy({ neverUserIds: [] });
      expect((await seen.next(PROMISED.privacy)).view).toMatchObject({ userId: bob.id, status: 'ONLINE' });
    });

    it('who hides only the last seen does not see that of others, and sees them come and go', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      await bob.opens();
      await alice.http.setPrivacy({ lastSeen: 'NOBODY' });
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', lastSeen: null });
      await bob.http.goOffline();
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'OFFLINE', lastSeen: null, since: null });
      await alice.http.setPrivacy({ alwaysUserIds: [bob.id] });
      expect(await alice.http.see(bob.id)).toMatchObject({ lastSeen: expect.any(String) as string });
    });

    it('who hides being online does not hear others type either', async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const room = await stage.room(alice, bob);
      await bob.http.startTyping(room);
      expect(await alice.http.typists(room)).toHaveLength(1);
      await alice.http.setPrivacy({ online: 'NOBODY' });
      await stage.acquaint(alice, bob);
      expect(await alice.http.typists(room)).toEqual([]);
    });
  },
  { PRIVACY_RECIPROCAL: 'true' },
  ['in memory', 'over Redis on two instances'],
);
