import { expect } from 'vitest';
import { codeOf, type Device, type TypingView } from '../drivers/driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { BRISK, listensTo, PROMISED, type Person, type Stage } from '../support/people.js';
import { moment, onEveryStage } from '../support/stages.js';

const TTL_MS = Number(BRISK.TYPING_TTL_MS);
const INTERVAL_MS = Number(BRISK.TYPING_MIN_INTERVAL_MS);
/** Ends by time are looked for a few times a second. */
const LATE_MS = 1000;

/** Alice listens to a room of hers with bob, or to all that she is in, and somebody else proves that she does. */
async function scene(stage: Stage, toAll = false) {
  const [alice, bob, probe] = await stage.friends('alice', 'bob', 'probe');
  const room = await stage.room(alice, bob, probe);
  const typing = await listensTo(await alice.looksOn(), toAll ? null : room, { person: probe, conversationId: room });
  return { alice, bob, probe, room, typing };
}

/** A key every few milliseconds: as fast as a connection may go on. */
async function typesOn(device: Device, room: string) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return device.startTyping(room);
}

const starts = (person: Person) => (view: TypingView) => view.userId === person.id && view.isTyping;
const stops = (person: Person) => (view: TypingView) => view.userId === person.id && !view.isTyping;

const HIDDEN_TYPING: readonly [string, (who: { stage: Stage; alice: Person; bob: Person }) => Promise<unknown>][] = [
  ['hides being online from the listener', ({ alice, bob }) => bob.http.setPrivacy({ neverUserIds: [alice.id] })],
  ['blocks the listener', ({ alice, bob }) => bob.http.block(alice.id)],
  ['is blocked by the listener', ({ alice, bob }) => alice.http.block(bob.id)],
  ['does not show typing', ({ bob }) => bob.http.setPrivacy({ typing: false })],
  ['is invisible', ({ bob }) => bob.http.choose({ status: 'INVISIBLE' })],
  ['is heard by somebody who shows no typing', ({ alice }) => alice.http.setPrivacy({ typing: false })],
  [
    'is online for contacts only and does not have the listener',
    async ({ stage, alice, bob }) => {
      await stage.directory.deleteContact(bob.id, alice.id);
      await bob.http.setPrivacy({ online: 'CONTACTS' });
    },
  ],
];

