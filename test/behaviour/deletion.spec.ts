import { expect } from 'vitest';
import { codeOf } from '../drivers/driver.js';
import { PROMISED } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

onEveryStage((it) => {
  it('whoever is deleted is gone for watchers with one event without times, and their connections end', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const room = await stage.room(alice, bob);
    const viewer = await alice.looksOn();
    const streams = [
      viewer.watch({ userIds: [bob.id], snapshot: true }),
      viewer.watch({ conversationId: room, snapshot: true }),
      viewer.watch({ snapshot: true }),
    ];
    const devices = [await bob.opens({ platform: 'WEB' }), await bob.opensElsewhere({ presence: false })];
    for (const stream of streams) await stream.until(({ status }) => status === 'ONLINE', 3000);
    const before = performance.now();
    await stage.directory.deleteUser(bob.id);
    // Named, they are told to be gone; where contacts and members are followed, they have left those.
    const told = await streams[0]?.next(PROMISED.deleted);
    expect(told?.view).toMatchObject({
      userId: bob.id,
      status: 'OFFLINE',
      isOnline: false,
      lastSeen: null,
      lastSeenBucket: null,
      message: null,
      platforms: [],
      since: null,
    });
    for (const device of devices) expect(await device.closed).toBe(4401);
    expect(performance.now() - before).toBeLessThan(PROMISED.deleted);
    await streams[0]?.quiet(2500);
    for (const stream of streams.slice(1)) {
      const after = stream.views.slice(2);
      expect(after.length).toBeLessThanOrEqual(1);
      for (const view of after) expect(view).toEqual(told?.view);
    }
    expect(await codeOf(alice.http.see(bob.id))).toBe('USER_NOT_FOUND');
    expect(await alice.http.seeAll([bob.id])).toEqual([null]);
    expect((await alice.http.whoIsOnline()).totalCount).toBe(0);
    expect(await codeOf(bob.http.me())).toBe('UNAUTHENTICATED');
    expect(await codeOf(bob.http.heartbeat())).toBe('UNAUTHENTICATED');
  });

  it('somebody hidden or away is deleted without anybody hearing of it', async (stage) => {
    const [alice, bob, carol] = await stage.friends('alice', 'bob', 'carol');
    await bob.opens();
    await bob.http.setPrivacy({ online: 'NOBODY', lastSeen: 'NOBODY' });
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id, carol.id], snapshot: true });
    await seen.next(2000);
    await seen.next(2000);
    await stage.directory.deleteUser(bob.id);
    await stage.directory.deleteUser(carol.id);
    await seen.quiet(2500);
  });

  it('who comes later under the same id starts anew', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    await device.choose({ status: 'DO_NOT_DISTURB', message: { text: 'mine' } });
    await bob.http.setPrivacy({ neverUserIds: [alice.id] });
    await stage.directory.deleteUser(bob.id);
    await device.closed;
    const again = await stage.joins(bob.id);
    expect(await alice.http.see(again.id)).toMatchObject({ status: 'OFFLINE', lastSeen: null });
    expect(await again.http.me()).toMatchObject({
      customStatus: 'ONLINE',
      lastActive: null,
      privacy: { neverUserIds: [] },
    });
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    await again.opens();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ status: 'ONLINE', message: null });
    await seen.quiet(1500);
  });
});
