import { LRUCache } from 'lru-cache';
import type { Socket } from 'socket.io';
import { TokenExpired } from '../../kernel/auth/auth.service.js';
import type { Caller } from '../../kernel/caller.js';
import { badInput, Refusal, unavailable } from '../../kernel/errors.js';
import { checkId } from '../../kernel/input.js';
import type { PresenceView } from '../../presence/presence.types.js';
import type { TypingView } from '../../typing/typing.types.js';
import { checkSelf, type Commands, type Fields, fieldsOf } from '../commands.js';
import { type Failure, failureOf } from '../failures.js';
import type { Ending, Hello, Line, Session } from '../session.js';
import type { Sessions } from '../sessions.js';
import { type Feeds, type Occasion, Surroundings, type Teller } from '../surroundings.js';
import { Turns } from '../turns.js';
import { listed, wordOf } from '../words.js';
import { cutOff, hangUp } from './socketio.engine.js';
import { IoOutbox } from './socketio.outbox.js';

/** What is said before the engine closes; for the rest there is nothing that a client could do about it. */
const LAST_WORDS: { readonly [ending in Ending]?: Failure } = {
  unauthenticated: { code: 'UNAUTHENTICATED', message: 'A valid token is required' },
  expired: { code: 'UNAUTHENTICATED', message: 'The token has expired' },
  flooding: { code: 'RATE_LIMITED', message: 'Too many messages' },
};
/** A little more than one connection can watch. */
const TOLD_MAX = 6000;
/** About what an event takes, and one user in a list. */
const EVENT_BYTES = 200;
const LISTED_BYTES = 300;

export interface Services {
  readonly sessions: Sessions;
  readonly commands: Commands;
  readonly feeds: Feeds;
}

type Ack = (reply: object) => void;
/** Answers what the acknowledgement says beside `success`. */
type Command = (socket: IoSocket, caller: Caller, data: Fields) => Promise<object>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['join_user', (socket, caller, { userId }) => socket.arrive(caller, checkId(userId, 'userId'))],
  ['user_online', (socket, caller, { userId }) => socket.arrive(caller, userId)],
  ['user_activity', (socket, caller, { active }) => socket.beat(caller, active)],
  ['get_online_users', (socket, caller) => socket.list(caller)],
  ['check_user_online', (socket, caller, { userId }) => socket.check(caller, userId)],
  ['typing_start', (socket, caller, data) => socket.type(caller, data, true)],
  ['typing_stop', (socket, caller, data) => socket.type(caller, data, false)],
  ['authenticate', (socket, caller, { token }) => socket.renew(caller, token)],
]);

/** One connection to the one namespace there is. */
export class IoSocket implements Line, Teller {
  readonly transport = 'socketio';
  readonly session: Session;
  private readonly around: Surroundings;
  private readonly outbox: IoOutbox;
  private readonly turns = new Turns();
  private readonly onPacket = () => this.session.heard();
  /** By user: whether the client was told last that they are online. */
  private readonly told = new LRUCache<string, boolean>({ max: TOLD_MAX });
  private expired = false;
  private ended = false;

  constructor(
    private readonly socket: Socket,
    private readonly services: Services,
  ) {
    const { conn } = socket;
    this.session = services.sessions.begin(this);
    this.outbox = new IoOutbox(conn, services.feeds.clock, () => this.end('slow'));
    this.around = new Surroundings(services.feeds, this.outbox, this);
    conn.on('packet', this.onPacket);
  }

  get stuckSince(): number | null {
    return this.outbox.stuckSince;
  }

  get queuedBytes(): number {
    return this.outbox.queuedBytes;
  }

  /** Refuses as Session.identify and Session.open; one whose token has expired is told when it is connected. */
  async enter(): Promise<void> {
    try {
      await this.session.identify(this.socket.handshake.auth['token']);
      await this.session.open(this.hello);
    } catch (error) {
      if (!(error instanceof TokenExpired)) throw error;
      this.expired = true;
    }
  }

  /** The client has been told that it is connected. */
  welcome(): void {
    if (this.expired) return this.end('expired');
    // Messages that come meanwhile wait for it.
    this.turns.take(() => this.begin());
    this.socket.onAny((event: string, ...sent: unknown[]) => this.hear(event, sent));
  }

  /** The connection is gone, or never came to be. `clean`: the client said goodbye. */
  gone(clean: boolean): void {
    this.stop(clean && !this.ended);
  }

  /** The engine asks for signs of life by itself. */
  ping(): void {}

