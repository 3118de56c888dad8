import { expect } from 'vitest';
import { codeOf, type View } from '../drivers/driver.js';
import type { Person } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

/** What everybody sees of somebody who is offline and hides the last seen. */
function hidden(person: Person, lastSeenBucket: string | null = null): View {
  return {
    userId: person.id,
    user: { id: person.id, username: person.id, displayName: `The ${person.id}`, avatarUrl: null },
    status: 'OFFLINE',
    isOnline: false,
    lastSeen: null,
    lastSeenBucket,
    message: null,
    platforms: [],
    since: null,
  };
}

const DEFAULTS = {
  showLastSeen: true,
  lastSeen: 'EVERYONE',
  online: 'EVERYONE',
  alwaysUserIds: [],
  neverUserIds: [],
  coarseLastSeen: false,
  typing: true,
  blockedUserIds: [],
};

onEveryStage((it) => {
  it('a new person shows everything to everybody and has no lists', async (stage) => {
    const [alice, bob] = await stage.strangers('alice', 'bob');
    expect((await bob.http.me()).privacy).toEqual(DEFAULTS);
    expect(await bob.http.setPrivacy({})).toEqual(DEFAULTS);
    await bob.opens({ platform: 'WEB' });
    expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', lastSeen: expect.any(String) as string });
  });

  it('each audience lets exactly those see who are in it, contacts being whom the subject has', async (stage) => {
    const [known, stranger, bob] = await stage.strangers('known', 'stranger', 'bob');
    await stage.acquaint(bob, known);
    await stage.acquaint(stranger, bob);
    await bob.opens({ platform: 'WEB' });
    const seen = async (viewer: Person) => {
      const view = await viewer.http.see(bob.id);
      return [view.isOnline, view.lastSeen !== null, view.since !== null, view.platforms.length];
    };
    const [all, online, none] = [
      [true, true, true, 1],
      [true, false, true, 1],
      [false, false, false, 0],
    ];
    for (const [settings, ofKnown, ofStranger] of [
      [{ lastSeen: 'EVERYONE', online: 'EVERYONE' }, all, all],
      [{ lastSeen: 'CONTACTS', online: 'EVERYONE' }, all, online],
      [{ lastSeen: 'NOBODY', online: 'EVERYONE' }, online, online],
      [{ lastSeen: 'EVERYONE', online: 'CONTACTS' }, all, none],
      [{ lastSeen: 'EVERYONE', online: 'NOBODY' }, none, none],
      [{ lastSeen: 'CONTACTS', online: 'SAME_AS_LAST_SEEN' }, all, none],
      [{ lastSeen: 'NOBODY', online: 'SAME_AS_LAST_SEEN' }, none, none],
      [{ lastSeen: 'NOBODY', online: 'NOBODY', alwaysUserIds: [known.id] }, all, none],
      [{ neverUserIds: [known.id] }, none, none],
      [{ lastSeen: 'EVERYONE', online: 'EVERYONE' }, none, all],
    ] as const) {
      await bob.http.setPrivacy(settings);
      expect([settings, await seen(known), await seen(stranger)]).toEqual([settings, ofKnown, ofStranger]);
    }
    expect(await bob.http.see(bob.id)).toMatchObject({ status: 'ONLINE', lastSeen: expect.any(String) as string });
  });

  it('hidden, blocked and blocking people look exactly like somebody who is away and hides the last seen', async (stage) => {
    const [alice, away, hiding, blocking, blocked, never] = await stage.friends(
      'alice',
      'away',
      'hiding',
      'blocking',
      'blocked',
      'never',
    );
    for (const person of [away, hiding, blocking, blocked, never]) {
      const device = await person.opens({ platform: 'WEB' });
      await device.choose({ status: 'DO_NOT_DISTURB', message: { text: 'busy' } });
    }
    await away.http.setPrivacy({ lastSeen: 'NOBODY' });
    await away.http.goOffline();
    await hiding.http.setPrivacy({ online: 'NOBODY' });
    await never.http.setPrivacy({ neverUserIds: [alice.id], alwaysUserIds: [alice.id] });
    await blocking.http.setPrivacy({ alwaysUserIds: [alice.id] });
    await blocking.http.block(alice.id);
    await blocked.http.setPrivacy({ alwaysUserIds: [alice.id] });
    await alice.http.block(blocked.id);
    const people = [away, hiding, blocking, blocked, never];
    expect(await alice.http.seeAll(people.map(({ id }) => id))).toEqual(people.map((person) => hidden(person)));
    for (const person of people) expect(await alice.http.see(person.id)).toEqual(hidden(person));
    const { nodes, totalCount } = await alice.http.whoIsOnline();
    expect([nodes, totalCount]).toEqual([[], 0]);
    // It works both ways.
    expect(await blocking.http.see(alice.id)).toEqual(hidden(alice));
    expect(await blocked.http.see(alice.id)).toEqual(hidden(alice));
  });

  it('a bucket is shown in place of a hidden time, and always the same one to those who may not see online', async (stage) => {
    const [alice, bob, never, carol] = await stage.friends('alice', 'bob', 'never', 'carol');
    for (const person of [bob, never]) {
      await person.http.setPrivacy({ coarseLastSeen: true, lastSeen: 'NOBODY' });
      expect(await alice.http.see(person.id)).toMatchObject({ lastSeen: null, lastSeenBucket: 'LONG_AGO' });
    }
    await bob.opens();
    expect(await alice.http.see(bob.id)).toMatchObject({
      status: 'ONLINE',
      lastSeen: null,
      lastSeenBucket: 'RECENTLY',
    });
    await bob.http.goOffline();
    expect(await alice.http.see(bob.id)).toEqual(hidden(bob, 'RECENTLY'));
    await bob.http.setPrivacy({ online: 'NOBODY' });
    expect(await alice.http.see(bob.id)).toEqual(hidden(bob, 'LONG_AGO'));
    await bob.http.setPrivacy({ online: 'EVERYONE' });
    await bob.http.block(alice.id);
    expect(await alice.http.see(bob.id)).toEqual(hidden(bob, 'LONG_AGO'));
    expect(await carol.http.see(bob.id)).toEqual(hidden(bob, 'RECENTLY'));
    await bob.http.setPrivacy({ lastSeen: 'EVERYONE' });
    expect(await carol.http.see(bob.id)).toMatchObject({
      lastSeen: expect.any(String) as string,
      lastSeenBucket: null,
    });
    // Never here, and allowed: nothing.
    await never.http.setPrivacy({ lastSeen: 'EVERYONE' });
    expect(await alice.http.see(never.id)).toEqual(hidden(never));
    expect(await bob.http.see(bob.id)).toMatchObject({ lastSeenBucket: null });
  });

  it('showLastSeen is a shorthand that never widens nor contradicts', async (stage) => {
    const [bob] = await stage.strangers('bob');
    const { http } = bob;
    expect(await http.setPrivacy({ showLastSeen: false })).toMatchObject({ showLastSeen: false, lastSeen: 'NOBODY' });
    expect(await http.setPrivacy({ showLastSeen: true })).toMatchObject({ showLastSeen: true, lastSeen: 'EVERYONE' });
    await http.setPrivacy({ lastSeen: 'CONTACTS' });
    expect(await http.setPrivacy({ showLastSeen: true })).toMatchObject({ showLastSeen: true, lastSeen: 'CONTACTS' });
    expect(await http.setPrivacy({ showLastSeen: true, lastSeen: 'CONTACTS' })).toMatchObject({ lastSeen: 'CONTACTS' });
    expect(await http.setPrivacy({ showLastSeen: false, lastSeen: 'NOBODY' })).toMatchObject({ lastSeen: 'NOBODY' });
    expect(await codeOf(http.setPrivacy({ showLastSeen: true, lastSeen: 'NOBODY' }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(http.setPrivacy({ showLastSeen: false, lastSeen: 'EVERYONE' }))).toBe('BAD_USER_INPUT');
    const unchanged = {
      showLastSeen: null,
      lastSeen: null,
      online: null,
      alwaysUserIds: null,
      neverUserIds: null,
      coarseLastSeen: null,
      typing: null,
    };
    expect(await http.setPrivacy(unchanged)).toMatchObject({
      showLastSeen: false,
      lastSeen: 'NOBODY',
      online: 'EVERYONE',
    });
  });

  it('lists are replaced as a whole; oneself and unknown people in them are ignored', async (stage) => {
    const [alice, carol, bob] = await stage.strangers('alice', 'carol', 'bob');
    const { http } = bob;
    const first = await http.setPrivacy({
      alwaysUserIds: [bob.id, alice.id, alice.id, 'nobody-has-this-id', carol.id],
    });
    expect(first.alwaysUserIds).toEqual([alice.id, carol.id].sort());
    expect(await http.setPrivacy({ neverUserIds: [alice.id] })).toMatchObject({
      alwaysUserIds: [alice.id, carol.id].sort(),
      neverUserIds: [alice.id],
    });
    expect((await http.setPrivacy({ alwaysUserIds: [] })).alwaysUserIds).toEqual([]);
    expect((await http.me()).privacy.neverUserIds).toEqual([alice.id]);
    const many = Array.from({ length: 1001 }, (_, i) => `u${i}`);
    expect(await codeOf(http.setPrivacy({ alwaysUserIds: many }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(http.setPrivacy({ neverUserIds: many.slice(1) }))).toBe('ACCEPTED');
    expect(await codeOf(http.setPrivacy({ neverUserIds: [alice.id, 'not an id'] }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(http.setPrivacy({ online: 'SOMEBODY' }))).toBe('BAD_USER_INPUT');
  });

  it('blocking is said once, of others who exist, and taken back', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    expect(await codeOf(bob.http.block(bob.id))).toBe('BAD_USER_INPUT');
    expect(await codeOf(bob.http.block('nobody-has-this-id'))).toBe('USER_NOT_FOUND');
    expect(await codeOf(bob.http.block('not an id'))).toBe('BAD_USER_INPUT');
    expect(await codeOf(bob.http.unblock('nobody-has-this-id'))).toBe('USER_NOT_FOUND');
    expect((await bob.http.block(alice.id)).blockedUserIds).toEqual([alice.id]);
    expect((await bob.http.block(alice.id)).blockedUserIds).toEqual([alice.id]);
    expect((await bob.http.unblock(alice.id)).blockedUserIds).toEqual([]);
    expect((await bob.http.unblock(alice.id)).blockedUserIds).toEqual([]);
  });
});
