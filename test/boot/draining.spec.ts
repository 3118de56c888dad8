import { afterEach, expect, it } from 'vitest';

import { Drains, SOCKETS_ORDER } from '../../src/kernel/drains.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
afterEach(() => app.stop());

it('a load balancer is told to look elsewhere while an instance sends its people away, and calls are still answered', async () => {
  app = await TestApp.start();
  let finish = () => {};
  const drained = new Promise<void>((resolve) => (finish = resolve));
  app.nest.get(Drains).register('somebody slow', SOCKETS_ORDER, () => drained);
  expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);

  const stopped = app.stop();
  const ready = await fetch(`${app.url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'down', checks: { postgres: 'up' } }]);
  expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  const { url } = app;
  finish();
  await stopped;
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});
