import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { WebSocket } from 'ws';
import type { Caller } from '../../kernel/caller.js';
import { badInput, Refusal } from '../../kernel/errors.js';
import type { PresenceView } from '../../presence/presence.types.js';
import type { TypingView } from '../../typing/typing.types.js';
import { checkSelf, type Commands, type Fields, fieldsOf, listOf } from '../commands.js';
import { failureOf } from '../failures.js';
import { Outbox } from '../outbox.js';
import { type Ending, endingOf, type Hello, type Line, type Session } from '../session.js';
import type { Sessions } from '../sessions.js';
import { type Feeds, type Occasion, Surroundings, type Teller } from '../surroundings.js';
import { Turns } from '../turns.js';
import * as frames from './ws.frames.js';

export const CLOSES: { readonly [ending in Ending]: readonly [code: number, reason: string] } = {
  unauthenticated: [1008, 'unauthenticated'],
  expired: [1008, 'expired'],
  crowded: [1013, 'too many connections'],
  unavailable: [1013, 'try again later'],
  malformed: [1008, 'malformed'],
  flooding: [1013, 'too many messages'],
  slow: [4008, 'too slow'],
  draining: [1012, 'going away'],
};
const BINARY = [1003, 'text only'] as const;
const NO_CLOSE_FRAME = 1006;
/** How long somebody without a token in the address may take to send one. */
const AUTH_WAIT_MS = 3000;
/** A little more than one connection can watch. */
const TOLD_MAX = 6000;

export interface Services {
  readonly sessions: Sessions;
  readonly commands: Commands;
  readonly feeds: Feeds;
}

/** How the client opened: what its address says. */
export interface Address {
  readonly token: string | null;
  readonly hello: Hello;
  /** Only who comes and who goes, in the form of the oldest clients. */
  readonly simple: boolean;
}

type Command = (socket: PlainSocket, caller: Caller, data: Fields) => Promise<void>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['heartbeat', (socket, caller, { active }) => socket.commands.heartbeat(caller, active)],
  ['typing_start', (socket, caller, data) => socket.type(caller, data, true)],
  ['typing_stop', (socket, caller, data) => socket.type(caller, data, false)],
  ['watch', (socket, _caller, { user_ids }) => socket.around.watch(listOf(user_ids, 'user_ids'))],
  [
    'unwatch',
    async (socket, _caller, { user_ids }) =>
      socket.around.unwatch(user_ids === undefined || user_ids === null ? null : listOf(user_ids, 'user_ids')),
  ],
]);

/** One connection of the plain WebSocket protocol. */
export class PlainSocket implements Line, Teller {
  readonly transport = 'ws';
  readonly session: Session;
  readonly around: Surroundings;
  private readonly outbox: Outbox;
  private readonly turns = new Turns();
  /** By user: what the client was told last. Nobody is told what they know. */
  private readonly told = new LRUCache<string, string>({ max: TOLD_MAX });
  private opening = false;
  private ended = false;

  constructor(
    private readonly ws: WebSocket,
    socket: Socket,
    private readonly services: Services,
    private readonly address: Address,
  ) {
    const { clock } = services.feeds;
    this.session = services.sessions.begin(this);
    this.outbox = new Outbox(
      socket,
      clock,
      () => this.end('slow'),
      () => this.session.heard(),
    );
    this.around = new Surroundings(services.feeds, this.outbox, this);
    // What is wrong is said by the close that follows.
    ws.on('error', () => {});
    ws.on('pong', () => this.session.heard());
    ws.on('ping', () => this.session.heard());
    ws.on('message', (data: Buffer, binary: boolean) => this.hear(data, binary));
    ws.on('close', (code) => this.gone(code));
    // Messages that come meanwhile wait for it.
    if (address.token !== null) this.turns.take(() => this.begin(address.token, address.hello));
    else clock.after(AUTH_WAIT_MS, () => this.opening || this.end('unauthenticated'));
  }

  get commands(): Commands {
    return this.services.commands;
  }

  get stuckSince(): number | null {
    return this.outbox.stuckSince;
  }

