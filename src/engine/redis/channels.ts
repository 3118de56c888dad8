import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Cluster } from 'ioredis';
import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.js';
import { unavailable } from '../../kernel/errors.js';
import type { Connections } from './connection.js';
import { reached } from './failures.js';
import { ShardedWire } from './sharded.wire.js';
import { Wire } from './wire.js';

/** The channels of this instance: one subscription each, however many listen. */
export class Channels {
  private readonly pubsub: RedisPubSub;
  private readonly wire: Wire;

  constructor(
    connections: Connections,
    private readonly clock: Clock,
  ) {
    const { commands } = connections;
    this.wire =
      commands instanceof Cluster ? new ShardedWire(commands, connections, clock) : new Wire(connections, clock);
    // The wire is the part of a client that the library uses.
    const client = this.wire as unknown as Redis;
    this.pubsub = new RedisPubSub({
      publisher: client,
      subscriber: client,
      messageEventName: connections.sharded ? 'smessage' : 'message',
    });
  }

  /** Messages arrive. */
  get up(): boolean {
    return this.wire.up;
  }

  /**
   * Resolves when nothing published later can be missed, however long that takes; see `within`. The id ends it. Payloads
   * are what was published, parsed.
   */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<number> {
    return this.up ? this.pubsub.subscribe<unknown>(channel, listener) : Promise.reject(unavailable());
  }

  /** Refuses when a subscription is not granted as soon as it should be; it may still come. */
  within<T>(subscription: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(GRANTED_WITHIN_MS, () => reject(unavailable()));
      subscription.then(resolve, reject).finally(cancel);
    });
  }

  unsubscribe(id: number): void {
    this.pubsub.unsubscribe(id);
  }

  publish(channel: string, payload: string): Promise<void> {
    return reached(() => this.pubsub.publish(channel, payload));
  }

  /** The connection came back: what was published meanwhile is lost, later messages arrive. */
  onReturn(listener: () => void): void {
    this.wire.onReturn(listener);
  }

  /** Gives up a connection that is silently dead. */
  check(): Promise<void> {
    return this.wire.check();
  }

  close(): void {
    this.wire.close();
  }
}

const GRANTED_WITHIN_MS = 1500;
