import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connections } from '../../src/engine/redis/connection.js';
import { askOne } from '../../src/engine/redis/each.js';
import { Scripts } from '../../src/engine/redis/scripts.js';
import { presenceKey, shardOf, SHARDS } from '../../src/engine/redis/shards.js';
import { Breaker } from '../../src/kernel/breaker.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { Proxy } from '../support/proxy.js';
import type { PrivateRedis } from '../support/redis.js';
import { type Instance, instanceOn, SHORT, theRedis, twoOn, untilReal, wait } from './redis.world.js';
import { CUSTOM, gone, INVISIBLE, LATE_MS, NEAR_MS, lease, SETTINGS, socket } from './world.js';
import type { World } from './world.js';

/** A script about shards of presence, as it is sent: how many there are of arguments, and of shards. */
const CALL = /\*(\d+)\r\n\$7\r\nevalsha\r\n\$40\r\n\w{40}\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\nlamp:p:[^:]+:m\r\n/gi;

/** Of the scripts about several shards at a time, only the sweep has no other argument. */
const sweptIn = (bytes: Buffer) =>
  [...bytes.toString('latin1').matchAll(CALL)]
    .filter(([, all, shards]) => Number(shards) > 1 && Number(all) === Number(shards) + 3)
    .reduce((sum, [, , shards]) => sum + Number(shards), 0);

