import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PresenceStore } from '../../src/engine/engine.js';
import { CUSTOM, gone, INVISIBLE, LATE_MS, NEAR_MS, lease, SETTINGS, socket } from './world.js';
import type { World } from './world.js';
import { WORLDS } from './worlds.js';

describe.each(WORLDS)('who is here, by the $name engine', ({ make }) => {
  let world: World;
  let presence: PresenceStore;

  beforeEach(async () => {
    world = await make();
    presence = world.engine.presence;
  });
  afterEach(() => world.close());

  const statuses = (userId: string) =>
    world.truths.filter((told) => told.userId === userId).map((told) => told.truth?.status ?? null);
  const read = async (userId: string) => (await presence.read([userId]))[0] ?? null;
  const untilStatus = (userId: string, status: string, ms?: number) =>
    world.until(async () => (await read(userId))?.status === status, ms);

  it('shows nobody who has never come', async () => {
    expect(await presence.watch(['ann'])).toEqual([null]);
  });

  it('shows a person who connects as online, and says so once', async () => {
    await presence.watch(['ann']);
    const before = await world.now();
    const truth = await presence.hold(socket('ann', 's1'));
    expect(truth).toMatchObject({ status: 'ONLINE', platforms: ['WEB'], message: null, lastSeen: null });
    expect(truth?.since).toBeGreaterThanOrEqual(before);
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2'));
    await world.pass(100);
    expect(statuses('ann')).toEqual(['ONLINE']);
  });

  it('takes what is done in one moment in the order in which it is done', async () => {
    const here = () => presence.hold({ ...socket('ann', 's1'), attach: true });
    const away = () => presence.leave('ann', null);
    await here();
    for (let times = 0; times < 5; times += 1) {
      await Promise.all([here(), away()]);
      expect(await read('ann')).toMatchObject({ status: 'OFFLINE' });
      await Promise.all([away(), here()]);
      expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
      // While the store is asked something else.
      const asked = Promise.all(Array.from({ length: 200 }, () => presence.holders('ann')));
      await new Promise(setImmediate);
      await Promise.all([away(), here()]);
      expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
      await asked;
    }
  });

  it('changes nothing for a person whose chosen status is not known', async () => {
    const { custom: _, ...request } = socket('ann', 's1');
    expect(await presence.hold(request)).toBeNull();
    expect(await presence.read(['ann'])).toEqual([null]);
    expect(await presence.holders('ann')).toEqual([]);
    expect(await presence.hold(socket('ann', 's1'))).not.toBeNull();
    expect(await presence.hold(request)).toMatchObject({ status: 'ONLINE' });
  });

  it('refuses a socket too many, and changes nothing', async () => {
    const limited = (id: string, more: Parameters<typeof socket>[2] = {}) =>
      presence.hold({ ...socket('ann', id, more), socketsMax: 2 });
    await presence.hold(lease('ann', 'phone', { platform: 'WEB' }));
    await limited('s1');
    await limited('s2');
    await presence.watch(['ann']);
    await expect(limited('s3', { platform: 'DESKTOP' })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect((await presence.holders('ann')).map(({ id }) => id).sort()).toEqual(['phone', 's1', 's2']);
    expect(await read('ann')).toMatchObject({ platforms: ['WEB'] });
    // Those that are there are renewed, and one that goes makes room.
    expect(await presence.hold({ ...socket('ann', 's1'), socketsMax: 1 })).not.toBeNull();
    await presence.release(gone('ann', 's1', 'now'));
    expect(await limited('s3')).not.toBeNull();
    await world.pass(100);
    expect((await presence.holders('ann')).map(({ id }) => id).sort()).toEqual(['phone', 's2', 's3']);
  });

  it('names every platform once, sorted, and tells when one comes or goes', async () => {
    await presence.watch(['ann']);
    await presence.hold(socket('ann', 's1', { platform: 'WEB' }));
    await presence.hold(socket('ann', 's2', { platform: 'DESKTOP' }));
    const truth = await presence.hold(socket('ann', 's3', { platform: 'DESKTOP' }));
    expect(truth?.platforms).toEqual(['DESKTOP', 'WEB']);
    await presence.release(gone('ann', 's1', 'clean'));
    await world.until(() => world.truths.length === 3);
    expect(world.truths.map((told) => told.truth?.platforms)).toEqual([['WEB'], ['DESKTOP', 'WEB'], ['DESKTOP']]);
    expect(new Set(world.truths.map((told) => told.truth?.since)).size).toBe(1);
  });

  it.each([
    ['clean', SETTINGS.leaveGraceMs],
    ['abrupt', SETTINGS.offlineGraceMs],
    ['now', 0],
  ] as const)('keeps a person who left (%s) online for %i ms', async (departure, graceMs) => {
    await presence.hold(socket('ann', 's1'));
    const left = await world.now();
    await presence.release(gone('ann', 's1', departure));
    if (graceMs > 0) {
      await world.pass(graceMs / 2);
      expect(await read('ann')).toMatchObject({ status: 'ONLINE', platforms: ['WEB'] });
    }
    await untilStatus('ann', 'OFFLINE', graceMs + LATE_MS);
    const truth = await read('ann');
    expect(truth?.platforms).toEqual([]);
    expect(truth?.since).toBe(truth?.lastSeen);
    expect(Math.abs((truth?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
    expect(await world.now()).toBeGreaterThanOrEqual(left + graceMs);
  });

  it('lets the last connection to go decide about grace', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2'));
    await presence.release(gone('ann', 's1', 'abrupt'));
    await presence.release(gone('ann', 's2', 'clean'));
    await untilStatus('ann', 'OFFLINE', SETTINGS.leaveGraceMs + LATE_MS);
  });

  it('says nothing when a person comes back within grace', async () => {
    await presence.watch(['ann']);
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'abrupt'));
    await world.pass(SETTINGS.offlineGraceMs / 2);
    await presence.hold(socket('ann', 's2'));
    await world.pass(SETTINGS.offlineGraceMs + 600);
    expect(statuses('ann')).toEqual(['ONLINE']);
  });

  it('counts grace and last seen from the last sign of life', async () => {
    await presence.hold(socket('ann', 's1'));
    await world.pass(600);
    const now = await world.now();
    await presence.release(gone('ann', 's1', 'abrupt', 500));
    await untilStatus('ann', 'OFFLINE', SETTINGS.offlineGraceMs - 500 + LATE_MS);
    expect(Math.abs(((await read('ann'))?.lastSeen ?? 0) - (now - 500))).toBeLessThan(NEAR_MS);
  });

  it('ends a lease without grace, last seen with its last heartbeat', async () => {
    const beat = await world.now();
    await presence.hold(lease('ann', 'phone'));
    await world.pass(SETTINGS.leaseMs - 500);
    expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
    await untilStatus('ann', 'OFFLINE', 500 + LATE_MS);
    expect(Math.abs(((await read('ann'))?.lastSeen ?? 0) - beat)).toBeLessThan(NEAR_MS);
    expect(await presence.holders('ann')).toEqual([]);
  });

  it('keeps a lease that is renewed', async () => {
    await presence.watch(['ann']);
    for (let beat = 0; beat < 3; beat++) {
      await presence.hold(lease('ann', 'phone', { activity: 'keep' }));
      await world.pass(SETTINGS.leaseMs * 0.4);
    }
    expect(statuses('ann')).toEqual(['ONLINE']);
    expect(await presence.holders('ann')).toHaveLength(1);
  });

  it('runs out the grace of a socket when a lease ends within it', async () => {
    await presence.hold(lease('ann', 'phone'));
    await world.pass(SETTINGS.leaseMs - 200);
    await presence.hold(socket('ann', 's1'));
    const left = await world.now();
    await presence.release(gone('ann', 's1', 'abrupt'));
    await world.pass(500);
    expect(await presence.holders('ann')).toEqual([]);
    expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
    await untilStatus('ann', 'OFFLINE', SETTINGS.offlineGraceMs - 500 + LATE_MS);
    expect(Math.abs(((await read('ann'))?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
  });

  it('shows a person idle when every connection says so, and active when one is', async () => {
    await presence.watch(['ann']);
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2', { activity: 'idle' }));
    await presence.hold(socket('ann', 's1', { activity: 'idle' }));
    await presence.hold(socket('ann', 's1', { activity: 'keep' }));
    await presence.hold(socket('ann', 's2', { activity: 'active' }));
    await world.until(() => statuses('ann').length === 3);
    expect(statuses('ann')).toEqual(['ONLINE', 'IDLE', 'ONLINE']);
  });

  it('shows a person idle after a while without activity, whom keeping alive does not wake', async () => {
    await presence.hold(socket('ann', 's1'));
    await world.pass(SETTINGS.idleAfterMs - 800);
    await presence.hold(socket('ann', 's1', { activity: 'keep' }));
    expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
    await untilStatus('ann', 'IDLE', 800 + LATE_MS);
    expect(await presence.holders('ann')).toMatchObject([{ active: false }]);
    expect(await presence.hold(socket('ann', 's1'))).toMatchObject({ status: 'ONLINE' });
  });

  it('takes who opens in the background as idle from the start, without activity', async () => {
    expect(await presence.hold(socket('ann', 's1', { activity: 'idle' }))).toMatchObject({
      status: 'IDLE',
      lastActive: null,
    });
  });

  it('takes a connection that says nothing about it as active', async () => {
    expect(await presence.hold(socket('ann', 's1', { activity: 'keep' }))).toMatchObject({ status: 'ONLINE' });
  });

  it('lets a person leave at once, sockets staying open but not counting', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.hold(lease('ann', 'phone'));
    const { truth } = await presence.leave('ann', null);
    expect(truth).toMatchObject({ status: 'OFFLINE', platforms: [] });
    expect(await presence.holders('ann')).toMatchObject([{ kind: 'socket', id: 's1', counts: false }]);
    expect(await presence.hold(socket('ann', 's1', { activity: 'keep' }))).toMatchObject({ status: 'OFFLINE' });
    expect(await presence.hold(socket('ann', 's1', { attach: true }))).toMatchObject({ status: 'ONLINE' });
  });

  it('lets one device leave and keeps the others', async () => {
    await presence.hold(socket('ann', 's1', { deviceId: 'laptop', platform: 'DESKTOP' }));
    await world.pass(20);
    await presence.hold(lease('ann', 'phone'));
    await presence.hold(lease('ann', ''));
    expect((await presence.leave('ann', 'laptop')).truth).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE'] });
    expect((await presence.leave('ann', 'phone')).truth).toMatchObject({ status: 'ONLINE' });
    expect(await presence.holders('ann')).toMatchObject([
      { id: 's1', counts: false },
      { id: '', counts: true },
    ]);
    expect((await presence.leave('ann', null)).truth).toMatchObject({ status: 'OFFLINE' });
  });

  it('ends a running grace when a person leaves, last seen when the connection went', async () => {
    await presence.hold(socket('ann', 's1'));
    const left = await world.now();
    await presence.release(gone('ann', 's1', 'abrupt'));
    await world.pass(300);
    const { truth } = await presence.leave('ann', null);
    expect(truth).toMatchObject({ status: 'OFFLINE' });
    expect(Math.abs((truth?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
    expect(await presence.leave('bob', null)).toEqual({ truth: null, typing: [] });
  });

  it('shows who becomes invisible as gone at that moment, and keeps it so whatever they do', async () => {
    await presence.watch(['ann']);
    await presence.hold(socket('ann', 's1'));
    await world.pass(200);
    const switched = await world.now();
    const truth = await presence.setCustom('ann', INVISIBLE, false);
    expect(truth).toMatchObject({ status: 'OFFLINE', platforms: [] });
    expect(Math.abs((truth?.lastSeen ?? 0) - switched)).toBeLessThan(NEAR_MS);
    await world.pass(100);
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2'));
    await presence.release(gone('ann', 's1', 'now'));
    await presence.release(gone('ann', 's2', 'now'));
    await world.pass(LATE_MS);
    const later = await read('ann');
    expect(later).toMatchObject({ status: 'OFFLINE', since: truth?.lastSeen, lastSeen: truth?.lastSeen });
    expect(later?.lastActive).toBeGreaterThan(truth?.lastSeen ?? Infinity);
    expect(statuses('ann')).toEqual(['ONLINE', 'OFFLINE']);
  });

  it('does not bring back who has gone by a chosen status', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'abrupt'));
    await presence.setCustom('ann', INVISIBLE, false);
    expect(await presence.setCustom('ann', { ...CUSTOM, version: 6 }, false)).toMatchObject({ status: 'OFFLINE' });
    expect(await presence.hold(socket('ann', 's2'))).toMatchObject({ status: 'ONLINE' });
  });

  it('applies a chosen status during grace', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'abrupt'));
    const busy = { ...CUSTOM, version: 1, whileActive: 'DO_NOT_DISTURB', whileInactive: 'DO_NOT_DISTURB' } as const;
    expect(await presence.setCustom('ann', busy, false)).toMatchObject({
      status: 'DO_NOT_DISTURB',
      platforms: ['WEB'],
    });
  });

  it('never replaces a newer chosen status by an older one', async () => {
    await presence.hold(socket('ann', 's1', { custom: { ...CUSTOM, version: 3, whileActive: 'DO_NOT_DISTURB' } }));
    expect(await presence.setCustom('ann', { ...CUSTOM, version: 2 }, false)).toMatchObject({
      status: 'DO_NOT_DISTURB',
    });
    expect(await presence.hold(socket('ann', 's1'))).toMatchObject({ status: 'DO_NOT_DISTURB' });
    expect(await presence.setCustom('ann', { ...CUSTOM, version: 4 }, false)).toMatchObject({ status: 'ONLINE' });
    expect(await presence.setCustom('bob', CUSTOM, false)).toBeNull();
  });

  it('clears a message at its end, once', async () => {
    await presence.watch(['ann']);
    await presence.hold(socket('ann', 's1'));
    const message = { text: 'Lunch — 🍜', emoji: '🍜', expiresAt: (await world.now()) + 400 };
    expect(await presence.setCustom('ann', { ...CUSTOM, version: 1, message }, false)).toMatchObject({ message });
    await world.until(() => world.truths.length === 3, 400 + LATE_MS);
    await world.pass(100);
    expect(world.truths.map((told) => told.truth?.message)).toEqual([null, message, null]);
    expect(await world.now()).toBeGreaterThanOrEqual(message.expiresAt);
  });

  it('keeps a message without an end, also one that looks like nothing', async () => {
    const message = { text: '', emoji: null, expiresAt: null };
    const truth = await presence.hold(socket('ann', 's1', { custom: { ...CUSTOM, version: 1, message } }));
    expect(truth?.message).toEqual(message);
    expect((await read('ann'))?.message).toEqual(message);
  });

  it('gives versions that only grow, also to a person who was dropped and came again', async () => {
    const versions: number[] = [];
    for (let round = 0; round < 3; round++) {
      versions.push((await presence.hold(socket('ann', `s${round}`)))?.version ?? 0);
      await presence.release(gone('ann', `s${round}`, 'now'));
      versions.push((await read('ann'))?.version ?? 0);
      await presence.stored(await presence.unstored(10));
      expect(await read('ann')).toBeNull();
    }
    expect(versions.every((version, at) => at === 0 || version > (versions[at - 1] ?? 0))).toBe(true);
  });

  it('queues last seen until it is stored, and forgets only what has not moved since', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'now'));
    const first = (await presence.unstored(10)).filter((seen) => seen.userId === 'ann');
    expect(first).toMatchObject([{ lastSeen: (await read('ann'))?.lastSeen }]);
    await world.pass(50);
    await presence.hold(socket('ann', 's2'));
    await presence.release(gone('ann', 's2', 'now'));
    await presence.stored(first);
    const second = await presence.unstored(10);
    expect(second).toHaveLength(1);
    expect(second[0]?.lastSeen).toBeGreaterThan(first[0]?.lastSeen ?? Infinity);
    await presence.stored(second);
    expect(await presence.unstored(10)).toEqual([]);
    expect(await read('ann')).toBeNull();
  });

  it('does not drop who is here or in grace when something of theirs is stored', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'now'));
    await presence.hold(socket('ann', 's2'));
    await presence.stored(await presence.unstored(10));
    expect(await read('ann')).toMatchObject({ status: 'ONLINE' });
  });

  it('takes up to so many at once', async () => {
    for (const name of ['ann', 'bob', 'cy']) await presence.touch(name);
    expect(await presence.unstored(2)).toHaveLength(2);
    const all = await presence.unstored(10);
    expect(all.map((seen) => seen.userId).sort()).toEqual(['ann', 'bob', 'cy']);
    expect(all.every((seen) => seen.lastSeen === null && seen.lastActive !== null)).toBe(true);
  });

  it('reads many in the order asked, twice the same when asked twice', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('__proto__', 's2'));
    const truths = await presence.read(['nobody', '__proto__', 'ann', 'ann']);
    expect(truths.map((truth) => truth?.userId ?? null)).toEqual([null, '__proto__', 'ann', 'ann']);
  });

  it('lists what a person is connected by, oldest first', async () => {
    await presence.hold(socket('ann', 's1', { deviceId: 'laptop', platform: 'DESKTOP' }));
    await world.pass(20);
    await presence.hold(lease('ann', '', { platform: 'BOT', activity: 'idle' }));
    expect(await presence.holders('ann')).toMatchObject([
      { kind: 'socket', id: 's1', deviceId: 'laptop', platform: 'DESKTOP', active: true, counts: true },
      { kind: 'lease', id: '', deviceId: null, platform: 'BOT', active: false, counts: true },
    ]);
  });

  it('forgets a deleted person and says so', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.watch(['ann']);
    await presence.forget('ann');
    await world.until(() => world.truths.length === 1);
    expect(world.truths).toEqual([{ userId: 'ann', truth: null }]);
    expect(await presence.read(['ann'])).toEqual([null]);
    expect(await presence.unstored(10)).toEqual([]);
    expect(await presence.release(gone('ann', 's1', 'clean'))).toEqual([]);
  });

  it('does not forget somebody new under the id of somebody deleted before', async () => {
    await presence.watch(['ann', 'bob']);
    await presence.hold(socket('bob', 'old'));
    await world.pass(200);
    const born = await world.now();
    await world.pass(100);
    for (const name of ['ann', 'bob']) await presence.hold(socket(name, `new-${name}`));
    await world.pass(100);
    for (const name of ['ann', 'bob']) await presence.forget(name, (await world.now()) - born);
    // What is from before takes what is mixed with it along.
    await world.until(() => statuses('bob').length === 2);
    expect(statuses('bob')).toEqual(['ONLINE', null]);
    expect(statuses('ann')).toEqual(['ONLINE']);
    expect((await presence.holders('ann')).map(({ id }) => id)).toEqual(['new-ann']);
    await presence.release(gone('ann', 'new-ann', 'now'));
    await presence.forget('ann', (await world.now()) - born);
    expect(await presence.unstored(10)).toMatchObject([{ userId: 'ann' }]);
    await presence.forget('ann');
    expect(await presence.unstored(10)).toEqual([]);
  });

  it('tells only about who is watched, as often as they are', async () => {
    await presence.watch(['ann', 'ann', 'bob']);
    presence.unwatch(['ann', 'bob']);
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('bob', 's2'));
    await world.until(() => world.truths.length === 1);
    presence.unwatch(['ann']);
    await presence.release(gone('ann', 's1', 'now'));
    await world.pass(100);
    expect(statuses('ann')).toEqual(['ONLINE']);
    expect(statuses('bob')).toEqual([]);
  });

  it('names the conversations to be ended when a person goes, once', async () => {
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2'));
    await presence.noteTyping('ann', 'room');
    expect(await presence.release(gone('ann', 's1', 'clean'))).toEqual([]);
    expect(await presence.release(gone('ann', 's2', 'clean'))).toEqual(['room']);
    expect(await presence.release(gone('ann', 's2', 'clean'))).toEqual([]);
    await presence.hold(socket('ann', 's3'));
    await presence.noteTyping('ann', 'hall');
    expect((await presence.leave('ann', null)).typing).toEqual(['hall']);
    await presence.noteTyping('ann', 'attic');
    await world.pass(SETTINGS.typingTtlMs + 50);
    expect((await presence.leave('ann', null)).typing).toEqual([]);
  });

  it('moves last active by a touch, for who is here as for who is not', async () => {
    await presence.hold(socket('ann', 's1', { activity: 'idle' }));
    await presence.touch('ann');
    expect((await read('ann'))?.lastActive).not.toBeNull();
    expect(await read('ann')).toMatchObject({ status: 'IDLE' });
    await presence.setCustom('bob', CUSTOM, true);
    expect(await presence.unstored(10)).toMatchObject([{ userId: 'bob', lastSeen: null }]);
  });
});
