import type { Clock } from '../../kernel/clock.js';
import type { Connections } from './connection.js';
import { reached } from './failures.js';

type Done = () => void;

/**
 * What RedisPubSub takes for a client. What is asked for in one tick travels in one command, and is asked for again
 * until it is granted: the library leaves a rejection behind that nobody can catch, and so does the client when it
 * subscribes again by itself.
 */
export class Wire {
  private joining = new Map<string, Done[]>();
  private leaving = new Set<string>();
  private scheduled = false;
  /** Channels that somebody wants and that were granted once. */
  protected readonly granted = new Set<string>();
  private readonly returned: (() => void)[] = [];

  constructor(
    protected readonly connections: Connections,
    protected readonly clock: Clock,
  ) {
    connections.subscriber.on('ready', () => void this.comeBack());
  }

  get up(): boolean {
    return this.connections.subscriber.status === 'ready';
  }

  on(event: string, listener: (...args: string[]) => void): this {
    this.connections.subscriber.on(event, listener);
    return this;
  }

  subscribe(channel: string, done: Done): void {
    this.leaving.delete(channel);
    this.joining.set(channel, [...(this.joining.get(channel) ?? []), done]);
    this.schedule(0);
  }

  unsubscribe(channel: string): void {
    this.granted.delete(channel);
    this.leaving.add(channel);
    this.schedule(0);
  }

  /** The library takes back patterns too; there are none. */
  punsubscribe(): void {
    return;
  }

  /** Gives up what the client does not give up by itself. */
  close(): void {
    return;
  }

  async publish(channel: string, payload: string): Promise<void> {
    await this.connections.commands.publish(channel, payload);
  }

  onReturn(listener: () => void): void {
    this.returned.push(listener);
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

  private schedule(ms: number): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.after(ms, () => this.flush());
  }

  private flush(): void {
    const { joining, leaving } = this;
    this.scheduled = false;
    this.joining = new Map();
    this.leaving = new Set();
    for (const group of this.groups([...joining.keys()])) void this.ask(group, joining);
    // One that fails is of a broken connection, which forgets its channels anyway.
    for (const group of this.groups([...leaving])) this.leave(group).catch(() => undefined);
  }

  private async ask(group: readonly string[], joining: ReadonlyMap<string, Done[]>): Promise<void> {
    try {
      await this.join(group);
    } catch {
      if (this.connections.subscriber.status === 'end') return;
      for (const channel of group)
        this.joining.set(channel, [...(joining.get(channel) ?? []), ...(this.joining.get(channel) ?? [])]);
      this.schedule(ASK_AGAIN_MS);
      return;
    }
    for (const channel of group) {
      this.granted.add(channel);
      for (const done of joining.get(channel) ?? []) done();
    }
  }

  /** Asks for everything again after the connection has come back. */
  protected async comeBack(): Promise<void> {
    try {
      await Promise.all(this.groups([...this.granted]).map((group) => this.join(group)));
    } catch {
      // Gone again: there will be another return.
      return;
    }
    this.tellReturn();
  }

  protected tellReturn(): void {
    for (const listener of this.returned) listener();
  }
}

const CHANNELS_A_COMMAND = 500;
export const ASK_AGAIN_MS = 300;
