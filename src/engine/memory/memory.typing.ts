import type { Clock } from '../../kernel/clock.js';
import { TypingStore } from '../engine.js';
import type { EngineSettings, Stop, TypingEvent, Typist } from '../engine.js';
import { Agenda } from './agenda.js';
import { Interests } from '../interests.js';

interface Typing {
  /** Holder -> until when. Each is short-lived, so their number is bounded by how often a user may start. */
  readonly holders: Map<string, number>;
  publishedAt: number;
}

/** Who is typing where, in this process alone. */
export class MemoryTyping extends TypingStore {
  private readonly conversations = new Map<string, Map<string, Typing>>();
  private readonly agenda = new Agenda();
  private readonly interests = new Interests<(event: TypingEvent) => void>();
  private draining = false;

  constructor(
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
  ) {
    super();
  }

  start(conversationId: string, userId: string, holder: string): Promise<{ expiresAt: number; published: boolean }> {
    const now = this.clock.now();
    this.end(conversationId, now);
    const typing = this.typingOf(conversationId, userId);
    const expiresAt = now + this.settings.typingTtlMs;
    typing.holders.set(holder, expiresAt);
    this.agenda.put(conversationId, expiresAt, now);
    const published = now - typing.publishedAt >= this.settings.typingMinIntervalMs;
    if (published) {
      typing.publishedAt = now;
      this.announce({ conversationId, userId, isTyping: true, expiresAt });
    }
    return Promise.resolve({ expiresAt, published });
  }

  stop(conversationId: string, userId: string, holder: string | null): Promise<void> {
    const typing = this.conversations.get(conversationId)?.get(userId);
    if (holder === null) typing?.holders.clear();
    else typing?.holders.delete(holder);
    this.end(conversationId, this.clock.now());
    return Promise.resolve();
  }

  typists(conversationId: string): Promise<readonly Typist[]> {
    const now = this.clock.now();
    const typists = [...(this.conversations.get(conversationId) ?? [])]
      .map(([userId, typing]) => ({ userId, expiresAt: Math.max(...typing.holders.values()) }))
      .filter((typist) => typist.expiresAt > now);
    return Promise.resolve(typists.sort((left, right) => (left.userId < right.userId ? -1 : 1)));
  }

  watch(conversationIds: readonly string[]): Promise<void> {
    this.interests.add(conversationIds);
    return Promise.resolve();
  }

  unwatch(conversationIds: readonly string[]): void {
    this.interests.remove(conversationIds);
  }

  onTyping(listener: (event: TypingEvent) => void): Stop {
    return this.interests.listen(listener);
  }

  /** Ends what has ended by now. */
  sweep(): void {
    const now = this.clock.now();
    for (let id = this.agenda.take(now); id !== null; id = this.agenda.take(now)) this.end(id, now);
  }

  drain(): void {
    this.draining = true;
  }

  private typingOf(conversationId: string, userId: string): Typing {
    const typists = this.conversations.get(conversationId) ?? new Map<string, Typing>();
    this.conversations.set(conversationId, typists);
    const typing = typists.get(userId) ?? { holders: new Map<string, number>(), publishedAt: -Infinity };
    typists.set(userId, typing);
    return typing;
  }

  /** Takes out the holders that are over, and with the last of a user's tells the end. */
  private end(conversationId: string, now: number): void {
    const typists = this.conversations.get(conversationId);
    if (typists === undefined) return;
    for (const [userId, { holders }] of typists) {
      for (const [holder, expiresAt] of holders) if (expiresAt <= now) holders.delete(holder);
      if (holders.size > 0) {
        this.agenda.put(conversationId, Math.max(...holders.values()), now);
        continue;
      }
      typists.delete(userId);
      this.announce({ conversationId, userId, isTyping: false, expiresAt: null });
    }
    if (typists.size === 0) this.conversations.delete(conversationId);
  }

  private announce(event: TypingEvent): void {
    if (this.draining) return;
    this.interests.tell(event.conversationId, (listener) => listener(event));
  }
}