  end(ending: Ending): void {
    if (this.ended) return;
    this.session.ends(ending);
    const words = LAST_WORDS[ending];
    if (words) this.socket.emit('presence_error', words);
    this.stop(false);
    if (ending === 'slow') cutOff(this.socket.conn);
    else hangUp(this.socket.conn, this.services.feeds.clock);
  }

  cut(): void {
    this.stop(false);
    cutOff(this.socket.conn);
  }

  sees({ userId, isOnline, lastSeen }: PresenceView, _occasion: Occasion): number {
    if ((this.told.get(userId) ?? false) === isOnline) return 0;
    this.told.set(userId, isOnline);
    if (isOnline) return this.say('user_online', { userId });
    return this.say('user_offline', { userId, ...(lastSeen && { lastSeen: lastSeen.toISOString() }) });
  }

  types({ conversationId, userId, user, isTyping }: TypingView): number {
    const { username, displayName } = user;
    return this.say('user_typing', { conversationId, userId, username, displayName, isTyping });
  }

  fails(error: unknown): void {
    this.say('presence_error', failureOf(error, 'Watching', this.session.caller));
  }

  async arrive(caller: Caller, userId: unknown): Promise<object> {
    checkSelf(caller, userId);
    await this.services.commands.heartbeat(caller, true);
    return { userId: caller.userId };
  }

  async beat(caller: Caller, active: unknown): Promise<object> {
    await this.services.commands.heartbeat(caller, active);
    return {};
  }

  async list(caller: Caller): Promise<object> {
    // A list is long: whoever does not take the last one gets no more.
    if (this.outbox.held) throw new Refusal('RATE_LIMITED', 'Too many messages');
    const users = (await this.services.commands.online(caller)).map(listed);
    const reply = { users, count: users.length };
    this.say('online_users_list', reply, users.length * LISTED_BYTES);
    return reply;
  }

  async check(caller: Caller, userId: unknown): Promise<object> {
    const view = await this.services.commands.see(caller, userId);
    const reply = {
      userId: view.userId,
      isOnline: view.isOnline,
      status: wordOf(view),
      ...(view.lastSeen && { lastSeen: view.lastSeen.toISOString() }),
    };
    this.say('user_online_status', reply);
    return reply;
  }

  async type(caller: Caller, { conversationId, userId }: Fields, isTyping: boolean): Promise<object> {
    checkSelf(caller, userId);
    const { id, username, displayName } = await this.services.commands.type(caller, conversationId, isTyping);
    return { conversationId, userId: id, username, displayName, isTyping };
  }

  async renew(caller: Caller, token: unknown): Promise<object> {
    if (!(await this.session.refresh(token)) && !this.ended) throw unavailable();
    return { userId: caller.userId };
  }

  private get hello(): Hello {
    return this.socket.handshake.auth;
  }

  private async begin(): Promise<void> {
    const { caller } = this.session;
    if (!caller || this.ended) return;
    await this.around.open(caller);
    this.around.start(caller);
  }

  private hear(event: string, sent: readonly unknown[]): void {
    if (this.ended) return;
    const last = sent.at(-1);
    const ack = typeof last === 'function' ? (last as Ack) : null;
    const admission = this.session.admit();
    if (admission === 'FLOOD') return;
    const taken = admission === 'YES' && this.turns.take(() => this.obey(event, ack ? sent.slice(0, -1) : sent, ack));
    if (!taken) this.refuse(new Refusal('RATE_LIMITED', 'Too many messages'), event, ack);
  }

  private async obey(event: string, sent: readonly unknown[], ack: Ack | null): Promise<void> {
    const { caller } = this.session;
    if (this.ended || !caller) return;
    try {
      const command = COMMANDS.get(event);
      if (!command) throw badInput('There is no such event');
      const reply = await command(this, caller, fieldsOf(sent[0]));
      if (ack) this.write(EVENT_BYTES, () => ack({ success: true, ...reply }));
    } catch (error) {
      this.refuse(error, event, ack);
    }
  }

  private refuse(error: unknown, event: string, ack: Ack | null): void {
    const failure = failureOf(error, COMMANDS.has(event) ? event : 'A message', this.session.caller);
    this.say('presence_error', failure);
    if (ack) this.write(EVENT_BYTES, () => ack({ success: false, error: failure }));
  }

  private say(event: string, data: object, bytes = EVENT_BYTES): number {
    this.write(bytes, () => this.socket.emit(event, data));
    return bytes;
  }

  private write(bytes: number, say: () => void): void {
    if (!this.ended) this.outbox.put(bytes, say);
  }

  private stop(clean: boolean): void {
    if (!this.ended) {
      this.ended = true;
      this.around.close();
      this.outbox.close();
      this.socket.conn.off('packet', this.onPacket);
    }
    void this.session.closed(clean);
  }
}
