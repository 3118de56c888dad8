import { expect } from 'vitest';
import { listensTo, PROMISED, type Person } from '../support/people.js';
import { moment, onEveryStage } from '../support/stages.js';

async function watching(viewer: Person, subject: Person) {
  const seen = (await viewer.looksOn()).watch({ userIds: [subject.id], snapshot: true });
  await seen.next(2000);
  return seen;
}

/** Everything that somebody can do who does not want to be seen. */
async function bustle(person: Person, room: string) {
  const phone = await person.opensElsewhere({ platform: 'MOBILE' });
  await person.http.heartbeat({ deviceId: 'tablet', platform: 'WEB' });
  await phone.heartbeat({ active: false });
  await phone.heartbeat();
  await phone.startTyping(room);
  await phone.choose({ message: { text: 'nobody reads this' } });
  await phone.choose({ clearMessage: true });
  await phone.goOffline();
  phone.vanish();
  await (await person.opens()).leave();
}

onEveryStage((it) => {
  it('who becomes invisible goes offline for others at that moment, and stays so whatever they do', async (stage) => {
    const [alice, bob, probe] = await stage.friends('alice', 'bob', 'probe');
    const room = await stage.room(alice, bob, probe);
    const device = await bob.opens({ platform: 'WEB' });
    const seen = await watching(alice, bob);
    const typing = await listensTo(await alice.looksOn(), room, { person: probe, conversationId: room });
    const at = Date.now();
    const own = await device.choose({ status: 'INVISIBLE' });
    const { view } = await seen.next(PROMISED.online);
    expect(view).toMatchObject({ status: 'OFFLINE', isOnline: false, platforms: [], message: null });
    expect(Math.abs(moment(view.lastSeen) - at)).toBeLessThan(1000);
    expect(view.since).toBe(view.lastSeen);
    expect(own).toMatchObject({
      status: 'OFFLINE',
      isOnline: false,
      platforms: [],
      lastSeen: view.lastSeen,
      since: view.lastSeen,
    });
    await bustle(bob, room);
    await device.heartbeat();
    await seen.quiet(800);
    expect(await alice.http.see(bob.id)).toEqual(view);
    expect(await alice.http.typists(room)).toEqual([]);
    expect(typing.skip().all.filter((one) => one.view.userId === bob.id)).toEqual([]);
    expect((await alice.http.whoIsOnline()).nodes.map(({ userId }) => userId)).not.toContain(bob.id);
    device.vanish();
    await seen.quiet(2500);
    expect(await alice.http.see(bob.id)).toEqual(view);
  });

  it('who becomes visible over a connection in the background is seen online, and not idle for a moment', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    await device.choose({ status: 'INVISIBLE' });
    await device.heartbeat({ active: false });
    const seen = await watching(alice, bob);
    await device.choose({ status: 'ONLINE' });
    expect((await seen.next(PROMISED.online)).view.status).toBe('ONLINE');
    await seen.quiet(300);
  });

  it('to themselves the presence reads offline, the choice and the connections are real', async (stage) => {
    const [bob] = await stage.friends('bob');
    const device = await bob.opens({ platform: 'DESKTOP' });
    await device.choose({ status: 'INVISIBLE' });
    const before = await bob.http.me();
    expect(before).toMatchObject({
      presence: { status: 'OFFLINE', isOnline: false, platforms: [] },
      customStatus: 'INVISIBLE',
    });
    expect(before.connections).toMatchObject([{ platform: 'DESKTOP', active: true }]);
    await device.heartbeat();
    const after = await bob.http.me();
    expect(after.presence).toEqual(before.presence);
    expect(moment(after.lastActive)).toBeGreaterThan(moment(before.lastActive));
    expect((await device.heartbeat()).presence).toEqual(before.presence);
  });

  it('set while away, others keep the last presence that they could see', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const room = await stage.room(alice, bob);
    await bob.opens();
    const seen = await watching(alice, bob);
    await bob.http.goOffline();
    const { view } = await seen.next(PROMISED.goOffline);
    await bob.http.choose({ status: 'INVISIBLE' });
    await bustle(bob, room);
    await seen.quiet(2500);
    expect(await alice.http.see(bob.id)).toEqual(view);
  });

  it('set by somebody who was never here, others know as little as before', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const room = await stage.room(alice, bob);
    const before = await alice.http.see(bob.id);
    expect(before).toMatchObject({ status: 'OFFLINE', lastSeen: null, since: null });
    await bob.http.choose({ status: 'INVISIBLE' });
    await bustle(bob, room);
    expect(await alice.http.see(bob.id)).toEqual(before);
  });

  it('set in the grace of a lost connection, it is seen at once and last seen is not later than the loss', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = await watching(alice, bob);
    device.vanish();
    await bob.http.choose({ status: 'INVISIBLE' });
    const { view } = await seen.next(PROMISED.online);
    expect(view.status).toBe('OFFLINE');
    await seen.quiet(2500);
    expect(await alice.http.see(bob.id)).toEqual(view);
  });

  it('with another choice they are back, with one event', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens({ platform: 'WEB' });
    const seen = await watching(alice, bob);
    await device.choose({ status: 'INVISIBLE' });
    await seen.next(PROMISED.online);
    await device.choose({ status: 'DO_NOT_DISTURB' });
    const { view } = await seen.next(PROMISED.online);
    expect(view).toMatchObject({ status: 'DO_NOT_DISTURB', platforms: ['WEB'] });
    await seen.quiet(300);
  });

  it('who may not see them online hears nothing of the switch; who may not see times hears it without', async (stage) => {
    const [alice, carol, bob] = await stage.friends('alice', 'carol', 'bob');
    const device = await bob.opens();
    await bob.http.setPrivacy({ neverUserIds: [alice.id], lastSeen: 'NOBODY' });
    const [ofAlice, ofCarol] = [await watching(alice, bob), await watching(carol, bob)];
    expect(ofCarol.views).toMatchObject([{ status: 'ONLINE', lastSeen: null }]);
    await device.choose({ status: 'INVISIBLE' });
    expect((await ofCarol.next(PROMISED.online)).view).toMatchObject({
      status: 'OFFLINE',
      lastSeen: null,
      since: null,
    });
    await ofAlice.quiet(400);
    await device.choose({ status: 'ONLINE' });
    expect((await ofCarol.next(PROMISED.online)).view.status).toBe('ONLINE');
    await ofAlice.quiet(300);
  });

  it('somebody new to the subscription sees an invisible person like one who has gone', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    await device.choose({ status: 'INVISIBLE' });
    const known = await alice.http.see(bob.id);
    const seen = (await alice.looksOn()).watch({ snapshot: true });
    expect((await seen.next(2000)).view).toEqual(known);
    await device.heartbeat();
    await seen.quiet(300);
  });
});
