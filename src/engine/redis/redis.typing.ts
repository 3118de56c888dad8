import type { Clock } from '../../kernel/clock.js';
import { TypingStore } from '../engine.js';
import type { EngineSettings, Stop, TypingEvent, Typist } from '../engine.js';
import { Interests } from '../interests.js';
import type { Channels } from './channels.js';
import { sweepEach } from './each.js';
import { Listening } from './listening.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { shardOf, SHARDS, typingChannel, typingKey } from './shards.js';
import type { Timings } from './timings.js';

/** Who is typing where, over all instances. */
export class RedisTyping extends TypingStore {
  private readonly interests = new Interests<(event: TypingEvent) => void>();
  /** Watched conversation -> typist -> when to look whether the end was missed; monotonic. */
  private readonly live = new Map<string, Map<string, number>>();
  private readonly listening: Listening;

  constructor(
    private readonly scripts: Scripts,
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
    timings: Timings,
    channels: Channels,
  ) {
    super();
    this.listening = new Listening(channels, clock, timings.lingerMs, typingChannel, (id, payload) => {
      const [userId, endsAt] = payload as [string, number];
      this.heard({ conversationId: id, userId, isTyping: endsAt > 0, expiresAt: endsAt > 0 ? endsAt : null });
    });
    channels.onReturn(() => this.doubt());
  }

  async start(
    conversationId: string,
    userId: string,
    holder: string,
  ): Promise<{ expiresAt: number; published: boolean }> {
    const key = typingKey(shardOf(conversationId));
    const [ends, told] = texts(await this.scripts.run('typing-start', key, conversationId, userId, holder));
    return { expiresAt: Number(ends), published: told === '1' };
  }

  async stop(conversationId: string, userId: string, holder: string | null): Promise<void> {
    const holders = holder === null ? [] : [holder];
    await this.scripts.run('typing-stop', typingKey(shardOf(conversationId)), conversationId, userId, ...holders);
  }

  async typists(conversationId: string): Promise<readonly Typist[]> {
    const answer = await this.scripts.run('typing-list', typingKey(shardOf(conversationId)), conversationId);
    const [now, ...found] = texts(answer);
    const typists = new Map<string, number>();
    for (let at = 0; at < found.length; at += 2) {
      const userId = found[at] ?? '';
      const ends = Number(found[at + 1]);
      if (ends > Number(now)) typists.set(userId, Math.max(ends, typists.get(userId) ?? 0));
    }
    return [...typists]
      .map(([userId, expiresAt]) => ({ userId, expiresAt }))
      .sort((left, right) => (left.userId < right.userId ? -1 : 1));
  }

  async watch(conversationIds: readonly string[]): Promise<void> {
    const fresh = this.interests.add(conversationIds);
    for (const id of fresh) this.live.set(id, new Map());
    try {
      await this.listening.begin(conversationIds);
      // Whoever types already ends it later.
      await Promise.all(fresh.map((id) => this.compare(id)));
    } catch (error) {
      this.unwatch(conversationIds);
      throw error;
    }
  }

  unwatch(conversationIds: readonly string[]): void {
    const ended = this.interests.remove(conversationIds);
    for (const id of ended) this.live.delete(id);
    this.listening.end(ended);
  }

  onTyping(listener: (event: TypingEvent) => void): Stop {
    return this.interests.listen(listener);
  }

  /** Ends what has ended, on all shards. */
  async sweep(): Promise<void> {
    const keys = Array.from({ length: SHARDS }, (_, shard) => typingKey(shard));
    await Promise.all(sweepEach(this.scripts, 'typing-sweep', keys, SWEEP_ROUNDS));
    this.listening.sweep((id) => this.interests.has(id));
  }

  /** Looks for ends that were missed. */
  async repair(): Promise<void> {
    const now = this.clock.monotonic();
    const doubtful = [...this.live].filter(([, typists]) => [...typists.values()].some((at) => at <= now));
    await Promise.all(doubtful.slice(0, REPAIRS_MAX).map(([id]) => this.compare(id)));
  }

  private heard(event: TypingEvent): void {
    const typists = this.live.get(event.conversationId);
    if (typists === undefined) return;
    if (event.isTyping) typists.set(event.userId, this.doubtfulAt());
    else if (!typists.delete(event.userId)) return;
    this.interests.tell(event.conversationId, (listener) => listener(event));
  }

  /** Brings what is known here to what the store has; ends that were missed are told. */
  private async compare(conversationId: string): Promise<void> {
    const present = await this.typists(conversationId);
    const typists = this.live.get(conversationId);
    if (typists === undefined) return;
    const gone = [...typists.keys()].filter((userId) => !present.some((typist) => typist.userId === userId));
    for (const userId of gone) this.heard({ conversationId, userId, isTyping: false, expiresAt: null });
    for (const { userId } of present) typists.set(userId, this.doubtfulAt());
  }

  private doubt(): void {
    for (const typists of this.live.values()) for (const userId of typists.keys()) typists.set(userId, 0);
  }

  private doubtfulAt(): number {
    return this.clock.monotonic() + this.settings.typingTtlMs + LATE_MS;
  }
}

/** How late the end of typing usually is told. */
const LATE_MS = 1000;
const REPAIRS_MAX = 500;
const SWEEP_ROUNDS = 10;
