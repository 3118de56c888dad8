import { describe, it } from 'vitest';
import { FULL, LIGHT } from './harness/background.js';
import { beside, inCluster, MINUTES, stage } from './harness/stage.js';
import { leaving } from './scenarios/clients.js';
import { fenced, paused, rolling } from './scenarios/instances.js';
import { flusherKilled, postgresDown } from './scenarios/postgres.js';
import { Footprint } from './scenarios/memory.js';
import {
  lostMessage,
  primaryKilled,
  primaryStale,
  REDIS_LOSSES,
  REDIS_PAUSED,
  redisMishap,
} from './scenarios/redis.js';
import { slowReaders } from './scenarios/readers.js';
import { killedWithMany } from './scenarios/storm.js';
import { farAway, partitioned } from './scenarios/wires.js';

/** LAMPLIGHT_SEEDS="4 5 6" takes others. */
const SEEDS = (process.env['LAMPLIGHT_SEEDS'] ?? '1 2 3').split(' ').map(Number);
/** LAMPLIGHT_BACKGROUND=light: for a machine that is busy with something else; no measure of a promise. */
const SIZE = process.env['LAMPLIGHT_BACKGROUND'] === 'light' ? LIGHT : FULL;

/*
 * Most of a scenario is waiting for what must not happen. Those that touch different instances, or different stores,
 * wait side by side; the ones that measure how fast the whole is have it for themselves.
 */
describe.each(SEEDS)('three instances over Redis, seed %i', (seed) => {
  const here = stage(seed, SIZE);
  const at = (name: 'a' | 'b' | 'c') => here.field.place(name);
  const footprint = new Footprint();

  it('an instance with many is killed', () => killedWithMany(here.field, here.background), 4 * MINUTES);
  it('what is kept in memory is noted', () => footprint.note(here.field), MINUTES);
  it('an instance stands still for 6 s', () => paused(here.field, here.background), MINUTES);
  it(
    'an instance stands still for 40 s; slow readers of another',
    () => beside(fenced(here.field), slowReaders(here.field, here.background, at('a'))),
    3 * MINUTES,
  );
  it(
    `${REDIS_PAUSED}; a primary of a Cluster stands still`,
    () =>
      beside(
        redisMishap(here.field, here.background, REDIS_PAUSED),
        inCluster(seed, SIZE, ({ field, background }) => primaryStale(field, background)),
      ),
    4 * MINUTES,
  );
  it.each(REDIS_LOSSES)('%s', (name) => redisMishap(here.field, here.background, name), 3 * MINUTES);
  it(
    'an instance does not reach Redis; among the others clients go in every way, and a message is lost',
    () =>
      beside(
        partitioned(here.field, here.background),
        leaving(here.field, [at('a'), at('c')]),
        lostMessage(here.field, at('a'), at('c')),
      ),
    3 * MINUTES,
  );
  it(
    'Postgres is down for a minute; Redis is far away; a primary of a Cluster is killed',
    () =>
      beside(
        postgresDown(here.field, here.background),
        farAway(here.field, here.background).then(() =>
          inCluster(seed, SIZE, ({ field, background }) => primaryKilled(field, background)),
        ),
      ),
    4 * MINUTES,
  );
  it('what is kept in memory is no more than it was', () => footprint.compare(here.field), MINUTES);
  it('who writes last seen is killed', () => flusherKilled(here.field), 3 * MINUTES);
  it('all instances are restarted, one by one', () => rolling(here.field, here.background), 4 * MINUTES);
});
