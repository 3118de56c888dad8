import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.js';
import type { Connections } from './connection.js';
import { reached } from './failures.js';
import { bySlot } from './shards.js';

/**
 * The channels of this instance, one subscription each however many listen. What is asked for in one tick travels in one
 * command; in a cluster in one for each slot, which is all that sharded channels allow.
 */
export class Channels {
  private readonly pubsub: RedisPubSub;
  private readonly wire: Wire;

  constructor(connections: Connections, clock: Clock) {
    this.wire = connections.sharded ? new ShardedWire(connections, clock) : new Wire(connections, clock);
    // The wire is the part of a client that the library uses.
    const client = this.wire as unknown as Redis;
    this.pubsub = new RedisPubSub({
      publisher: client,
      subscriber: client,
      messageEventName: connections.sharded ? 'smessage' : 'message',
    });
  }

  /** Resolves when nothing published later can be missed. The id ends it. Payloads are what was published, parsed. */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<number> {
    return reached(() => this.pubsub.subscribe<unknown>(channel, listener));
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
}

type Done = (error?: Error | null) => void;

/** Channels of one server, or of a cluster in the old manner. */
class Wire {
  private joining = new Map<string, Done[]>();
  private leaving = new Set<string>();
  private scheduled = false;

  constructor(
    protected readonly connections: Connections,
    private readonly clock: Clock,
  ) {}

  on(event: string, listener: (...args: string[]) => void): this {
    this.connections.subscriber.on(event, listener);
    return this;
  }

  subscribe(channel: string, done: Done): void {
    this.leaving.delete(channel);
    this.joining.set(channel, [...(this.joining.get(channel) ?? []), done]);
    this.schedule();
  }

  unsubscribe(channel: string): void {
    this.leaving.add(channel);
    this.schedule();
  }

  /** The library takes back patterns too; there are none. */
  punsubscribe(): void {
    return;
  }

  async publish(channel: string, payload: string): Promise<void> {
    await this.connections.commands.publish(channel, payload);
  }

  onReturn(listener: () => void): void {
    const { subscriber } = this.connections;
    subscriber.on('ready', () => {
      // ioredis has sent its subscriptions before: once this is answered, they hold.
      subscriber.subscribe(RETURN_CHANNEL).then(listener, () => undefined);
    });
  }

  async check(): Promise<void> {
    await reached(() => this.connections.subscriber.ping());
  }

  protected join(channels: readonly string[]): Promise<unknown> {
    return this.connections.subscriber.subscribe(...channels);
  }

  protected leave(channels: readonly string[]): Promise<unknown> {
    return this.connections.subscriber.unsubscribe(...channels);
  }

  protected groups(channels: readonly string[]): readonly (readonly string[])[] {
    const groups: string[][] = [];
    for (let at = 0; at < channels.length; at += CHANNELS_A_COMMAND)
      groups.push(channels.slice(at, at + CHANNELS_A_COMMAND));
    return groups;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.after(0, () => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const { joining, leaving } = this;
    this.joining = new Map();
    this.leaving = new Set();
    for (const group of this.groups([...joining.keys()])) {
      const done = (error?: Error) => {
        for (const channel of group) for (const call of joining.get(channel) ?? []) call(error);
      };
      this.join(group).then(() => done(), done);
    }
    // One that fails is of a broken connection; at worst a message nobody listens to arrives.
    for (const group of this.groups([...leaving])) this.leave(group).catch(() => undefined);
  }
}

/** Sharded channels of a cluster: messages stay on the node that has the slot. */
class ShardedWire extends Wire {
  override async publish(channel: string, payload: string): Promise<void> {
    await this.connections.commands.spublish(channel, payload);
  }

  override onReturn(listener: () => void): void {
    this.connections.subscriber.on('+node', listener).on('ready', listener);
  }

  // The client looks after the connections of its subscribers itself.
  override check(): Promise<void> {
    return Promise.resolve();
  }

  protected override join(channels: readonly string[]): Promise<unknown> {
    return this.connections.subscriber.ssubscribe(...channels);
  }

  protected override leave(channels: readonly string[]): Promise<unknown> {
    return this.connections.subscriber.sunsubscribe(...channels);
  }

  protected override groups(channels: readonly string[]): readonly (readonly string[])[] {
    return bySlot(channels).flatMap((own) => super.groups(own));
  }
}

const CHANNELS_A_COMMAND = 500;
const RETURN_CHANNEL = 'lamp:b:returned';
