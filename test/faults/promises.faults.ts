import { describe, it } from 'vitest';
import { FULL, LIGHT } from './harness/background.js';
import { MINUTES, stage } from './harness/stage.js';
import { leaving } from './scenarios/clients.js';
import { fenced, paused, rolling } from './scenarios/instances.js';
import { flusherKilled, postgresDown } from './scenarios/postgres.js';
import { lostMessage, primaryKilled, REDIS_MISHAPS, redisMishap } from './scenarios/redis.js';
import { slowReaders } from './scenarios/readers.js';
import { killedWithMany } from './scenarios/storm.js';
import { farAway, partitioned } from './scenarios/wires.js';

/** LAMPLIGHT_SEEDS="4 5 6" takes others. */
const SEEDS = (process.env['LAMPLIGHT_SEEDS'] ?? '1 2 3').split(' ').map(Number);
/** LAMPLIGHT_BACKGROUND=light: for a machine that is busy with something else; no measure of a promise. */
const SIZE = process.env['LAMPLIGHT_BACKGROUND'] === 'light' ? LIGHT : FULL;

describe.each(SEEDS)('three instances over Redis, seed %i', (seed) => {
  const here = stage(seed, 'single', SIZE);

  it('an instance with many is killed', () => killedWithMany(here.field, here.background), 4 * MINUTES);
  it('one message is lost', () => lostMessage(here.field), MINUTES);
  it('an instance stands still for 6 s', () => paused(here.field, here.background), MINUTES);
  it('an instance stands still for 40 s', () => fenced(here.field), 3 * MINUTES);
  it.each(REDIS_MISHAPS)('%s', (name) => redisMishap(here.field, here.background, name), 3 * MINUTES);
  it('an instance does not reach Redis', () => partitioned(here.field, here.background), 2 * MINUTES);
  it('Redis is far away', () => farAway(here.field, here.background), 2 * MINUTES);
  it('slow readers', () => slowReaders(here.field, here.background), 2 * MINUTES);
  it('clients go in every way there is', () => leaving(here.field), 2 * MINUTES);
  it('Postgres is down for a minute', () => postgresDown(here.field, here.background), 3 * MINUTES);
  it('who writes last seen is killed', () => flusherKilled(here.field), 3 * MINUTES);
  it('all instances are restarted, one by one', () => rolling(here.field, here.background), 4 * MINUTES);
});

describe.each(SEEDS)('three instances over a Redis Cluster, seed %i', (seed) => {
  const here = stage(seed, 'cluster', SIZE);

  it('a primary is killed', () => primaryKilled(here.field, here.background), 3 * MINUTES);
});
