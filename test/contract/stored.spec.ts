import { expect, it } from 'vitest';
import { instanceOn, theRedis, untilReal, wait } from './redis.world.js';
import { gone, SETTINGS, socket } from './world.js';

it('a grace that has just run out in Redis still ends in an OFFLINE when something older is stored then', async () => {
  // Swept so rarely that it can be stored in between.
  const world = await instanceOn(await theRedis(), { idleAfterMs: 60_000 }, { sweepMs: 1500, stallMs: 20_000 });
  const { presence } = world.engine;
  await presence.hold(socket('ann', 's1'));
  await presence.release(gone('ann', 's1', 'now'));
  await presence.hold(socket('ann', 's2'));
  await presence.watch(['ann']);
  const older = await presence.unstored(10);
  expect(older).toHaveLength(1);
  await presence.release(gone('ann', 's2', 'clean'));
  await wait(SETTINGS.leaveGraceMs + 30);
  await presence.stored(older);
  await untilReal(() => world.truths.at(-1)?.truth?.status === 'OFFLINE', 5000);
  const [last] = await presence.unstored(10);
  expect(last?.lastSeen).toBeGreaterThan(older[0]?.lastSeen ?? Infinity);
  await world.close();
});
