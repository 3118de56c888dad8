import { expect } from 'vitest';
import type { View } from '../drivers/driver.js';
import { PROMISED } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

const ids = (views: readonly View[]) => views.map(({ userId }) => userId).sort();

onEveryStage((it) => {
  it('a snapshot is one view for everybody named who exists, then come the changes', async (stage) => {
    const [alice, bob, carol, dave] = await stage.friends('alice', 'bob', 'carol', 'dave');
    await bob.opens();
    await carol.http.setPrivacy({ online: 'NOBODY', lastSeen: 'NOBODY' });
    await carol.opens();
    const named = [bob.id, carol.id, dave.id, bob.id, 'nobody-has-this-id', carol.id];
    const seen = (await alice.looksOn()).watch({ userIds: named, snapshot: true });
    for (let i = 0; i < 3; i += 1) await seen.next(2000);
    expect(ids(seen.views)).toEqual([bob.id, carol.id, dave.id].sort());
    const status = new Map(seen.views.map((view) => [view.userId, view.status]));
    expect([bob, carol, dave].map(({ id }) => status.get(id))).toEqual(['ONLINE', 'OFFLINE', 'OFFLINE']);
    await dave.opens();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ userId: dave.id, status: 'ONLINE' });
    await seen.quiet(300);
  });

  it('without a snapshot only what changes is told', async (stage) => {
    const [alice, bob, carol] = await stage.friends('alice', 'bob', 'carol');
    await bob.opens();
    const viewer = await alice.looksOn();
    const seen = viewer.watch({ userIds: [bob.id, carol.id] });
    // A later watch that has told its snapshot proves that the earlier one stands.
    await viewer.watch({ userIds: [bob.id], snapshot: true }).next(2000);
    await seen.quiet(200);
    await carol.opens();
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ userId: carol.id, status: 'ONLINE' });
  });

  it('who watches nobody hears nothing and stays, whoever is named and unknown is silent', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const viewer = await alice.looksOn();
    const [nobody, unknown] = [
      viewer.watch({ userIds: [], snapshot: true }),
      viewer.watch({ userIds: ['nobody-has-this-id'], snapshot: true }),
    ];
    await bob.opens();
    await nobody.quiet(500);
    await unknown.quiet(0);
  });

  it('somebody watched by an id before they exist is there when they come', async (stage) => {
    const [alice] = await stage.friends('alice');
    const id = `${alice.id}-later`;
    const seen = (await alice.looksOn()).watch({ userIds: [id], snapshot: true });
    await seen.quiet(300);
    const later = await stage.joins(id);
    await later.opens();
    expect((await seen.until(({ status }) => status === 'ONLINE', 3000)).view.userId).toBe(id);
  });

  it('both arguments, a malformed id and too many ids refuse the subscription and leave the socket', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const room = await stage.room(alice, bob);
    const viewer = await alice.looksOn();
    const many = Array.from({ length: 1001 }, (_, i) => `u${i}`);
    for (const target of [
      { userIds: [bob.id], conversationId: room },
      { userIds: [], conversationId: room },
      { userIds: [bob.id, 'not an id'] },
      { userIds: [bob.id, '..'] },
      { userIds: ['me'] },
      { userIds: many },
      { conversationId: 'not an id' },
    ]) {
      expect((await viewer.watch(target).ended(2000)).code).toBe('BAD_USER_INPUT');
    }
    for (const conversationId of ['nobody-made-this', await stage.room(bob)]) {
      expect((await viewer.watch({ conversationId }).ended(2000)).code).toBe('CONVERSATION_NOT_FOUND');
    }
    const most = viewer.watch({ userIds: [...many.slice(0, 999), bob.id], snapshot: true });
    expect((await most.next(3000)).view.userId).toBe(bob.id);
    expect((await viewer.see(bob.id)).status).toBe('OFFLINE');
  });

  it('contacts are followed as they come and go', async (stage) => {
    const [alice, bob, carol] = await stage.strangers('alice', 'bob', 'carol');
    await stage.acquaint(alice, bob);
    // That carol knows alice makes nobody a contact of alice.
    await stage.acquaint(carol, alice);
    const viewer = await alice.looksOn();
    const [seen, later] = [viewer.watch({ snapshot: true }), viewer.watch({})];
    expect((await seen.next(2000)).view.userId).toBe(bob.id);
    const device = await carol.opens();
    await seen.quiet(300);
    await stage.acquaint(alice, carol);
    for (const stream of [seen, later]) {
      expect((await stream.next(PROMISED.privacy + 1000)).view).toMatchObject({ userId: carol.id, status: 'ONLINE' });
    }
    await stage.directory.deleteContact(alice.id, carol.id);
    await seen.quiet(300);
    await device.choose({ status: 'IDLE' });
    await device.goOffline();
    await seen.quiet(500);
    await bob.opens();
    expect((await seen.next(PROMISED.online)).view.userId).toBe(bob.id);
    expect(later.views.map(({ userId }) => userId)).toEqual([carol.id, bob.id]);
  });

  it('members are followed as they come and go, and oneself is not among them', async (stage) => {
    const [alice, bob, carol] = await stage.strangers('alice', 'bob', 'carol');
    const room = await stage.room(alice, bob);
    const viewer = await alice.opens();
    const seen = viewer.watch({ conversationId: room, snapshot: true });
    expect((await seen.next(2000)).view.userId).toBe(bob.id);
    await viewer.choose({ status: 'IDLE' });
    await seen.quiet(300);
    const device = await carol.opens();
    await stage.directory.putMember(room, carol.id);
    expect((await seen.next(2000)).view).toMatchObject({ userId: carol.id, status: 'ONLINE' });
    await stage.directory.deleteMember(room, carol.id);
    await seen.quiet(300);
    await device.goOffline();
    await seen.quiet(500);
    await stage.directory.deleteMember(room, alice.id);
    expect((await seen.ended(1500)).code).toBe('CONVERSATION_NOT_FOUND');
    expect((await viewer.see(bob.id)).userId).toBe(bob.id);
  });

  it('oneself is watched when named, and not otherwise', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await alice.opens();
    const viewer = await alice.looksOn();
    const contacts = viewer.watch({ snapshot: true });
    const own = viewer.watch({ userIds: [alice.id], snapshot: true });
    expect((await own.next(2000)).view).toMatchObject({ userId: alice.id, status: 'ONLINE' });
    expect((await contacts.next(2000)).view.userId).toBe(bob.id);
    await device.choose({ status: 'DO_NOT_DISTURB' });
    expect((await own.next(PROMISED.online)).view.status).toBe('DO_NOT_DISTURB');
    await contacts.quiet(300);
  });

  it('heartbeats and moving times are no events', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
    await seen.next(2000);
    for (let i = 0; i < 10; i += 1) await device.heartbeat();
    await device.choose({ status: 'ONLINE' });
    await seen.quiet(500);
  });

  it('a snapshot is what a read answers, also of somebody whom others watch already', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const viewer = await alice.looksOn();
    const first = viewer.watch({ userIds: [bob.id], snapshot: true });
    await first.next(2000);
    await first.quiet(50);
    await device.heartbeat();
    const { view } = await viewer.watch({ userIds: [bob.id], snapshot: true }).next(2000);
    expect(view).toEqual(await alice.http.see(bob.id));
    expect(view.lastSeen).not.toBe(first.views[0]?.lastSeen);
    await first.quiet(100);
  });

  it('everybody hears the changes of one person in the order in which they happened', async (stage) => {
    const [alice, carol, bob] = await stage.friends('alice', 'carol', 'bob');
    const device = await bob.opens();
    const streams = [];
    for (const viewer of [alice, carol]) {
      const stream = (await viewer.looksOn()).watch({ userIds: [bob.id], snapshot: true });
      await stream.next(2000);
      streams.push(stream);
    }
    const texts = Array.from({ length: 30 }, (_, i) => `${i}`);
    for (const text of texts) await device.choose({ message: { text } });
    for (const stream of streams) {
      await stream.until(({ message }) => message?.text === '29', 3000);
      const heard = stream.views.flatMap(({ message }) => message?.text ?? []);
      expect(heard).toEqual(texts);
    }
  });

  it('between the snapshot and the first change nothing is lost, however fast somebody changes', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const device = await bob.opens();
    const viewer = await alice.looksOn();
    const streams = [];
    for (let i = 0; i < 25; i += 1) {
      const change = device.choose({ status: i % 2 ? 'IDLE' : 'DO_NOT_DISTURB', message: { text: `${i}` } });
      streams.push(viewer.watch({ userIds: [bob.id], snapshot: true }));
      await change;
    }
    for (const stream of streams) await stream.until(({ message }) => message?.text === '24', 3000);
    for (const stream of streams) {
      const heard = stream.views.flatMap(({ message }) => (message ? Number(message.text) : []));
      expect(heard).toEqual([...heard].sort((a, b) => a - b));
      stream.close();
    }
  });

  it('a subscription that is given up is silent, others on the socket go on', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const viewer = await alice.looksOn();
    const [first, second] = [
      viewer.watch({ userIds: [bob.id], snapshot: true }),
      viewer.watch({ userIds: [bob.id], snapshot: true }),
    ];
    await first.next(2000);
    await second.next(2000);
    first.close();
    await bob.opens();
    await second.next(PROMISED.online);
    expect(first.all).toHaveLength(1);
  });
});