  get queuedBytes(): number {
    return this.outbox.queuedBytes;
  }

  ping(): void {
    this.ws.ping();
  }

  end(ending: Ending): void {
    this.session.ends(ending);
    this.close(...CLOSES[ending]);
  }

  cut(): void {
    this.stop();
    this.ws.terminate();
  }

  sees(view: PresenceView, occasion: Occasion): number {
    const text = this.address.simple ? frames.simpleStatus(view) : frames.userStatus(view);
    // Nobody who is offline is told of at first, nor who was never seen online by a client that only hears of that.
    const known = this.told.get(view.userId) ?? (this.address.simple ? simpleAbsent(view) : undefined);
    this.told.set(view.userId, text);
    const needless = occasion === 'present' ? !view.isOnline : known === text;
    return needless && occasion !== 'asked' ? 0 : this.say(text);
  }

  types(view: TypingView): number {
    return this.say(frames.userTyping(view));
  }

  fails(error: unknown): void {
    this.say(frames.error(failureOf(error, 'Watching', this.session.caller)));
  }

  async type(caller: Caller, { conversation_id, user_id }: Fields, isTyping: boolean): Promise<void> {
    checkSelf(caller, user_id);
    await this.commands.type(caller, conversation_id, isTyping);
  }

  private async begin(token: unknown, hello: Hello): Promise<void> {
    this.opening = true;
    try {
      await this.session.identify(token);
      const { caller } = this.session;
      if (!caller || this.ended) return;
      await this.session.open(hello);
      await this.around.open(caller);
      this.say(frames.ready(caller.userId));
      this.around.start(caller);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'BAD_USER_INPUT') this.fails(error);
      this.end(endingOf(error));
    }
  }

  private hear(data: Buffer, binary: boolean): void {
    if (this.ended) return;
    this.session.heard();
    if (binary) return this.close(...BINARY);
    switch (this.session.admit()) {
      case 'NO':
        return this.refuse(new Refusal('RATE_LIMITED', 'Too many messages'));
      case 'FLOOD':
        return;
      case 'YES':
        if (!this.turns.take(() => this.obey(data.toString()))) {
          this.refuse(new Refusal('RATE_LIMITED', 'Too many messages'));
        }
    }
  }

  private async obey(text: string): Promise<void> {
    if (this.ended) return;
    try {
      const { type, data } = messageOf(text);
      if (type === 'auth') return await this.authenticate(fieldsOf(data));
      const { caller } = this.session;
      if (!caller) return this.end('unauthenticated');
      const command = COMMANDS.get(type);
      if (!command) throw badInput('There is no such type');
      await command(this, caller, fieldsOf(data));
    } catch (error) {
      this.refuse(error);
    }
  }

  /** The first message of a client without a token in its address; later a newer token. */
  private async authenticate(data: Fields): Promise<void> {
    if (!this.opening) return this.begin(data['token'], { ...this.address.hello, ...data });
    const { session } = this;
    if (session.caller && (await session.refresh(data['token']))) this.say(frames.ready(session.caller.userId));
  }

  private refuse(error: unknown): void {
    this.say(frames.error(failureOf(error, 'A message', this.session.caller)));
  }

  private say(text: string): number {
    if (!this.ended) this.outbox.put({ head: null, body: Buffer.from(text) });
    return text.length;
  }

  private close(code: number, reason: string): void {
    if (this.ended) return;
    this.stop();
    this.ws.close(code, reason);
  }

  private gone(code: number): void {
    const clean = !this.ended && code !== NO_CLOSE_FRAME;
    this.stop();
    void this.session.closed(clean);
  }

  private stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.around.close();
    this.outbox.close();
  }
}

/** What somebody who was never told of is to the oldest clients. */
function simpleAbsent(view: PresenceView): string {
  return frames.simpleStatus({ ...view, isOnline: false });
}

function messageOf(text: string): { readonly type: string; readonly data: unknown } {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw badInput('The message is not JSON');
  }
  const { type, data } = fieldsOf(message);
  if (typeof type !== 'string') throw badInput('The message has no type');
  return { type, data };
}
