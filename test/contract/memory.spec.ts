import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../src/engine/memory/memory.engine.js';
import { ManualClock } from './manual.clock.js';
import { gone, INVISIBLE, memoryWorld, SETTINGS, socket } from './world.js';

describe('the end of a process with the memory engine', () => {
  it('leaves everybody who was shown as offline with that moment, and tells nobody', async () => {
    const world = await memoryWorld();
    const { presence } = world.engine;
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('bob', 's2'));
    await presence.hold(socket('cy', 's3', { custom: INVISIBLE }));
    await presence.watch(['ann', 'bob', 'cy']);
    await world.pass(100);
    const bobLeft = await world.now();
    await presence.release(gone('bob', 's2', 'abrupt'));
    await world.pass(100);
    await world.engine.drain();
    const seen = new Map((await presence.unstored(10)).map((one) => [one.userId, one]));
    expect(seen.get('ann')).toMatchObject({ lastSeen: await world.now() });
    expect(seen.get('bob')).toMatchObject({ lastSeen: bobLeft });
    expect(seen.get('cy')?.lastSeen ?? null).toBeNull();
    expect((await presence.read(['ann']))[0]).toMatchObject({ status: 'OFFLINE' });
    await presence.stored([...seen.values()]);
    expect(await presence.unstored(10)).toEqual([]);
    expect(world.truths).toEqual([]);
    await world.close();
  });

  it('is at most two seconds behind for whoever is shown when it is killed', async () => {
    const world = await memoryWorld();
    const { presence } = world.engine;
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('cy', 's3', { custom: INVISIBLE }));
    await world.pass(10_000);
    const seen = await presence.unstored(10);
    expect(seen).toMatchObject([{ userId: 'ann', lastSeen: null }]);
    expect((await world.now()) - (seen[0]?.shownAt ?? 0)).toBeLessThanOrEqual(2000);
    await presence.stored(seen);
    await presence.release(gone('ann', 's1', 'now', 5000));
    const [left] = await presence.unstored(10);
    expect(left).toEqual({ userId: 'ann', lastSeen: (await world.now()) - 5000, lastActive: seen[0]?.lastActive });
    await world.close();
  });
});

describe('a grace that has run out and was not looked at yet', () => {
  it('still ends in an OFFLINE when something older of the same person is stored just then', async () => {
    const clock = new ManualClock();
    // Never started: nothing is swept but by hand.
    const { presence } = new MemoryEngine(clock, SETTINGS);
    const told: (string | undefined)[] = [];
    presence.onTruth((_userId, truth) => told.push(truth?.status));
    await presence.hold(socket('ann', 's1'));
    await presence.watch(['ann']);
    presence.checkpoint();
    await presence.release(gone('ann', 's1', 'clean'));
    const leftAt = clock.now();
    await clock.turn(SETTINGS.leaveGraceMs + 1);
    await presence.stored(await presence.unstored(10));
    presence.sweep();
    expect(told).toEqual(['OFFLINE']);
    expect(await presence.unstored(10)).toMatchObject([{ userId: 'ann', lastSeen: leftAt }]);
  });
});