onEveryStage((it) => {
  const onSockets = it.over(socketio, plain);

  it('members see somebody begin and stop, with until when', async (stage) => {
    const { alice, bob, room, typing } = await scene(stage);
    const asked = Date.now();
    const started = await bob.http.startTyping(room);
    expect(started.success).toBe(true);
    expect(Math.abs(moment(started.expiresAt) - asked - TTL_MS)).toBeLessThan(300);
    const { view } = await typing.next(PROMISED.typing);
    expect(view).toMatchObject({ conversationId: room, userId: bob.id, isTyping: true, expiresAt: started.expiresAt });
    expect(view.user).toEqual({ id: bob.id, username: bob.id, displayName: `The ${bob.id}`, avatarUrl: null });
    expect(await alice.http.typists(room)).toEqual([view]);
    expect(await bob.http.typists(room)).toEqual([]);
    expect(await bob.http.stopTyping(room)).toEqual({ success: true, expiresAt: null });
    expect((await typing.next(PROMISED.typing)).view).toEqual({ ...view, isTyping: false, expiresAt: null });
    expect(await alice.http.typists(room)).toEqual([]);
    expect(await bob.http.stopTyping(room)).toEqual({ success: true, expiresAt: null });
    await typing.quiet(300);
  });

  it('nobody hears of their own typing, on no device', async (stage) => {
    const [alice, probe] = await stage.friends('alice', 'probe');
    const room = await stage.room(alice, probe);
    const own = await listensTo(await alice.opensElsewhere(), room, { person: probe, conversationId: room });
    const device = await alice.opens();
    await device.startTyping(room);
    await device.stopTyping(room);
    await alice.http.startTyping(room);
    await own.quiet(500);
  });

  onSockets('typing ends by itself at its time', async (stage) => {
    const { bob, room, typing } = await scene(stage, true);
    const device = await bob.opens();
    const asked = Date.now();
    await device.startTyping(room);
    await typing.next(PROMISED.typing);
    const ended = await typing.next(TTL_MS + LATE_MS);
    expect(ended.view).toMatchObject({ userId: bob.id, isTyping: false, expiresAt: null });
    expect(Date.now()).toBeGreaterThanOrEqual(asked + TTL_MS - 20);
    await typing.quiet(300);
  });

  it('a refresh within the interval lengthens it unsaid, a later one is said', async (stage) => {
    const { bob, room, typing } = await scene(stage);
    const device = await bob.opens();
    const first = await device.startTyping(room);
    const told = await typing.next(PROMISED.typing);
    expect(told.view.expiresAt).toBe(first.expiresAt);
    let last = first;
    // Well within the interval, on any machine that answers in a few milliseconds.
    while (performance.now() - told.at < INTERVAL_MS / 4) last = await typesOn(device, room);
    expect(moment(last.expiresAt)).toBeGreaterThan(moment(first.expiresAt));
    await typing.quiet(INTERVAL_MS);
    const later = await device.startTyping(room);
    expect((await typing.next(PROMISED.typing)).view).toMatchObject({ isTyping: true, expiresAt: later.expiresAt });
  });

  it('the unsaid refresh moves the true end', async (stage) => {
    const { bob, room, typing } = await scene(stage);
    const device = await bob.opens();
    await device.startTyping(room);
    const { at } = await typing.next(PROMISED.typing);
    let last = await device.startTyping(room);
    while (performance.now() - at < INTERVAL_MS / 2) last = await typesOn(device, room);
    const { view } = await typing.next(TTL_MS + LATE_MS);
    expect(view.isTyping).toBe(false);
    expect(Date.now()).toBeGreaterThanOrEqual(moment(last.expiresAt) - 20);
  });

  onSockets('typing ends at once with the connection it was started on, and only with that', async (stage) => {
    const { bob, room, typing } = await scene(stage, true);
    const [laptop, phone] = [await bob.opens(), await bob.opensElsewhere()];
    await laptop.startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    await phone.leave();
    await typing.quiet(300);
    laptop.vanish();
    await typing.until(stops(bob), PROMISED.typing);
    await typing.quiet(300);
  });

  onSockets('typing on a second device goes on when the first one goes', async (stage) => {
    const { bob, room, typing } = await scene(stage, true);
    const [laptop, phone] = [await bob.opens(), await bob.opensElsewhere()];
    await laptop.startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    await phone.startTyping(room);
    laptop.vanish();
    await typing.quiet(400);
    phone.vanish();
    await typing.until(stops(bob), PROMISED.typing);
  });

  onSockets('typing started over HTTP ends when the last connection of the person goes', async (stage) => {
    const { bob, room, typing } = await scene(stage, true);
    const [laptop, phone] = [await bob.opens(), await bob.opensElsewhere()];
    await bob.http.startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    laptop.vanish();
    await typing.quiet(300);
    phone.vanish();
    await typing.until(stops(bob), PROMISED.typing);
  });

  it('going offline stops typing', async (stage) => {
    const { bob, room, typing } = await scene(stage);
    const device = await bob.opens();
    await device.startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    await device.goOffline();
    await typing.until(stops(bob), PROMISED.typing);
  });

  it('without naming one, every conversation one is in is heard, also one entered later', async (stage) => {
    const [alice, bob, probe] = await stage.friends('alice', 'bob', 'probe');
    const [room, other, foreign] = [
      await stage.room(alice, bob, probe),
      await stage.room(bob, probe),
      await stage.room(bob, probe),
    ];
    const all = await listensTo(await alice.looksOn(), null, { person: probe, conversationId: room });
    await bob.http.startTyping(other);
    await bob.http.startTyping(foreign);
    await bob.http.startTyping(room);
    expect((await all.next(PROMISED.typing)).view.conversationId).toBe(room);
    for (const left of [room, other]) await bob.http.stopTyping(left);
    await all.until(stops(bob), PROMISED.typing);
    await stage.directory.putMember(other, alice.id);
    // Heard from the moment on at which the instance has heard of the change.
    await repeatUntilHeard(
      () => probe.http.startTyping(other),
      () => probe.http.stopTyping(other),
      () => all.until((view) => view.conversationId === other && view.userId === probe.id && !view.isTyping, 300),
    );
    await stage.directory.deleteMember(room, alice.id);
    await all.quiet(1000);
    await probe.http.startTyping(room);
    await all.quiet(500);
    await probe.http.startTyping(other);
    expect((await all.next(PROMISED.typing)).view).toMatchObject({ conversationId: other, isTyping: true });
  });

  it('whoever is put out of the conversation is told so by the end of the subscription', async (stage) => {
    const { alice, room, typing } = await scene(stage);
    const before = performance.now();
    await stage.directory.deleteMember(room, alice.id);
    const { code, at } = await typing.ended(2000);
    expect(code).toBe('CONVERSATION_NOT_FOUND');
    expect(at - before).toBeLessThan(1000);
  });

  it('a conversation that does not exist and a foreign one are the same, everywhere', async (stage) => {
    const [alice, bob] = await stage.friends('alice', 'bob');
    const foreign = await stage.room(bob);
    const viewer = await alice.looksOn();
    const said = new Set<string>();
    for (const room of [foreign, 'nobody-made-this']) {
      for (const call of [
        () => alice.http.startTyping(room),
        () => alice.http.stopTyping(room),
        () => alice.http.typists(room),
        () => alice.http.whoIsOnline({ conversationId: room }),
        () => viewer.startTyping(room),
      ]) {
        said.add(await call().then(() => 'ACCEPTED', String));
      }
      expect((await viewer.watchTyping(room).ended(2000)).code).toBe('CONVERSATION_NOT_FOUND');
    }
    expect([...said]).toEqual(['Error: CONVERSATION_NOT_FOUND: No such conversation']);
    expect(await codeOf(alice.http.startTyping('a b'))).toBe('BAD_USER_INPUT');
    expect(await codeOf(alice.http.typists('..'))).toBe('BAD_USER_INPUT');
    expect((await viewer.watchTyping('a b').ended(2000)).code).toBe('BAD_USER_INPUT');
  });

  for (const [what, arrange] of HIDDEN_TYPING) {
    it(`nobody hears the typing of somebody who ${what}`, async (stage) => {
      const { alice, bob, room, typing } = await scene(stage);
      await bob.opens();
      await arrange({ stage, alice, bob });
      await typing.quiet(PROMISED.privacy);
      await bob.http.startTyping(room);
      await typing.quiet(400);
      expect(await alice.http.typists(room)).toEqual([]);
      await bob.http.stopTyping(room);
      await typing.quiet(300);
    });
  }

  it('who is hidden while they type stops typing for those who saw it, once', async (stage) => {
    const { alice, bob, room, typing } = await scene(stage);
    await (await bob.opens()).startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    await bob.http.block(alice.id);
    expect((await typing.next(PROMISED.privacy)).view).toMatchObject({ userId: bob.id, isTyping: false });
    await bob.http.startTyping(room);
    await typing.quiet(TTL_MS + 500);
  });

  it('a typist who is put out of the conversation stops typing in it', async (stage) => {
    const { alice, bob, room, typing } = await scene(stage);
    await bob.http.startTyping(room);
    await typing.until(starts(bob), PROMISED.typing);
    await stage.directory.deleteMember(room, bob.id);
    await typing.until(stops(bob), PROMISED.typing);
    expect(await alice.http.typists(room)).toEqual([]);
    await typing.quiet(300);
  });
});

async function repeatUntilHeard(
  start: () => Promise<unknown>,
  stop: () => Promise<unknown>,
  heard: () => Promise<unknown>,
) {
  for (let tries = 0; ; tries += 1) {
    await start();
    await stop();
    try {
      return await heard();
    } catch (error) {
      if (tries > 10) throw error;
    }
  }
}
