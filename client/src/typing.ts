import {
  TypingStartDocument,
  TypingStopDocument,
  TypingUsersDocument,
  UserTypingDocument,
  type TypingFragment,
} from './documents.js';
import { Store, type Stop } from './store.js';
import type { Wire } from './wire.js';

export type Typist = TypingFragment['user'];

/** More often than this is never told. Less than the time after which the server lets typing end by itself. */
const REFRESH_MS = 2000;
/** No key for this long: a pause. */
const PAUSE_MS = 4000;
/** The server says when somebody stops; this is for when its word is lost. Clocks differ, so its time is only a hint. */
const LONGEST_MS = 15_000;
const SLACK_MS = 1500;
/** Shown at once; a conversation of thousands needs no more. */
const TYPISTS_MAX = 50;

/** Who else types in a conversation, and telling that oneself does. Listens from its first listener to its last. */
export class ConversationTyping {
  private readonly store = new Store<readonly Typist[]>([]);
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private users = 0;
  private stopHearing: Stop | null = null;
  private toldAt = 0;
  private telling = false;
  private pauseTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly conversationId: string,
  ) {}

  readonly get = (): readonly Typist[] => this.store.get();

  get idle(): boolean {
    return this.users === 0;
  }

  readonly subscribe = (listener: () => void): Stop => {
    const stop = this.store.subscribe(listener);
    this.users += 1;
    if (this.users === 1) this.listen();
    return () => {
      stop();
      this.users -= 1;
      if (this.users === 0) this.stop();
    };
  };

  /** Call on every key: the first is told at once, the others as seldom as they may be. A pause tells of itself. */
  readonly typed = (): void => {
    clearTimeout(this.pauseTimer);
    this.pauseTimer = setTimeout(this.stopped, PAUSE_MS);
    const now = Date.now();
    if (!this.wire.connection.live || (this.telling && now - this.toldAt < REFRESH_MS)) return;
    this.telling = true;
    this.toldAt = now;
    this.wire.say(TypingStartDocument, { conversationId: this.conversationId }).catch(lost);
  };

  /** Call when the message is sent or the field is left. */
  readonly stopped = (): void => {
    clearTimeout(this.pauseTimer);
    if (!this.telling) return;
    this.telling = false;
    if (!this.wire.connection.live) return;
    this.wire.say(TypingStopDocument, { conversationId: this.conversationId }).catch(lost);
  };

  stop(): void {
    this.stopped();
    this.stopHearing?.();
    this.stopHearing = null;
    this.clear();
  }

  private listen(): void {
    const { connection } = this.wire;
    const stops = [
      connection.onReady(() => void this.lookUp()),
      connection.onLost(() => {
        this.telling = false;
        this.clear();
      }),
      this.wire.keep(
        UserTypingDocument,
        { conversationId: this.conversationId },
        ({ userTyping }) => this.heard(userTyping),
        () => this.clear(),
      ),
    ];
    this.stopHearing = () => stops.forEach((stop) => stop());
    if (connection.live) void this.lookUp();
  }

  /** Those who began before we listened. */
  private async lookUp(): Promise<void> {
    const { conversationId } = this;
    const found = await this.wire.query(TypingUsersDocument, { conversationId }).catch(() => null);
    if (this.stopHearing) for (const typing of found?.typingUsers ?? []) this.heard(typing);
  }

  private heard({ userId, user, isTyping, expiresAt }: TypingFragment): void {
    clearTimeout(this.timers.get(userId));
    this.timers.delete(userId);
    const others = this.store.get().filter(({ id }) => id !== userId);
    if (!isTyping) return this.store.set(others);
    if (others.length >= TYPISTS_MAX) return;
    const leftMs = expiresAt === null ? LONGEST_MS : Date.parse(expiresAt) - Date.now();
    this.timers.set(
      userId,
      setTimeout(() => this.heard({ ...gone, userId, user }), Math.min(LONGEST_MS, Math.max(0, leftMs) + SLACK_MS)),
    );
    const known = this.store.get().some(({ id }) => id === userId);
    if (!known) this.store.set([...others, user]);
  }

  private clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (this.store.get().length > 0) this.store.set([]);
  }
}

/** Typing is worth telling only now: what could not be told is told with the next key, or never. */
const lost = () => {};

const gone = { conversationId: '', isTyping: false, expiresAt: null };
