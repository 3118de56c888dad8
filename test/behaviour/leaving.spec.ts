import { expect } from 'vitest';
import { grpc } from '../drivers/grpc.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { BRISK, PROMISED } from '../support/people.js';
import { agree, moment, onEveryStage } from '../support/stages.js';

const CLEAN_MS = Number(BRISK.LEAVE_GRACE_MS);
const ABRUPT_MS = Number(BRISK.OFFLINE_GRACE_MS);
/** What clocks of one machine and a busy scheduler may differ by. */
const SLACK_MS = 1000;

onEveryStage((it) => {
  const onEveryWire = it.over(grpc, socketio, plain);

  onEveryWire(
    'whoever says goodbye is offline after the short grace, and was last seen when the connection went',
    async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const device = await bob.opens({ platform: 'WEB' });
      const seen = await alice.watches(bob);
      const left = Date.now();
      const since = performance.now();
      await device.leave();
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', platforms: ['WEB'] });
      const { view, at } = await seen.next(CLEAN_MS + PROMISED.clean);
      expect(at - since).toBeGreaterThanOrEqual(CLEAN_MS - 20);
      expect(view).toMatchObject({ status: 'OFFLINE', isOnline: false, platforms: [], message: null });
      const read = await alice.http.see(bob.id);
      expect(Math.abs(moment(read.lastSeen) - left)).toBeLessThan(SLACK_MS);
      expect(read.since).toBe(read.lastSeen);
      agree(view, read);
      await seen.quiet(300);
    },
  );

  onEveryWire(
    'whoever is torn away is shown unchanged for the long grace, and was last seen when it happened',
    async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      const device = await bob.opens({ platform: 'MOBILE' });
      const seen = await alice.watches(bob);
      const lost = Date.now();
      const since = performance.now();
      device.vanish();
      await seen.quiet(ABRUPT_MS - 300);
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE'] });
      const { view, at } = await seen.next(300 + PROMISED.abrupt);
      expect(at - since).toBeGreaterThanOrEqual(ABRUPT_MS - 20);
      expect(view.status).toBe('OFFLINE');
      const read = await alice.http.see(bob.id);
      expect(Math.abs(moment(read.lastSeen) - lost)).toBeLessThan(SLACK_MS);
      agree(view, read);
    },
  );

  it('a close frame is a goodbye whatever its code', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    for (const code of [1001, 3000, 4999]) {
      const device = await bob.opens();
      const seen = await alice.watches(bob);
      const since = performance.now();
      await device.leave(code);
      const { view, at } = await seen.next(CLEAN_MS + PROMISED.clean);
      expect(view.status).toBe('OFFLINE');
      expect(at - since).toBeLessThan(ABRUPT_MS);
    }
  });

  onEveryWire(
    'whoever is back before the grace ends was never away, on the same instance or on another',
    async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      let device = await bob.opens({ platform: 'WEB' });
      const before = await alice.http.see(bob.id);
      const seen = await alice.watches(bob);
      await device.leave();
      device = await bob.opens({ platform: 'WEB' });
      device.vanish();
      await bob.opensElsewhere({ platform: 'WEB' });
      await seen.quiet(ABRUPT_MS + 1500);
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', since: before.since });
    },
  );

  it('a heartbeat over HTTP within the grace brings somebody back, too', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens({ platform: 'WEB' });
    const seen = await alice.watches(bob);
    device.vanish();
    await bob.http.heartbeat({ platform: 'WEB' });
    await seen.quiet(ABRUPT_MS + 300);
  });

  onEveryWire('the last connection to go decides which grace runs', async (stage) => {
    const [alice, bob, carol] = await stage.friends('alice', 'bob', 'carol');
    const [bobs1, bobs2] = [await bob.opens(), await bob.opensElsewhere()];
    const [carols1, carols2] = [await carol.opens(), await carol.opensElsewhere()];
    const [ofBob, ofCarol] = [await alice.watches(bob), await alice.watches(carol)];
    bobs1.vanish();
    await carols1.leave();
    // Both are known to be gone before the last one goes.
    await waitFor(
      async () => (await bob.http.me()).connections.length === 1 && (await carol.http.me()).connections.length === 1,
    );
    const since = performance.now();
    carols2.vanish();
    await bobs2.leave();
    expect((await ofBob.next(CLEAN_MS + PROMISED.clean)).view.status).toBe('OFFLINE');
    const { at } = await ofCarol.next(ABRUPT_MS + PROMISED.abrupt);
    expect(at - since).toBeGreaterThanOrEqual(ABRUPT_MS - 20);
  });

  it('whoever goes offline is gone at once although the socket stays open and keeps hearing', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens({ platform: 'WEB' });
    await bob.opensElsewhere({ platform: 'MOBILE' });
    await bob.http.heartbeat({ deviceId: 'phone' });
    const ofAlice = device.watch({ userIds: [alice.id] });
    const seen = await alice.watches(bob);
    const at = Date.now();
    expect(await device.goOffline()).toMatchObject({ status: 'OFFLINE', platforms: [] });
    const { view } = await seen.next(PROMISED.goOffline);
    expect(view.status).toBe('OFFLINE');
    expect(Math.abs(moment(view.lastSeen) - at)).toBeLessThan(SLACK_MS);
    expect((await bob.http.me()).connections).toEqual([]);
    await alice.opens();
    expect((await ofAlice.next(2000)).view.status).toBe('ONLINE');
    // Reading, subscribing and an idle heartbeat leave it so; leaving then is nothing new.
    await device.see(alice.id);
    await device.heartbeat({ active: false });
    await seen.quiet(600);
    await device.heartbeat();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ status: 'ONLINE', platforms: ['WEB'] });
  });

  it('whoever goes offline and reconnects is online again', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await alice.watches(bob);
    await bob.http.goOffline();
    expect((await seen.next(PROMISED.goOffline)).view.status).toBe('OFFLINE');
    device.vanish();
    await bob.opens({ platform: 'DESKTOP' });
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ status: 'ONLINE', platforms: ['DESKTOP'] });
    await seen.quiet(ABRUPT_MS + 1200);
  });

  it('going offline with one device drops its lease and its sockets, and nothing else', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    await bob.opens({ platform: 'MOBILE', deviceId: 'phone' });
    await bob.opensElsewhere({ platform: 'WEB', deviceId: 'laptop' });
    await bob.http.heartbeat({ deviceId: 'phone', platform: 'BOT' });
    const seen = await alice.watches(bob);
    expect(await bob.http.goOffline('phone')).toMatchObject({ status: 'ONLINE', platforms: ['WEB'] });
    await seen.until(({ platforms }) => platforms.join() === 'WEB', PROMISED.goOffline);
    expect((await bob.http.me()).connections).toHaveLength(1);
    expect(await bob.http.goOffline('nothing')).toMatchObject({ status: 'ONLINE' });
    expect(await bob.http.goOffline('laptop')).toMatchObject({ status: 'OFFLINE' });
    expect((await seen.next(PROMISED.goOffline)).view.status).toBe('OFFLINE');
  });

  onEveryWire('going offline ends a grace that runs', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await alice.watches(bob);
    device.vanish();
    const since = performance.now();
    await waitFor(async () => (await bob.http.me()).connections.length === 0);
    await bob.http.goOffline();
    const { at } = await seen.next(PROMISED.goOffline);
    expect(at - since).toBeLessThan(ABRUPT_MS);
  });

  it('whoever was never here can go offline', async (stage) => {
    const [bob] = await stage.friends('bob');
    expect(await bob.http.goOffline()).toMatchObject({ status: 'OFFLINE', lastSeen: null, since: null });
  });
});

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 3000; !(await holds());) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
