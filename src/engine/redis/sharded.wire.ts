import type { Cluster, Redis } from 'ioredis';
import keySlot from 'cluster-key-slot';
import type { Clock } from '../../kernel/clock.js';
import { unavailable } from '../../kernel/errors.js';
import { earAt } from './connection.js';
import type { Connections } from './connection.js';
import { bySlot } from './shards.js';
import { ASK_AGAIN_MS, Wire } from './wire.js';

type Listener = (...args: string[]) => void;

/**
 * Sharded channels of a cluster: messages stay on the node that has the slot, and one command takes one slot only. Each
 * primary with channels has a connection of its own. When slots have moved or a primary has died its channels are asked
 * for where they are now, again and again until they are granted: the subscribers of the client itself try once, and
 * nobody hears of a failure, or of their return.
 */
export class ShardedWire extends Wire {
  /** Node, as the cluster names it -> connection that hears its channels. */
  private readonly ears = new Map<string, Redis>();
  /** Channel -> node at which it was granted. */
  private readonly heardAt = new Map<string, string>();
  private readonly listeners: { readonly event: string; readonly listener: Listener }[] = [];
  private following = false;
  private waiting = false;

  constructor(
    private readonly cluster: Cluster,
    connections: Connections,
    clock: Clock,
  ) {
    super(connections, clock);
    // With every look at where the slots are, whatever it was that asked for one.
    cluster.on('refresh', () => void this.comeBack());
  }

  override on(event: string, listener: Listener): this {
    this.listeners.push({ event, listener });
    return this;
  }

  override async publish(channel: string, payload: string): Promise<void> {
    await this.cluster.spublish(channel, payload);
  }

  /** A connection that does not answer in time is given up by the client. */
  override async check(): Promise<void> {
    await Promise.all([...this.ears.values()].map((ear) => ear.ping().catch(() => undefined)));
    await this.comeBack();
  }

  override close(): void {
    for (const ear of this.ears.values()) ear.disconnect();
  }

  protected override async join(channels: readonly string[]): Promise<void> {
    const node = this.nodeOf(channels[0] ?? '');
    const ear = this.earOf(node);
    await ear.ssubscribe(...channels);
    if (this.ears.get(node) !== ear) throw unavailable();
    for (const channel of channels) this.heardAt.set(channel, node);
  }

  protected override async leave(channels: readonly string[]): Promise<void> {
    const ear = this.ears.get(this.heardAt.get(channels[0] ?? '') ?? '');
    for (const channel of channels) this.heardAt.delete(channel);
    await ear?.sunsubscribe(...channels);
  }

  protected override groups(channels: readonly string[]): readonly (readonly string[])[] {
    return bySlot(channels).flatMap((own) => super.groups(own));
  }

  /** Asks for every channel that is not heard where it lies now. */
  protected override async comeBack(): Promise<void> {
    if (this.following || this.cluster.status !== 'ready') return;
    const lost = this.unheard();
    if (lost.length === 0) return;
    this.following = true;
    const joined = await Promise.allSettled(this.groups(lost).map((group) => this.join(group)));
    this.following = false;
    // Given back while they were asked for.
    for (const channel of lost) if (!this.granted.has(channel)) this.unsubscribe(channel);
    this.giveUpIdle();
    if (this.unheard().length > 0) this.lookAgain();
    if (joined.some(({ status }) => status === 'fulfilled')) this.tellReturn();
  }

  private unheard(): string[] {
    return [...this.granted].filter((channel) => this.heardAt.get(channel) !== this.nodeOf(channel));
  }

  /** Where the slots are, soon; with the answer it is asked again. */
  private lookAgain(): void {
    if (this.waiting || this.cluster.status === 'end') return;
    this.waiting = true;
    this.clock.after(ASK_AGAIN_MS, () => {
      this.waiting = false;
      this.cluster.refreshSlotsCache(() => void this.comeBack());
    });
  }

  private nodeOf(channel: string): string {
    return this.cluster.slots[keySlot(channel)]?.[0] ?? '';
  }

  private earOf(node: string): Redis {
    const known = this.ears.get(node);
    if (known) return known;
    const primary = this.cluster.nodes().find(({ options }) => `${options.host ?? ''}:${options.port ?? 0}` === node);
    if (!primary) throw unavailable();
    const ear = earAt(primary, this.connections.patience);
    this.ears.set(node, ear);
    for (const { event, listener } of this.listeners) ear.on(event, listener);
    // The server takes channels back when their slot moves, and the client is confused by it.
    ear.on('error', () => ear.disconnect());
    ear.on('moved', () => this.lookAgain());
    ear.once('end', () => this.lost(node, ear));
    return ear;
  }

  private lost(node: string, ear: Redis): void {
    if (this.ears.get(node) !== ear) return;
    this.ears.delete(node);
    for (const [channel, at] of this.heardAt) if (at === node) this.heardAt.delete(channel);
    this.lookAgain();
  }

  /** Connections to nodes that have no channel of ours any more. */
  private giveUpIdle(): void {
    const used = new Set(this.heardAt.values());
    for (const [node, ear] of this.ears) {
      if (used.has(node)) continue;
      this.ears.delete(node);
      ear.disconnect();
    }
  }
}