describe('two instances over one Redis', () => {
  let redis: PrivateRedis;
  let one: Instance;
  let two: Instance;

  beforeEach(async () => {
    redis = await theRedis();
    [one, two] = await twoOn(redis, (id) => (id === 'hidden' ? INVISIBLE : CUSTOM));
  });
  afterEach(async () => {
    await redis.admin.call('CLIENT', 'UNPAUSE');
    await Promise.all([one.close(), two.close()]);
  });

  const statuses = (at: World, userId: string) =>
    at.truths.filter((told) => told.userId === userId).map((told) => told.truth?.status ?? null);
  const read = async (at: World, userId: string) => (await at.engine.presence.read([userId]))[0] ?? null;
  const untilStatus = (at: World, userId: string, status: string, ms: number) =>
    untilReal(async () => (await read(at, userId).catch(() => null))?.status === status, ms);
  /** As the operating system does it: no goodbye, and the connections break. */
  const kill = (instance: Instance) => instance.engine.close();

  it('show each other who comes and goes, one event a change', async () => {
    await two.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.hold(socket('ann', 's2'));
    await two.engine.presence.hold(socket('ann', 's3'));
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    await one.engine.presence.release(gone('ann', 's2', 'now'));
    expect(await read(two, 'ann')).toMatchObject({ status: 'ONLINE' });
    await two.engine.presence.release(gone('ann', 's3', 'now'));
    await untilReal(() => statuses(two, 'ann').length === 2, 1000);
    expect(statuses(two, 'ann')).toEqual(['ONLINE', 'OFFLINE']);
  });

  it('notice a killed instance: last seen is its last beat, and who came back elsewhere never left', async () => {
    await two.engine.presence.watch(['ann', 'bob', 'cy', 'dan']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.hold(socket('bob', 's2'));
    await one.engine.presence.hold(socket('cy', 's3'));
    await one.engine.presence.hold(socket('dan', 's6'));
    await two.engine.presence.hold(socket('cy', 's4'));
    await kill(one);
    const killed = await two.now();
    await wait(SHORT.nodeTtlMs / 2);
    await two.engine.presence.hold(socket('bob', 's5'));
    // Also one who comes back when the instance has been given up already.
    await untilReal(async () => (await redis.admin.keys('lamp:p:*:o:one*')).length === 0, SHORT.nodeTtlMs + LATE_MS);
    await two.engine.presence.hold(socket('dan', 's7'));
    expect(statuses(two, 'ann')).toEqual(['ONLINE']);
    await untilStatus(two, 'ann', 'OFFLINE', SHORT.nodeTtlMs + SETTINGS.offlineGraceMs + LATE_MS);
    const truth = await read(two, 'ann');
    expect(Math.abs((truth?.lastSeen ?? 0) - killed)).toBeLessThan(4 * SHORT.beatMs);
    await wait(200);
    expect(statuses(two, 'ann')).toEqual(['ONLINE', 'OFFLINE']);
    expect(statuses(two, 'bob')).toEqual(['ONLINE']);
    expect(statuses(two, 'cy')).toEqual(['ONLINE']);
    expect(statuses(two, 'dan')).toEqual(['ONLINE']);
    // Nothing of the dead instance is left.
    expect((await redis.admin.keys('lamp:p:*:o:one*')).length).toBe(0);
    expect(await two.engine.presence.holders('bob')).toMatchObject([{ id: 's5' }]);
  });

  it('fence a silent instance as a whole; it comes back under another name with its sockets', async () => {
    await two.engine.presence.watch(['ann']);
    const versions: number[] = [];
    two.engine.presence.onTruth((_, truth) => versions.push(truth?.version ?? 0));
    await one.engine.presence.hold(socket('ann', 's1'));
    // Whoever cannot renew its lease is fenced: here by taking the lease away, as a stopped process finds it later.
    for (const key of await redis.admin.keys('lamp:p:*:n'))
      for (const member of await redis.admin.zrange(key, 0, -1))
        if (member.startsWith('one.')) await redis.admin.zadd(key, 1, member);
    await untilReal(async () => (await redis.admin.keys('lamp:p:*:o:one.*')).length === 1, 2000);
    await untilReal(async () => (await one.engine.presence.holders('ann')).length === 1, 2000);
    await wait(SETTINGS.offlineGraceMs + LATE_MS);
    expect(await read(two, 'ann')).toMatchObject({ status: 'ONLINE' });
    expect(versions).toHaveLength(1);
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    await untilStatus(two, 'ann', 'OFFLINE', 1000);
  });

  it('never let an old life of an instance change anything', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    const keys = await redis.admin.keys('lamp:p:*:o:one.*');
    const lives: [string, string][] = [];
    for (const key of await redis.admin.keys('lamp:p:*:n'))
      for (const life of await redis.admin.zrange(key, 0, -1)) if (life.startsWith('one.')) lives.push([key, life]);
    await untilReal(async () => {
      // A beat that comes before the sweep gives a life its lease again; what is fenced stays so.
      for (const [key, life] of lives) await redis.admin.zadd(key, 'XX', 'LT', 1, life);
      return (await redis.admin.exists(...keys)) === 0;
    }, 2000);
    await two.engine.presence.hold(socket('ann', 's2'));
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    expect(await read(two, 'ann')).toMatchObject({ status: 'ONLINE' });
    expect(await two.engine.presence.holders('ann')).toMatchObject([{ id: 's2' }]);
  });

  it('take nothing from a life that was fenced, nor from one that never joined', async () => {
    const scripts = new Scripts(redis.admin, SETTINGS, SHORT, 'PUBLISH', new Breaker(new SystemClock()));
    const key = presenceKey(shardOf('ann'));
    const hold = (life: string) => scripts.hold(key, `${life}|old|ann||WEB|0|0|0|1|0|ONLINE|IDLE|0||`);
    const release = (life: string) => scripts.run('socket-release', key, life, 'old', 'ann', 0, -1, 0);
    const beat = (join: '0' | '1') => askOne(scripts, 'instance-beat', { key, args: ['three', join, 0, '', 'none'] });
    expect(await hold('stranger')).toBe('FENCED');
    await beat('1');
    expect(await hold('three')).toContain('|ONLINE|');
    await redis.admin.zadd(key.replace(/m$/, 'n'), 0, 'three');
    expect(await hold('three')).toBe('FENCED');
    expect(await release('three')).toEqual(['FENCED']);
    // Whether a sweep has forgotten it already or not.
    expect((await beat('0')) as unknown[]).toContain('FENCED');
  });

  it('declare nobody gone because the store stood still', async () => {
    await two.engine.presence.watch(['ann', 'phone']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.hold(lease('phone', ''));
    await untilReal(() => statuses(two, 'phone').length === 1, 1000);
    await redis.admin.call('CLIENT', 'PAUSE', SHORT.nodeTtlMs + SHORT.stallMs + 300, 'ALL');
    await expect(read(two, 'ann')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await untilReal(() => !one.engine.health().up, SHORT.nodeTtlMs);
    await untilReal(() => one.engine.health().up && two.engine.health().up, 4000);
    expect(await read(two, 'ann')).toMatchObject({ status: 'ONLINE' });
    // A lease could not be renewed meanwhile, and is given the time.
    await wait(SHORT.nodeTtlMs / 4);
    expect(statuses(two, 'phone')).toEqual(['ONLINE']);
    await wait(SETTINGS.offlineGraceMs);
    expect(statuses(two, 'ann')).toEqual(['ONLINE']);
    await untilStatus(two, 'phone', 'OFFLINE', SHORT.nodeTtlMs + LATE_MS);
  });

  it('bring everything back when the store was emptied: nothing is told, versions grow', async () => {
    const versions: number[] = [];
    await one.engine.presence.hold(socket('ann', 's1', { platform: 'WEB' }));
    await two.engine.presence.hold(socket('ann', 's2', { platform: 'MOBILE', deviceId: 'phone' }));
    await one.engine.presence.hold(socket('bob', 's3', { activity: 'idle' }));
    await one.engine.presence.hold(socket('cy', 's4'));
    await two.engine.presence.leave('cy', null);
    await two.engine.presence.watch(['ann', 'bob', 'cy']);
    const before = await read(two, 'ann');
    versions.push(before?.version ?? 0);
    await wait(50);
    for (let round = 0; round < 3; round++) {
      await redis.flush();
      // Known from watching, or not to be had for now: never a false answer.
      expect(await read(two, 'ann')).toMatchObject({ status: 'ONLINE' });
      const unwatched = await read(one, 'ann').catch((error: unknown) => error);
      expect(unwatched).not.toBeNull();
      expect(unwatched).not.toMatchObject({ status: 'OFFLINE' });
      await untilReal(async () => (await two.engine.presence.holders('ann')).length === 2, 3000);
      await untilReal(async () => (await two.engine.presence.holders('cy')).length === 1, 3000);
      const truth = await read(two, 'ann');
      expect(truth?.platforms).toEqual(['MOBILE', 'WEB']);
      expect(await read(two, 'bob')).toMatchObject({ status: 'IDLE' });
      expect(await read(two, 'cy')).toMatchObject({ status: 'OFFLINE' });
      versions.push(truth?.version ?? 0);
    }
    await wait(SHORT.nodeTtlMs + SETTINGS.offlineGraceMs + 200);
    for (const told of two.truths.filter(({ userId }) => userId === 'ann'))
      expect(told.truth).toMatchObject({ status: 'ONLINE', platforms: ['MOBILE', 'WEB'] });
    expect(statuses(two, 'bob').every((status) => status === 'IDLE')).toBe(true);
    expect(statuses(two, 'cy').every((status) => status === 'OFFLINE')).toBe(true);
    expect([...versions].sort((left, right) => left - right)).toEqual(versions);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('tell in the end who did not come back after the store was emptied', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    await two.engine.presence.watch(['ann']);
    await kill(one);
    await redis.flush();
    await wait(SHORT.nodeTtlMs / 2);
    expect(statuses(two, 'ann')).toEqual([]);
    await untilReal(() => statuses(two, 'ann').length === 1, SHORT.nodeTtlMs / 2 + SHORT.beatMs + 400);
    expect(statuses(two, 'ann')).toEqual([null]);
  });

  it('tell of nobody who is being brought back when the store is emptied once more', async () => {
    await two.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await untilReal(() => statuses(two, 'ann').length === 1, 1000);
    // It takes its time, so that the second loss finds the first one's absentees about to be told.
    one.engine.presence.loadCustomsWith(async (ids) => {
      await wait(SHORT.rebuildMs);
      return new Map(ids.map((id) => [id, CUSTOM]));
    });
    for (let times = 0; times < 2; times += 1) {
      await redis.flush();
      await wait(SHORT.nodeTtlMs - SHORT.beatMs);
    }
    await untilStatus(two, 'ann', 'ONLINE', SHORT.nodeTtlMs + LATE_MS);
    await wait(SHORT.nodeTtlMs);
    expect(new Set(statuses(two, 'ann'))).toEqual(new Set(['ONLINE']));
  });

  it('take no message that comes late for news', async () => {
    const messages: [channel: string, message: string][] = [];
    const listener = redis.admin.duplicate();
    await listener.psubscribe('lamp:p:*:e:ann');
    listener.on('pmessage', (_pattern, channel, message) => messages.push([channel, message]));
    await two.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    await untilReal(() => messages.length === 2 && statuses(two, 'ann').length === 2, 1000);
    for (const [channel, message] of [...messages]) await redis.admin.publish(channel, message);
    await untilReal(() => messages.length === 4, 1000);
    await wait(100);
    expect(statuses(two, 'ann')).toEqual(['ONLINE', 'OFFLINE']);
    listener.disconnect();
  });

  it('keep a last seen that was lost with the store', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.hold(socket('hidden', 's2', { custom: INVISIBLE }));
    const left = await one.now();
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    await one.engine.presence.release(gone('hidden', 's2', 'now'));
    await redis.flush();
    const waiting = async () => (await one.engine.presence.unstored(10)).filter((seen) => seen.lastSeen !== null);
    await untilReal(async () => (await waiting()).length === 1, 2000);
    const [seen] = await waiting();
    expect(seen?.userId).toBe('ann');
    expect(Math.abs((seen?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
  });

  it('go on when Redis is killed and comes back empty', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    await two.engine.presence.watch(['ann']);
    await redis.kill();
    await expect(one.engine.presence.hold(socket('bob', 's2'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(one.engine.presence.release(gone('zoe', 's9', 'clean'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await untilReal(() => !one.engine.health().up, 2000);
    await redis.run();
    await untilReal(() => one.engine.health().up && two.engine.health().up, 5000);
    // What an instance knew of its sockets while the store was away is registered, opened meanwhile or not.
    await untilStatus(two, 'ann', 'ONLINE', 3000);
    await untilStatus(two, 'bob', 'ONLINE', 3000);
    await two.engine.presence.watch(['bob']);
    await one.engine.presence.release(gone('bob', 's2', 'now'));
    await untilReal(() => statuses(two, 'bob').at(-1) === 'OFFLINE', 2000);
    expect(statuses(two, 'ann')).not.toContain('OFFLINE');
    expect(statuses(two, 'ann')).not.toContain(null);
  });

  it('repeat a goodbye that the store did not hear, counted from when it was said', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    await redis.admin.call('CLIENT', 'PAUSE', 700, 'WRITE');
    const left = await one.now();
    await expect(one.engine.presence.release(gone('ann', 's1', 'clean'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await untilStatus(two, 'ann', 'OFFLINE', 700 + LATE_MS);
    expect(await two.engine.presence.holders('ann')).toEqual([]);
    expect(Math.abs(((await read(two, 'ann'))?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
  });

  it('repeat a goodbye that was said while there was no connection', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    const { commands } = connectionsOf(one);
    await redis.admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await untilReal(() => commands.status !== 'ready', 1000);
    const left = await one.now();
    await expect(one.engine.presence.release(gone('ann', 's1', 'clean'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await untilStatus(two, 'ann', 'OFFLINE', SETTINGS.leaveGraceMs + 2000);
    expect(Math.abs(((await read(two, 'ann'))?.lastSeen ?? 0) - left)).toBeLessThan(NEAR_MS);
  });

  it('look after some shards at a time, so that others are answered meanwhile', async () => {
    const proxy = await Proxy.start({ host: '127.0.0.1', port: redis.port });
    const behind = { url: `redis://127.0.0.1:${proxy.port}`, admin: redis.admin };
    const three = await instanceOn(behind, { instanceId: 'three' });
    const sent: number[] = [];
    proxy.judge((bytes, inward) => {
      if (!inward) sent.push(sweptIn(bytes));
      return true;
    });
    await untilReal(async () => sent.reduce((sum, calls) => sum + calls, 0) >= 2 * SHARDS, 5000);
    await three.close();
    await proxy.stop();
    expect(Math.max(...sent)).toBeLessThanOrEqual(SHARDS / 4);
  });

  it('miss nothing that happens while they begin to look', async () => {
    // It looks for what it missed only in a minute.
    const three = await instanceOn(redis, { instanceId: 'three' }, { repairMs: 60_000, beatMs: 60_000 });
    const { presence } = three.engine;
    const read = presence.read.bind(presence);
    presence.read = async (userIds) => {
      const truths = await read(userIds);
      await one.engine.presence.hold(socket('ann', 's1'));
      return truths;
    };
    await presence.watch(['ann']);
    await untilReal(() => statuses(three, 'ann').length === 1, 1000);
    await three.close();
  });

  it('find out what a lost message would have told', async () => {
    await two.engine.presence.watch(['ann']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await untilReal(() => statuses(two, 'ann').length === 1, 1000);
    // Deaf without noticing: the server has forgotten the subscription, the connection lives.
    // The first look is at everybody; from then on at what has changed.
    await wait(1.5 * SHORT.repairMs);
    await deafen(two);
    await one.engine.presence.release(gone('ann', 's1', 'now'));
    await untilReal(() => statuses(two, 'ann').at(-1) === 'OFFLINE', SHORT.repairMs * 2 + 500);
  });

  it('hear again what changed while the connection for messages was down', async () => {
    await two.engine.presence.watch(['ann']);
    await two.engine.typing.watch(['room']);
    await one.engine.typing.start('room', 'ann', 's1');
    await untilReal(() => two.typings.length === 1, 1000);
    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.typing.stop('room', 'ann', null);
    await untilReal(() => statuses(two, 'ann').length === 1, 2000);
    await untilReal(() => two.typings.at(-1)?.isTyping === false, 2000);
    expect(two.typings).toHaveLength(2);
  });

  it('do without scripts that the server has forgotten', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    await redis.admin.call('SCRIPT', 'FLUSH');
    expect(
      await Promise.all(['ann', 'bob', 'cy'].map((name) => one.engine.presence.hold(socket(name, name)))),
    ).toMatchObject([{ status: 'ONLINE' }, { status: 'ONLINE' }, { status: 'ONLINE' }]);
  });

  it('remove sockets that the store has too many, and add those that it misses', async () => {
    await one.engine.presence.hold(socket('ann', 's1'));
    const [record = ''] = await redis.admin.keys('lamp:p:*:u:ann');
    const [owned = ''] = await redis.admin.keys('lamp:p:*:o:one.*');
    const incarnation = owned.slice(owned.indexOf(':o:') + 3);
    const holder = (await redis.admin.hget(record, `c:${incarnation}:s1`)) ?? '';
    await redis.admin.hset(record, `c:${incarnation}:ghost`, holder.replace(/s1$/, 'ghost'));
    await redis.admin.hset(owned, 'ghost', 'ann');
    await untilReal(async () => (await one.engine.presence.holders('ann')).length === 1, 2000);
    await redis.admin.hdel(owned, 's1');
    await redis.admin.hdel(record, `c:${incarnation}:s1`);
    await untilReal(async () => (await one.engine.presence.holders('ann'))[0]?.id === 's1', 2000);
  });

  it('give everything back when one leaves in good order: nobody waits, who returns never left', async () => {
    await two.engine.presence.watch(['ann', 'bob']);
    await one.engine.presence.hold(socket('ann', 's1'));
    await one.engine.presence.hold(socket('bob', 's2'));
    await untilReal(() => two.truths.length === 2, 1000);
    await one.engine.drain();
    expect(await redis.admin.keys('lamp:p:*:o:one.*')).toEqual([]);
    await two.engine.presence.hold(socket('ann', 's3'));
    await untilStatus(two, 'bob', 'OFFLINE', SETTINGS.offlineGraceMs + LATE_MS);
    expect(statuses(two, 'ann')).toEqual(['ONLINE']);
  });

  it('end the typing of a person whose instance died', async () => {
    await two.engine.typing.watch(['room']);
    await one.engine.typing.start('room', 'ann', 's1');
    await kill(one);
    await untilReal(() => two.typings.at(-1)?.isTyping === false, SETTINGS.typingTtlMs + LATE_MS);
  });

  it('keep a subscription for a while after the last interest, and no longer', async () => {
    await two.engine.presence.watch(['ann']);
    two.engine.presence.unwatch(['ann']);
    const subscribed = async () => (await redis.admin.call('PUBSUB', 'CHANNELS', 'lamp:p:*:e:ann')) as string[];
    await two.engine.presence.watch(['ann']);
    await wait(SHORT.lingerMs + 300);
    expect(await subscribed()).toHaveLength(1);
    await one.engine.presence.hold(socket('ann', 's1'));
    await untilReal(() => statuses(two, 'ann').length === 1, 1000);
    two.engine.presence.unwatch(['ann']);
    await untilReal(async () => (await subscribed()).length === 0, SHORT.lingerMs + 1000);
  });

  it('watch a thousand people with a bounded number of commands', async () => {
    const names = Array.from({ length: 1000 }, (_, number) => `user-${number}`);
    const commands = async () =>
      Number(/total_commands_processed:(\d+)/.exec(await redis.admin.info('stats'))?.[1] ?? 0);
    const before = await commands();
    const truths = await two.engine.presence.watch(names);
    const subscribes = /cmdstat_subscribe:calls=(\d+)/.exec(await redis.admin.info('commandstats'))?.[1];
    expect(truths.every((truth) => truth === null)).toBe(true);
    expect(Number(subscribes)).toBeLessThan(NEAR_MS);
    // One script a shard, each reading its users; what the beats do meanwhile comes on top.
    expect((await commands()) - before).toBeLessThan(1000 + 3 * 64 * 20);
  });
});

const connectionsOf = (instance: Instance) => (instance.engine as unknown as { connections: Connections }).connections;

/** Makes the server forget the subscriptions of one instance while its connection lives. */
const deafen = (instance: Instance) => connectionsOf(instance).subscriber.unsubscribe();

describe('an engine that must not begin', () => {
  it('refuses a server that may throw presence away', async () => {
    const redis = await theRedis();
    await redis.admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(instanceOn(redis)).rejects.toThrow(/noeviction/);
    await redis.admin.config('SET', 'maxmemory-policy', 'noeviction');
  });
});
