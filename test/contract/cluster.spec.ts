import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisEngine } from '../../src/engine/redis/redis.engine.js';
import { shardOf, SHARDS } from '../../src/engine/redis/shards.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { PrivateRedis } from '../support/redis.js';
import { SHORT, untilReal } from './redis.world.js';
import { gone, SETTINGS, socket, told } from './world.js';

describe('two instances over a Redis Cluster of three', () => {
  let nodes: PrivateRedis[];
  let one: RedisEngine;
  let two: RedisEngine;

  let replica: PrivateRedis;

  beforeAll(async () => {
    replica = await start();
    nodes = await Promise.all([start(), start(), start()]);
    await join(nodes, replica);
  });
  afterAll(() => Promise.all([...nodes, replica].map((node) => node.stop())));

  beforeEach(async () => {
    const urls = nodes.map((node) => node.url);
    one = new RedisEngine(urls, new SystemClock(), { ...SETTINGS, instanceId: 'one' }, SHORT);
    two = new RedisEngine(urls, new SystemClock(), { ...SETTINGS, instanceId: 'two' }, SHORT);
    await Promise.all([one.start(), two.start()]);
  });
  afterEach(() => Promise.all([one.close(), two.close()]));

  it('keep people on every node, and tell of all of them', async () => {
    const names = Array.from({ length: 200 }, (_, number) => `user-${number}`);
    expect(new Set(names.map(shardOf)).size).toBeGreaterThan(SHARDS * 0.9);
    const { truths } = told(two);
    await two.presence.watch(names);
    await Promise.all(names.map((name) => one.presence.hold(socket(name, `s-${name}`))));
    await untilReal(() => truths.length === names.length, 3000);
    expect((await two.presence.read(names)).every((truth) => truth?.status === 'ONLINE')).toBe(true);
    const sizes = await Promise.all(nodes.map((node) => node.admin.dbsize()));
    expect(Math.min(...sizes)).toBeGreaterThan(50);
    await Promise.all(names.map((name) => one.presence.release(gone(name, `s-${name}`, 'now'))));
    await untilReal(() => truths.length === 2 * names.length, 3000);
    const seen = await two.presence.unstored(500);
    expect(seen).toHaveLength(names.length);
    await two.presence.stored(seen);
    expect((await two.presence.read(names)).every((truth) => truth === null)).toBe(true);
  });

  it('tell of typing and of topics', async () => {
    const { typings } = told(two);
    const heard: string[] = [];
    await two.bus.subscribe('news', (message) => heard.push(message));
    await two.typing.watch(['room', 'hall']);
    await one.typing.start('room', 'ann', 's1');
    await one.typing.start('hall', 'ann', 's1');
    await one.bus.publish('news', 'hello');
    await untilReal(() => typings.length === 4 && heard.length === 1, SETTINGS.typingTtlMs + 2000);
  });

  // The last: a node is gone then.
  it('hear again of everybody when a primary has died and its replica has taken over', async () => {
    const names = Array.from({ length: 60 }, (_, number) => `heir-${number}`);
    const { truths } = told(two);
    const offline = () =>
      new Set(truths.filter(({ truth }) => truth?.status === 'OFFLINE').map(({ userId }) => userId));
    await two.presence.watch(names);
    await Promise.all(names.map((name) => one.presence.hold(socket(name, `s-${name}`))));
    await untilReal(() => truths.length === names.length, 3000);
    await nodes[0]?.kill();
    // Long enough for whatever is tried again to have been given up.
    await untilReal(() => !one.health().up && !two.health().up, 5000);
    await replica.admin.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
    await untilReal(async () => {
      const answers = await Promise.allSettled(names.map((name) => one.presence.read([name])));
      return answers.every(({ status }) => status === 'fulfilled');
    }, 5000);
    await untilReal(() => one.health().up && two.health().up, 5000);
    expect(offline().size).toBe(0);
    await Promise.all(names.map((name) => one.presence.release(gone(name, `s-${name}`, 'now'))));
    await untilReal(() => offline().size === names.length, 3000);
  });
});

const start = () => PrivateRedis.start('--cluster-enabled', 'yes');

/** Shares the slots among them, gives the first a replica, and waits until all agree. */
async function join(nodes: readonly PrivateRedis[], replica: PrivateRedis): Promise<void> {
  const width = Math.ceil(16384 / nodes.length);
  for (const [at, node] of nodes.entries()) {
    const last = Math.min((at + 1) * width, 16384) - 1;
    await node.admin.call('CLUSTER', 'ADDSLOTSRANGE', at * width, last);
    await node.admin.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0);
  }
  await replica.admin.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0);
  for (const node of nodes)
    await untilReal(async () => {
      const info = String(await node.admin.call('CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes.length + 1}`);
    }, 20_000);
  const first = String(await nodes[0]?.admin.call('CLUSTER', 'MYID'));
  const follows = () => replica.admin.call('CLUSTER', 'REPLICATE', first).then(Boolean, () => false);
  await untilReal(follows, 20_000);
  await untilReal(async () => (await replica.admin.info('replication')).includes('master_link_status:up'), 20_000);
}
