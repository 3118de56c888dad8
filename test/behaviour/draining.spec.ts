import { afterAll, beforeAll, expect, it } from 'vitest';
import { Stage } from '../support/people.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start('over Redis on two instances', { OFFLINE_GRACE_MS: '4000' });
});
afterAll(() => stage.stop());

it('nobody is seen to leave when an instance stops in good order and its clients go to another one', async () => {
  const [alice, bob] = await stage.friends('alice', 'bob');
  const device = await bob.opens({ platform: 'WEB' });
  const seen = (await alice.looksOn()).watch({ userIds: [bob.id], snapshot: true });
  expect((await seen.next(2000)).view.status).toBe('ONLINE');
  const before = await alice.http.see(bob.id);
  const stopped = stage.place(1).stop();
  expect(await device.closed).toBe(1012);
  const again = await bob.opensElsewhere({ platform: 'WEB' });
  await stopped;
  await seen.quiet(6000);
  expect(await alice.http.see(bob.id)).toMatchObject({ status: 'ONLINE', since: before.since });
  // And it is the new connection that holds: it going is noticed.
  await again.leave();
  expect((await seen.next(4000)).view.status).toBe('OFFLINE');
});
