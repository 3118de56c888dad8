import { describe, it } from 'vitest';
import { LIGHT } from './harness/background.js';
import { MINUTES, stage } from './harness/stage.js';
import { leaving } from './scenarios/clients.js';
import { lostMessage } from './scenarios/redis.js';

/** Those that keep their bounds on any machine; the rest is `npm run test:faults`. */
describe('three instances of the built server over Redis', () => {
  const here = stage(7, LIGHT);

  it('show everybody who goes, in every way there is', () => leaving(here.field), 2 * MINUTES);
  it('repair a lost message', () => lostMessage(here.field), MINUTES);
});
