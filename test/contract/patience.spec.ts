import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceOn, theRedis } from './redis.world.js';
import { socket } from './world.js';
import type { World } from './world.js';

describe('an instance that waits for Redis', () => {
  let here: World;

  beforeEach(async () => {
    here = await instanceOn(await theRedis());
  });
  afterEach(() => here.close());

  it('does not take its own standing still for silence of the server', async () => {
    await here.engine.presence.hold(socket('ann', 's1'));
    const answer = here.engine.presence.read(['ann']);
    // The question has to be on its way.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    for (const until = performance.now() + 900; performance.now() < until;);
    expect(await answer).toMatchObject([{ status: 'ONLINE' }]);
  });

  it('gives up a server that says nothing', async () => {
    await here.engine.presence.hold(socket('ann', 's1'));
    const redis = await theRedis();
    await redis.admin.call('CLIENT', 'PAUSE', 1500, 'ALL');
    const asked = performance.now();
    await expect(here.engine.presence.read(['ann'])).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(performance.now() - asked).toBeLessThan(1400);
  });
});
