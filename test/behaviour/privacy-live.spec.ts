import { expect } from 'vitest';
import { PROMISED, type Person, type Stage } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

/** Bob is here, and alice watches him over a subscription of each kind. */
async function scene(stage: Stage) {
  const [alice, bob] = await stage.friends('alice', 'bob');
  const device = await bob.opens({ platform: 'WEB' });
  const room = await stage.room(alice, bob);
  const viewer = await alice.looksOn();
  const streams = [
    viewer.watch({ userIds: [bob.id], snapshot: true }),
    viewer.watch({ conversationId: room, snapshot: true }),
    viewer.watch({ snapshot: true }),
  ];
  for (const stream of streams) await stream.next(2000);
  /** Within a second each of them has exactly one event, and it is what a read answers. */
  const oneEvent = async (expected: object) => {
    const since = performance.now();
    for (const stream of streams) {
      const { view, at } = await stream.next(PROMISED.privacy + 500);
      expect(at - since).toBeLessThan(PROMISED.privacy);
      expect(view).toMatchObject(expected);
      expect(view).toEqual(await alice.http.see(bob.id));
    }
    for (const stream of streams) await stream.quiet(stream === streams[0] ? 300 : 0);
  };
  const nothing = async () => {
    for (const stream of streams) await stream.quiet(stream === streams[0] ? 500 : 0);
  };
  return { alice, bob, device, oneEvent, nothing };
}

const GONE = { status: 'OFFLINE', isOnline: false, lastSeen: null, since: null, platforms: [] };
const HERE = { status: 'ONLINE', isOnline: true, platforms: ['WEB'] };

type Acts = (who: { stage: Stage; alice: Person; bob: Person }) => Promise<unknown>;
const HIDINGS: readonly [string, Acts, Acts][] = [
  [
    'hides',
    ({ bob }) => bob.http.setPrivacy({ online: 'NOBODY' }),
    ({ bob }) => bob.http.setPrivacy({ online: 'EVERYONE' }),
  ],
  [
    'puts the viewer on the list of those who never see',
    ({ alice, bob }) => bob.http.setPrivacy({ neverUserIds: [alice.id] }),
    ({ bob }) => bob.http.setPrivacy({ neverUserIds: [] }),
  ],
  ['blocks the viewer', ({ alice, bob }) => bob.http.block(alice.id), ({ alice, bob }) => bob.http.unblock(alice.id)],
  [
    'is blocked by the viewer',
    ({ alice, bob }) => alice.http.block(bob.id),
    ({ alice, bob }) => alice.http.unblock(bob.id),
  ],
];

onEveryStage((it) => {
  for (const [what, hide, show] of HIDINGS) {
    it(`a person who ${what} is gone for running watchers with one event, and back with one`, async (stage) => {
      const { alice, bob, device, oneEvent, nothing } = await scene(stage);
      await hide({ stage, alice, bob });
      await oneEvent(GONE);
      await device.choose({ status: 'IDLE', message: { text: 'unseen' } });
      await device.choose({ status: 'ONLINE', clearMessage: true });
      await nothing();
      await show({ stage, alice, bob });
      await oneEvent(HERE);
    });
  }

  it('a contact who is dropped by somebody who shows themselves to contacts sees them go, and come', async (stage) => {
    const { alice, bob, oneEvent, nothing } = await scene(stage);
    await bob.http.setPrivacy({ online: 'CONTACTS' });
    await nothing();
    await stage.directory.deleteContact(bob.id, alice.id);
    await oneEvent(GONE);
    await stage.acquaint(bob, alice);
    await oneEvent(HERE);
  });

  it('a hidden last seen leaves with one event, the status stays', async (stage) => {
    const { bob, oneEvent } = await scene(stage);
    await bob.http.setPrivacy({ showLastSeen: false });
    await oneEvent({ ...HERE, lastSeen: null });
    await bob.http.setPrivacy({ showLastSeen: true });
    await oneEvent({ ...HERE, lastSeen: expect.any(String) as string });
  });

  it('a change that alters nothing for the watcher is no event, a bucket alone neither', async (stage) => {
    const { alice, bob, nothing } = await scene(stage);
    await bob.http.setPrivacy({ coarseLastSeen: true });
    await bob.http.setPrivacy({ typing: false });
    await bob.http.setPrivacy({ alwaysUserIds: [alice.id], lastSeen: 'CONTACTS' });
    await bob.http.setPrivacy({ online: 'SAME_AS_LAST_SEEN' });
    await nothing();
  });

  it('only the watcher whose view changes hears of it', async (stage) => {
    const [alice, carol, bob] = await stage.friends('alice', 'carol', 'bob');
    await bob.opens();
    const [ofAlice, ofCarol] = [
      (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true }),
      (await carol.looksOn()).watch({ userIds: [bob.id], snapshot: true }),
    ];
    await ofAlice.next(2000);
    await ofCarol.next(2000);
    await bob.http.block(alice.id);
    expect((await ofAlice.next(PROMISED.privacy)).view.status).toBe('OFFLINE');
    await ofCarol.quiet(300);
  });

  it('bucket and block: a watcher of somebody coarse sees nothing move when blocked while they are away', async (stage) => {
    const { alice, bob, device, oneEvent, nothing } = await scene(stage);
    await bob.http.setPrivacy({ lastSeen: 'NOBODY', coarseLastSeen: true });
    await oneEvent({ ...HERE, lastSeen: null, lastSeenBucket: 'RECENTLY' });
    await device.goOffline();
    await oneEvent({ ...GONE, lastSeenBucket: 'RECENTLY' });
    await bob.http.block(alice.id);
    await nothing();
    expect(await alice.http.see(bob.id)).toMatchObject({ ...GONE, lastSeenBucket: 'LONG_AGO' });
  });
});
