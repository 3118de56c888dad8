import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PrivateRedis } from '../support/redis.js';
import { type Instance, SHORT, theRedis, twoOn, untilReal } from './redis.world.js';
import { gone, LATE_MS, lease, NEAR_MS, SETTINGS, socket } from './world.js';

/** As after a replica took over that had not heard the last writes. */
describe('a store that has gone back to what it was a moment ago', () => {
  let redis: PrivateRedis;
  let one: Instance;
  let two: Instance;

  beforeEach(async () => {
    redis = await theRedis();
    [one, two] = await twoOn(redis);
  });
  afterEach(() => Promise.all([one.close(), two.close()]));

  const goBack = async () => {
    await redis.kill();
    await redis.run();
  };
  const shown = (userId: string) => two.truths.filter((told) => told.userId === userId).map(({ truth }) => truth);
  const last = (userId: string) => shown(userId).at(-1)?.status;
  const status = async (userId: string) => {
    const [truth] = await two.engine.presence.read([userId]).catch(() => [undefined]);
    return truth?.status;
  };

  it('hears again who came and who went, and everybody is shown as they are', async () => {
    await two.engine.presence.watch(['stays', 'left', 'came', 'away']);
    for (const name of ['stays', 'left', 'away']) await one.engine.presence.hold(socket(name, name));
    await untilReal(() => two.truths.length === 3, 1000);
    await redis.admin.save();
    const leftAt = await one.now();
    await one.engine.presence.release(gone('left', 'left', 'now'));
    await one.engine.presence.leave('away', null);
    await one.engine.presence.hold(socket('came', 'came'));
    await untilReal(() => two.truths.length === 6, 1000);
    await goBack();
    const right = async () =>
      (await status('stays')) === 'ONLINE' &&
      (await status('came')) === 'ONLINE' &&
      ((await status('left')) ?? 'OFFLINE') === 'OFFLINE' &&
      (await status('away')) === 'OFFLINE';
    await untilReal(right, 5000);
    expect(['stays', 'left', 'came', 'away'].map(last)).toEqual(['ONLINE', 'OFFLINE', 'ONLINE', 'OFFLINE']);
    const seen = (await two.engine.presence.unstored(10)).find(({ userId }) => userId === 'left');
    expect(Math.abs((seen?.lastSeen ?? 0) - leftAt)).toBeLessThan(NEAR_MS);
  });

  it('tells anew what it takes for old, to those who know something newer', async () => {
    await two.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await redis.admin.save();
    await one.engine.presence.leave('ann', null);
    await untilReal(() => last('ann') === 'OFFLINE', 1000);
    await redis.kill();
    // Here again before anybody has noticed: to the store she never left.
    await expect(one.engine.presence.hold(socket('ann', 's1', { attach: true }))).rejects.toThrow();
    await redis.run();
    await untilReal(() => last('ann') === 'ONLINE', 5000);
    const versions = shown('ann').map((truth) => truth?.version ?? 0);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('is told again of leases, with their age, and of none that was given up', async () => {
    await two.engine.presence.watch(['phone', 'gone']);
    await one.engine.presence.hold(lease('phone', 'p1'));
    await one.engine.presence.hold(lease('gone', 'p2'));
    await untilReal(() => two.truths.length === 2, 1000);
    // Through another instance than the one that knows the lease.
    await two.engine.presence.leave('gone', null);
    await untilReal(() => last('gone') === 'OFFLINE', 1000);
    const [before] = await two.engine.presence.holders('phone');
    await redis.flush();
    await untilReal(async () => (await two.engine.presence.holders('phone')).length === 1, 3000);
    const [after] = await two.engine.presence.holders('phone');
    expect(Math.abs((after?.connectedAt ?? 0) - (before?.connectedAt ?? 0))).toBeLessThan(NEAR_MS);
    // It ends when it would have ended.
    await untilReal(() => last('phone') !== 'ONLINE', SETTINGS.leaseMs + 2 * SHORT.nodeTtlMs + LATE_MS);
    expect(last('phone')).toBe('OFFLINE');
    expect(shown('phone').filter((truth) => truth?.status !== 'ONLINE')).toHaveLength(1);
    expect(shown('gone').filter((truth) => truth?.status === 'ONLINE')).toHaveLength(1);
  });
});
