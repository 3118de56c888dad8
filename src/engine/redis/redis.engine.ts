import { Breaker } from '../../kernel/breaker.js';
import type { Clock } from '../../kernel/clock.js';
import { Refusal } from '../../kernel/errors.js';
import { measure } from '../../kernel/metrics/measure.js';
import { Engine } from '../engine.js';
import type { EngineHealth, EngineSettings } from '../engine.js';
import { Channels } from './channels.js';
import { connect, disconnect, makeConnections } from './connection.js';
import type { Connections } from './connection.js';
import { sweepEach } from './each.js';
import { Leases } from './leases.js';
import { Loop } from './loop.js';
import { Memberships } from './membership.js';
import { RedisBus } from './redis.bus.js';
import { type Left, RedisPresence } from './redis.presence.js';
import { RedisTyping } from './redis.typing.js';
import { Scripts } from './scripts.js';
import { Sockets } from './sockets.js';
import { TIMINGS } from './timings.js';
import type { Timings } from './timings.js';
import { Watches } from './watches.js';

/** Many instances over one Redis, or one Redis Cluster. No instance leads; what one fails to do the others do. */
export class RedisEngine extends Engine {
  readonly presence: RedisPresence;
  readonly typing: RedisTyping;
  readonly bus: RedisBus;
  private readonly connections: Connections;
  private readonly channels: Channels;
  private readonly scripts: Scripts;
  private readonly memberships: Memberships;
  private readonly sockets: Sockets;
  private readonly leases: Leases;
  private readonly watches: Watches;
  private loops: readonly Loop[] = [];
  private beats: Loop | null = null;

  constructor(
    urls: readonly string[],
    private readonly clock: Clock,
    settings: EngineSettings,
    private readonly timings: Timings = TIMINGS,
  ) {
    super();
    this.connections = makeConnections(urls, clock);
    const { commands, sharded } = this.connections;
    this.channels = new Channels(this.connections, clock);
    this.scripts = new Scripts(commands, settings, timings, sharded ? 'SPUBLISH' : 'PUBLISH', new Breaker(clock));
    this.memberships = new Memberships(this.scripts, clock, settings, timings);
    this.sockets = new Sockets(this.scripts, this.memberships, clock, settings);
    const { sockets } = this;
    const customs = (ids: readonly string[]) => sockets.customsOf(ids);
    this.leases = new Leases(this.scripts, this.memberships, clock, settings.leaseMs, customs);
    const readStore = (ids: readonly string[]) => this.presence.readStore(ids);
    this.watches = new Watches(this.scripts, this.memberships, clock, timings, this.channels, readStore);
    this.bus = new RedisBus(this.channels);
    this.presence = new RedisPresence(
      this.scripts,
      this.memberships,
      this.sockets,
      this.leases,
      this.watches,
      settings,
      (left) => void this.bus.publish(LEFT, JSON.stringify(left)).catch(() => undefined),
    );
    this.typing = new RedisTyping(this.scripts, clock, settings, timings, this.channels);
  }

  async start(): Promise<void> {
    try {
      await connect(this.connections, this.clock);
      await this.memberships.join();
      await this.bus.subscribe(LEFT, (message) => this.left(JSON.parse(message) as Left));
    } catch (error) {
      disconnect(this.connections);
      throw error;
    }
    const { beatMs, sweepMs, retryMs, repairMs } = this.timings;
    this.beats = new Loop(this.clock, beatMs, () => this.beat()).start();
    this.loops = [
      new Loop(this.clock, sweepMs, () => this.sweep()).start(),
      new Loop(this.clock, retryMs, () => this.sockets.retry()).start(),
      new Loop(this.clock, retryMs, () => this.leases.retry()).start(),
      new Loop(this.clock, repairMs, () => this.watches.repair()).start(),
      new Loop(this.clock, repairMs / 4, () => this.typing.repair()).start(),
    ];
    // The others should not have to wait for the next beat to hear that this instance is back.
    this.connections.commands.on('ready', () => void this.memberships.beat().catch(() => undefined));
  }

  health(): EngineHealth {
    const up = this.memberships.up && this.channels.up;
    return { kind: 'redis', up, unacknowledged: this.sockets.unacknowledged };
  }

  async drain(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    try {
      await this.sockets.releaseAll();
      await this.memberships.leave();
    } catch (error) {
      // Without the store nothing can be given back: the lease of this instance ends, and the others notice.
      if (!(error instanceof Refusal)) throw error;
    }
    await this.beats?.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.beats?.stop();
    this.channels.close();
    disconnect(this.connections);
  }

  private left({ userId, lease, sockets }: Left): void {
    this.sockets.detach(sockets);
    this.leases.left(userId, lease);
  }

  private async beat(): Promise<void> {
    await Promise.all([this.memberships.beat(), this.channels.check()]);
  }

  /** Some shards at a time: where a dead instance left much behind, what people do comes in between. */
  private async sweep(): Promise<void> {
    const began = measure.moment();
    const { all } = this.memberships;
    const tries: PromiseSettledResult<void>[] = [];
    for (let at = 0; at < all.length; at += SWEPT_AT_ONCE) {
      const keys = all.slice(at, at + SWEPT_AT_ONCE).map(({ key }) => key);
      // A shard that is away holds up none of the others.
      tries.push(...(await Promise.allSettled(sweepEach(this.scripts, 'shard-sweep', keys, SWEEP_ROUNDS))));
    }
    await this.typing.sweep();
    const failed = tries.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    this.watches.sweep();
    measure.swept(began);
  }
}

const LEFT = 'engine.left';
/** Few enough for Redis to answer somebody else meanwhile; many enough for a far one to be asked every second. */
const SWEPT_AT_ONCE = 16;
/** Bounded, so that a great deal to do in one shard does not hold up the others. */
const SWEEP_ROUNDS = 20;
