import { setTimeout as wait } from 'node:timers/promises';
import { PrivateRedis } from '../../support/redis.js';

const PRIMARIES = 3;
export const NODE_TIMEOUT_MS = 3000;
const AGREE_WITHIN_MS = 40_000;

/** Three primaries, each with a replica. */
export class RedisCluster {
  private constructor(readonly nodes: readonly PrivateRedis[]) {}

  static async start(): Promise<RedisCluster> {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)];
    const nodes = await Promise.all(Array.from({ length: 2 * PRIMARIES }, () => PrivateRedis.start(...options)));
    const cluster = new RedisCluster(nodes);
    await cluster.join();
    return cluster;
  }

  get urls(): string {
    return this.nodes.map((node) => node.url).join(',');
  }

  primary(number: number): PrivateRedis {
    const node = this.nodes[number % PRIMARIES];
    if (!node) throw new Error('A cluster has primaries');
    return node;
  }

  /** Whether the replica of that primary is one itself. */
  async tookOver(number: number): Promise<boolean> {
    const replica = this.nodes[PRIMARIES + (number % PRIMARIES)];
    return ((await replica?.admin.info('replication')) ?? '').includes('role:master');
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async join(): Promise<void> {
    const width = Math.ceil(16384 / PRIMARIES);
    for (const [at, node] of this.nodes.entries()) {
      if (at < PRIMARIES)
        await node.admin.call('CLUSTER', 'ADDSLOTSRANGE', at * width, Math.min((at + 1) * width, 16384) - 1);
      await node.admin.call('CLUSTER', 'MEET', '127.0.0.1', this.primary(0).port);
    }
    await this.agree(`cluster_known_nodes:${this.nodes.length}`);
    for (const [at, node] of this.nodes.entries()) {
      if (at < PRIMARIES) continue;
      const id = String(await this.primary(at).admin.call('CLUSTER', 'MYID'));
      await node.admin.call('CLUSTER', 'REPLICATE', id);
    }
    await this.agree('cluster_state:ok');
    for (const node of this.nodes.slice(PRIMARIES))
      await until(async () => (await node.admin.info('replication')).includes('master_link_status:up'));
  }

  private async agree(line: string): Promise<void> {
    for (const node of this.nodes)
      await until(async () => String(await node.admin.call('CLUSTER', 'INFO')).includes(line));
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < AGREE_WITHIN_MS; waited += 100) {
    if (await holds()) return;
    await wait(100);
  }
  throw new Error('The cluster does not agree');
}
