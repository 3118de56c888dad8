import { expect } from 'vitest';
import { grpc } from '../drivers/grpc.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { PROMISED } from '../support/people.js';
import { moment, onEveryStage } from '../support/stages.js';

onEveryStage((it) => {
  const onEveryWire = it.over(grpc, socketio, plain);
  const onSockets = it.over(socketio, plain);

  onEveryWire('somebody who opens a connection is online within a second for those who watch', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const seen = await alice.watches(bob);
    const before = performance.now();
    await bob.opens({ platform: 'MOBILE' });
    const { view, at } = await seen.next(3000);
    expect(at - before).toBeLessThan(PROMISED.online);
    expect(view).toMatchObject({ userId: bob.id, status: 'ONLINE', isOnline: true, message: null });
    const read = await alice.http.see(bob.id);
    expect(read).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE'] });
    expect(read.user).toEqual({ id: bob.id, username: bob.id, displayName: `The ${bob.id}`, avatarUrl: null });
    await seen.quiet(300);
  });

  onEveryWire('somebody who only looks on stays offline for others and for themselves', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    await bob.looksOn();
    expect(await alice.http.see(bob.id)).toMatchObject({ status: 'OFFLINE', lastSeen: null, since: null });
    expect(await bob.http.me()).toMatchObject({ presence: { status: 'OFFLINE' }, connections: [] });
  });

  onSockets(
    'a tab that opens in the background shows its user idle, and an unknown platform is no error',
    async (stage) => {
      const [alice, bob] = await stage.friends('alice', 'bob');
      await bob.opens({ active: false, platform: 'FRIDGE' });
      expect(await alice.http.see(bob.id)).toMatchObject({ status: 'IDLE', isOnline: true, platforms: ['UNKNOWN'] });
    },
  );

  it('a person with many devices is one person, with every platform named once and in order', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    const web = await bob.opens({ platform: 'WEB' });
    const first = (await seen.next(3000)).view;
    await bob.opensElsewhere({ platform: 'MOBILE' });
    const both = (await seen.next(3000)).view;
    expect(both).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE', 'WEB'], since: first.since });
    await bob.opensElsewhere({ platform: 'WEB' });
    await seen.quiet(400);
    expect((await bob.http.me()).connections.map(({ platform, active }) => [platform, active])).toEqual([
      ['WEB', true],
      ['MOBILE', true],
      ['WEB', true],
    ]);
    await web.leave();
    await seen.quiet(400);
    expect((await bob.http.me()).connections.map(({ platform }) => platform)).toEqual(['MOBILE', 'WEB']);
  });

  it('a phone that goes while the laptop stays takes only its platform away, at once', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const phone = await bob.opens({ platform: 'MOBILE' });
    await bob.opensElsewhere({ platform: 'WEB' });
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    expect((await seen.next(2000)).view.platforms).toEqual(['MOBILE', 'WEB']);
    phone.vanish();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ status: 'ONLINE', platforms: ['WEB'] });
  });

  it('typing, choosing a status and reading over HTTP make nobody online', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const room = await stage.room(alice, bob);
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    await bob.http.choose({ status: 'DO_NOT_DISTURB', message: { text: 'away' } });
    await bob.http.startTyping(room);
    await bob.http.see(alice.id);
    await seen.quiet(500);
    expect(await alice.http.see(bob.id)).toMatchObject({
      status: 'OFFLINE',
      isOnline: false,
      message: null,
      lastSeen: null,
    });
  });

  it('somebody without a socket is online by heartbeats, one lease a device and one without a name', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const beat = await bob.http.heartbeat({ deviceId: 'phone', platform: 'MOBILE' });
    expect(beat).toMatchObject({
      success: true,
      nextHeartbeatInSeconds: 1,
      presence: { status: 'ONLINE', platforms: ['MOBILE'] },
    });
    await bob.http.heartbeat({ platform: 'BOT' });
    await bob.http.heartbeat({ platform: 'BOT' });
    await bob.http.heartbeat({ deviceId: '__proto__', active: false });
    expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', platforms: ['BOT', 'MOBILE', 'UNKNOWN'] });
    const { connections } = await bob.http.me();
    expect(connections.map(({ id, platform, active }) => ({ id, platform, active }))).toEqual([
      { id: 'phone', platform: 'MOBILE', active: true },
      { id: '', platform: 'BOT', active: true },
      { id: '__proto__', platform: 'UNKNOWN', active: false },
    ]);
  });

  it('a lease ends three heartbeats after the last one, and that one is the last seen', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    await bob.http.heartbeat({ deviceId: 'phone' });
    await seen.until(({ status }) => status === 'ONLINE', 2000);
    await seen.quiet(1500);
    const sent = Date.now();
    await bob.http.heartbeat({ deviceId: 'phone' });
    const answered = Date.now();
    const asked = performance.now();
    const { view, at } = await seen.next(3000 + PROMISED.lease);
    expect(at - asked).toBeGreaterThan(2900);
    expect(view.status).toBe('OFFLINE');
    expect(moment(view.lastSeen)).toBeGreaterThanOrEqual(sent - 5);
    expect(moment(view.lastSeen)).toBeLessThanOrEqual(answered + 5);
    expect(view.since).toBe(view.lastSeen);
  });

  it('a heartbeat over a socket is that of the socket and makes no lease', async (stage) => {
    const [bob] = await stage.friends('bob');
    const socket = await bob.opens({ platform: 'WEB', active: false });
    const { presence } = await socket.heartbeat({ deviceId: 'ignored', platform: 'DESKTOP' });
    expect(presence).toMatchObject({ status: 'ONLINE', platforms: ['DESKTOP'] });
    const { connections } = await bob.http.me();
    expect(connections).toHaveLength(1);
    expect(connections[0]?.id).not.toBe('ignored');
  });

  onSockets('a heartbeat over a socket that only watches makes nobody online', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const socket = await bob.looksOn();
    expect(await socket.heartbeat({ deviceId: 'phone' })).toMatchObject({ success: true });
    expect(await alice.http.see(bob.id)).toMatchObject({ status: 'OFFLINE', since: null });
    expect((await bob.http.me()).connections).toEqual([]);
  });

  it('a lease that holds the user when the socket goes leaves nothing to notice but a platform', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const socket = await bob.opens({ platform: 'WEB' });
    await bob.http.heartbeat({ deviceId: 'phone', platform: 'WEB' });
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    await socket.leave();
    await seen.quiet(1200);
    expect((await alice.http.see(bob.id)).status).toBe('ONLINE');
  });
});
