import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { gone, INVISIBLE, LATE_MS, lease, NEAR_MS, SETTINGS, socket } from '../contract/world.js';
import type { World } from '../contract/world.js';
import { WORLDS } from '../contract/worlds.js';

describe.each(WORLDS)('what an operator is told of a person by the $name engine', ({ make }) => {
  let world: World;
  beforeEach(async () => {
    world = await make();
  });
  afterEach(() => world.close());

  const account = () => world.engine.presence.account('ann', 20);

  it('is nothing of somebody who has never come', async () => {
    expect(await account()).toMatchObject({ truth: null, custom: null, holders: [], unstored: null, transitions: [] });
  });

  it('names every hold with what its end is counted from', async () => {
    const { presence } = world.engine;
    await presence.hold(socket('ann', 's1', { deviceId: 'laptop' }));
    await presence.hold(lease('ann', 'phone', { activity: 'idle' }));
    const { now, truth, custom, holders, graceEndsAt, lookAt } = await account();
    expect(truth).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE', 'WEB'] });
    expect(custom).toMatchObject({ version: 0, whileActive: 'ONLINE', whileInactive: 'IDLE', message: null });
    expect(graceEndsAt).toBeNull();
    expect(holders).toMatchObject([
      {
        kind: 'socket',
        id: 's1',
        deviceId: 'laptop',
        platform: 'WEB',
        counts: true,
        active: true,
        idle: false,
        endsAt: null,
      },
      { kind: 'lease', id: 'phone', platform: 'MOBILE', counts: true, active: false, idle: true, activeAt: null },
    ]);
    const [first, second] = holders;
    expect(Math.abs((first?.activeAt ?? 0) - now)).toBeLessThan(NEAR_MS);
    expect(second?.endsAt).toBe((second?.renewedAt ?? 0) + SETTINGS.leaseMs);
    expect(lookAt).toBeLessThanOrEqual(second?.endsAt ?? 0);
  });

  it('says how long a departure stays unseen, and then why the person was shown to go', async () => {
    const { presence } = world.engine;
    await presence.hold(socket('ann', 's1'));
    const left = await world.now();
    await presence.release(gone('ann', 's1', 'clean'));
    const during = await account();
    expect(Math.abs((during.graceEndsAt ?? 0) - left - SETTINGS.leaveGraceMs)).toBeLessThan(NEAR_MS);
    expect(Math.abs((during.leftAt ?? 0) - left)).toBeLessThan(NEAR_MS);
    await world.until(async () => (await account()).transitions.length === 2, SETTINGS.leaveGraceMs + LATE_MS);
    const { transitions, graceEndsAt, unstored } = await account();
    expect(graceEndsAt).toBeNull();
    expect(transitions).toMatchObject([
      { from: 'ONLINE', to: 'OFFLINE', cause: 'time' },
      { from: 'OFFLINE', to: 'ONLINE', cause: 'connection' },
    ]);
    expect(unstored?.lastSeen).toBe(during.leftAt);
  });

  it('names the cause of every change, the newest first', async () => {
    const { presence } = world.engine;
    await presence.hold(lease('ann', ''));
    await presence.setCustom('ann', { ...INVISIBLE, version: 1 }, true);
    await presence.setCustom('ann', { version: 2, whileActive: 'IDLE', whileInactive: 'IDLE', message: null }, true);
    await presence.leave('ann', null);
    await presence.hold(socket('ann', 's1'));
    await presence.release(gone('ann', 's1', 'now'));
    const { transitions } = await account();
    expect(transitions.map(({ to, cause }) => `${to} by ${cause}`)).toEqual([
      'OFFLINE by closing',
      'IDLE by connection',
      'OFFLINE by leaving',
      'IDLE by choice',
      'OFFLINE by choice',
      'ONLINE by heartbeat',
    ]);
    expect((await presence.account('ann', 2)).transitions).toEqual(transitions.slice(0, 2));
  });

  it('keeps nothing of somebody who is forgotten', async () => {
    const { presence } = world.engine;
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('anna', 's2'));
    await presence.forget('ann');
    expect((await account()).transitions).toEqual([]);
    expect((await presence.account('anna', 20)).transitions).toHaveLength(1);
  });

  it('is also how many people are shown at the moment', async () => {
    const { presence } = world.engine;
    const online = (number: number) => world.until(() => presence.online() === number);
    await presence.hold(socket('ann', 's1'));
    await presence.hold(socket('ann', 's2'));
    await presence.hold(lease('bob', ''));
    await presence.hold(socket('cy', 's3', { custom: INVISIBLE }));
    await online(2);
    await presence.release(gone('ann', 's1', 'now'));
    await presence.release(gone('ann', 's2', 'now'));
    await online(1);
    await presence.forget('bob');
    await online(0);
  });
});
