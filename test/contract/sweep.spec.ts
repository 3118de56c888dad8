import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askEach } from '../../src/engine/redis/each.js';
import { Scripts } from '../../src/engine/redis/scripts.js';
import { presenceKey, shardOf, SHARDS, typingKey } from '../../src/engine/redis/shards.js';
import { Breaker } from '../../src/kernel/breaker.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { PrivateRedis } from '../support/redis.js';
import { instanceOn, SHORT, theRedis, untilReal } from './redis.world.js';
import { gone, LATE_MS, SETTINGS, socket } from './world.js';

const listOf = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n));

describe('many shards in one call', () => {
  let redis: PrivateRedis;
  let scripts: Scripts;

  beforeEach(async () => {
    redis = await theRedis();
    await redis.flush();
    scripts = new Scripts(redis.admin, SETTINGS, SHORT, 'PUBLISH', new Breaker(new SystemClock()));
  });
  afterEach(() => redis.flush());

  /** More whose time has come than one call looks at, in each of the sorted sets. */
  const crowd = (keys: readonly string[], count: number) =>
    Promise.all(keys.map((key) => redis.admin.zadd(key, ...listOf(count, (n) => [1, `user${n}`]).flat())));
  const left = (keys: readonly string[]) => Promise.all(keys.map((key) => redis.admin.zcard(key)));

  it('do no more together than one of them alone may, so that what people do comes in between', async () => {
    const keys = listOf(8, (shard) => presenceKey(shard));
    const due = keys.map((key) => key.replace(/m$/, 'd'));
    await crowd(due, 250);
    expect(await scripts.runOver('shard-sweep', keys, [])).toEqual(Array<number>(8).fill(1));
    expect((await left(due)).reduce((sum, users) => sum + users)).toBe(8 * 250 - 1000);

    const conversations = listOf(3, (shard) => typingKey(shard));
    await crowd(conversations, 80);
    expect(await scripts.runOver('typing-sweep', conversations, [])).toEqual([0, 1, 1]);
    expect(await left(conversations)).toEqual([0, 60, 80]);
  });

  it('answer each for itself: of one that cannot, only whoever asked about that one is told', async () => {
    await redis.admin.set(presenceKey(1).replace(/m$/, 'q'), 'of another kind');
    await redis.admin.hset(presenceKey(2).replace(/m$/, 'q'), 'ann', '5|7');
    const questions = listOf(SHARDS, presenceKey).map((key) => ({ key, args: [10] }));
    const answers = await Promise.allSettled(askEach(scripts, 'seen-list', questions));
    expect(answers.flatMap(({ status }, shard) => (status === 'rejected' ? shard : []))).toEqual([1]);
    expect(answers[2]).toEqual({ status: 'fulfilled', value: ['ann', '5|7'] });
    expect(answers[3]).toEqual({ status: 'fulfilled', value: [] });
  });

  it('show somebody OFFLINE in time, whatever is wrong with a shard that is looked after before theirs', async () => {
    const one = await instanceOn(redis, { instanceId: 'one' });
    // Of those who are asked about in the same call the shard comes first.
    const first = shardOf('ann') - (shardOf('ann') % 16);
    expect(first).toBeLessThan(shardOf('ann'));
    await redis.admin.set(presenceKey(first).replace(/m$/, 'd'), 'of another kind');
    await one.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.release(gone('ann', 's1', 'abrupt'));
    await untilReal(() => one.truths.at(-1)?.truth?.status === 'OFFLINE', SETTINGS.offlineGraceMs + LATE_MS + 1000);
    await one.close();
  });
});
