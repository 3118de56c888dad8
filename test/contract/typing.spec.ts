import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TypingStore } from '../../src/engine/engine.js';
import { LATE_MS, NEAR_MS, SETTINGS } from './world.js';
import type { World } from './world.js';
import { WORLDS } from './worlds.js';

describe.each(WORLDS)('who is typing, by the $name engine', ({ make }) => {
  let world: World;
  let typing: TypingStore;

  beforeEach(async () => {
    world = await make();
    typing = world.engine.typing;
    await typing.watch(['room']);
  });
  afterEach(() => world.close());

  const told = () => world.typings.map((event) => [event.userId, event.isTyping]);

  it('tells that a person starts, and stops', async () => {
    const now = await world.now();
    const { expiresAt, published } = await typing.start('room', 'ann', 's1');
    expect(published).toBe(true);
    expect(Math.abs(expiresAt - now - SETTINGS.typingTtlMs)).toBeLessThan(NEAR_MS);
    expect(await typing.typists('room')).toEqual([{ userId: 'ann', expiresAt }]);
    await typing.stop('room', 'ann', 's1');
    await world.until(() => world.typings.length === 2);
    expect(world.typings).toEqual([
      { conversationId: 'room', userId: 'ann', isTyping: true, expiresAt },
      { conversationId: 'room', userId: 'ann', isTyping: false, expiresAt: null },
    ]);
    expect(await typing.typists('room')).toEqual([]);
  });

  it('says nothing when a person stops who did not type', async () => {
    await typing.stop('room', 'ann', 's1');
    await typing.stop('room', 'ann', null);
    await world.pass(100);
    expect(told()).toEqual([]);
  });

  it('ends typing by itself', async () => {
    await typing.start('room', 'ann', 's1');
    await world.pass(SETTINGS.typingTtlMs / 2);
    expect(told()).toEqual([['ann', true]]);
    await world.until(() => world.typings.length === 2, SETTINGS.typingTtlMs / 2 + LATE_MS);
    expect(told()).toEqual([
      ['ann', true],
      ['ann', false],
    ]);
  });

  it('extends without a word within the shortest interval, and says so after it', async () => {
    await typing.start('room', 'ann', 's1');
    await world.pass(SETTINGS.typingMinIntervalMs / 4);
    const quiet = await typing.start('room', 'ann', 's1');
    expect(quiet.published).toBe(false);
    expect((await typing.typists('room'))[0]?.expiresAt).toBe(quiet.expiresAt);
    await world.pass(SETTINGS.typingMinIntervalMs);
    expect((await typing.start('room', 'ann', 's1')).published).toBe(true);
    await world.until(() => world.typings.length === 2);
    expect(world.typings.map((event) => event.isTyping)).toEqual([true, true]);
  });

  it('goes on while another connection of the person types', async () => {
    await typing.start('room', 'ann', 's1');
    await typing.start('room', 'ann', 's2');
    await typing.stop('room', 'ann', 's1');
    await typing.stop('room', 'ann', 's1');
    expect(await typing.typists('room')).toHaveLength(1);
    await typing.stop('room', 'ann', 's2');
    await world.until(() => world.typings.length === 2);
    expect(told()).toEqual([
      ['ann', true],
      ['ann', false],
    ]);
  });

  it('ends all of a person at once when no connection is named', async () => {
    await typing.start('room', 'ann', 's1');
    await typing.start('room', 'ann', '');
    await typing.stop('room', 'ann', null);
    expect(await typing.typists('room')).toEqual([]);
  });

  it('lists typists by id', async () => {
    for (const name of ['cy', '__proto__', 'ann']) await typing.start('room', name, 's1');
    await typing.start('hall', 'bob', 's1');
    expect((await typing.typists('room')).map((typist) => typist.userId)).toEqual(['__proto__', 'ann', 'cy']);
    expect(await typing.typists('empty')).toEqual([]);
  });

  it('tells only about conversations that are watched, as often as they are', async () => {
    await typing.watch(['room', 'hall']);
    typing.unwatch(['room', 'hall']);
    await typing.start('room', 'ann', 's1');
    await typing.start('hall', 'ann', 's1');
    await world.until(() => world.typings.length === 1);
    typing.unwatch(['room']);
    await typing.stop('room', 'ann', null);
    await world.pass(100);
    expect(world.typings).toMatchObject([{ conversationId: 'room', isTyping: true }]);
  });
});
