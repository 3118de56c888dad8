import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type History, now } from './history.js';
import type { Place } from './place.js';

interface Frame {
  readonly id?: string;
  readonly type: string;
  readonly payload?: {
    readonly data?: Readonly<Record<string, unknown>> & { readonly statusChanged?: View };
    readonly errors?: readonly unknown[];
  };
}

interface View {
  readonly userId: string;
  readonly status: string;
  readonly platforms: readonly string[];
  readonly lastSeen: string | null;
}

export interface Manner {
  readonly presence: boolean;
  /** Users to watch; none: it only is there. */
  readonly watches?: readonly string[];
  /** Comes back by itself, as a client in a browser does. */
  readonly returns: boolean;
  /** A lost connection is opened again after up to so long, drawn anew each time. Milliseconds. */
  readonly spreadMs: () => number;
  readonly random: () => number;
}

const FIELDS = 'userId status platforms lastSeen';
const WATCH = `subscription($ids: [ID!]) { statusChanged(userIds: $ids, snapshot: true) { ${FIELDS} } }`;
const SAY = 'mutation($text: String!) { setCustomStatus(message: { text: $text }) { status } }';
const OPENS_WITHIN_MS = 4000;
const CALL_WITHIN_MS = 6000;

/** A graphql-ws client that costs next to nothing: hundreds of them fit into one process. */
export class Client {
  private ws: WebSocket | null = null;
  private stream = 0;
  private over = false;
  private calls = 0;
  private readonly waiting = new Map<string, (frame: Frame | null) => void>();
  place: Place | null = null;
  connectedAt = 0;

  constructor(
    private readonly history: History,
    readonly userId: string,
    private readonly manner: Manner,
    /** Whom to turn to, best first. */
    private readonly choose: () => readonly Place[],
  ) {}

  get live(): boolean {
    return this.connectedAt > 0;
  }

  /** Resolves when the server has acknowledged it. */
  async open(): Promise<this> {
    for (let tries = 0; !this.over; tries += 1) {
      const places = this.choose();
      const place = places[tries % Math.max(places.length, 1)];
      if (place && (await this.openAt(place))) return this;
      await wait(this.manner.random() * this.manner.spreadMs());
    }
    return this;
  }

  /** Goes for good. `abrupt`: without a goodbye. `silent`: the wire stays and nobody is at it. */
  async leave(how: 'clean' | 'abrupt' | 'silent' = 'clean'): Promise<void> {
    const { ws } = this;
    this.over = true;
    if (!ws || ws.readyState === WebSocket.CLOSED) return;
    if (how === 'silent') {
      ws.pause();
      this.left();
      return;
    }
    const closed = new Promise((resolve) => ws.once('close', resolve));
    if (how === 'clean') ws.close(1000);
    else ws.terminate();
    await closed;
  }

  /** Ends the wire of one that went silently. */
  destroy(): void {
    this.over = true;
    this.ws?.terminate();
  }

  /** True: done. False: refused, or not answered in time. */
  async call(document: string, variables: object = {}): Promise<boolean> {
    const { ws } = this;
    if (!ws || ws.readyState !== WebSocket.OPEN) return false;
    const id = `c${(this.calls += 1)}`;
    const asked = now();
    const answer = await new Promise<Frame | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), CALL_WITHIN_MS);
      this.waiting.set(id, (frame) => {
        clearTimeout(timer);
        resolve(frame);
      });
      ws.send(JSON.stringify({ id, type: 'subscribe', payload: { query: document, variables } }));
    });
    this.waiting.delete(id);
    // With its connection a request has ended too.
    const ended = answer !== null || ws.readyState !== WebSocket.OPEN;
    const what = /\{\s*(\w+)/.exec(document)?.[1] ?? document;
    this.history.request({ user: this.userId, what, asked, answered: ended ? now() : null });
    return answer?.type === 'next' && !answer.payload?.errors;
  }

  /** Chooses a message, which is durable once this is true. */
  async say(text: string): Promise<boolean> {
    const asked = now();
    const done = await this.call(SAY, { text });
    // Without a yes nobody knows: it may have been committed when the answer was lost.
    const answered = done ? now() : null;
    this.history.chose({
      user: this.userId,
      what: 'say',
      kind: 'status',
      value: text,
      asked,
      answered,
      refused: false,
    });
    return done;
  }

  /** Detaches the socket, as `goOffline` does. */
  async goOffline(): Promise<boolean> {
    this.history.turn(this.userId, 'unsure');
    const done = await this.call('mutation { goOffline { status } }');
    if (done) this.history.turn(this.userId, 'away');
    return done;
  }

  async heartbeat(): Promise<boolean> {
    if (this.history.where(this.userId).where === 'away') this.history.turn(this.userId, 'unsure');
    const done = await this.call('mutation { heartbeat { success } }');
    if (done && this.live) this.history.turn(this.userId, 'here', this.place?.name);
    return done;
  }

  private openAt(place: Place): Promise<boolean> {
    const ws = new WebSocket(`${place.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
      handshakeTimeout: OPENS_WITHIN_MS,
    });
    this.ws = ws;
    return new Promise((resolve) => {
      let begun = false;
      const giveUp = setTimeout(() => ws.terminate(), OPENS_WITHIN_MS);
      ws.on('error', () => undefined);
      ws.on('open', () => {
        const { presence } = this.manner;
        // Others may hear of it before its own acknowledgement is read.
        if (presence) this.history.turn(this.userId, 'unsure');
        const authorization = `Bearer ${place.token(this.userId)}`;
        ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization, presence } }));
      });
      ws.on('close', () => {
        clearTimeout(giveUp);
        resolve(false);
        // One that never began is tried again by whoever opens it.
        if (begun) this.lost();
        else if (this.manner.presence) this.history.turn(this.userId, 'away');
      });
      ws.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Frame;
        if (frame.type === 'connection_ack') {
          clearTimeout(giveUp);
          begun = true;
          this.begun(place, ws);
          return resolve(true);
        }
        this.take(frame);
      });
    });
  }

  private begun(place: Place, ws: WebSocket): void {
    this.place = place;
    this.connectedAt = now();
    if (this.manner.presence) this.history.turn(this.userId, 'here', place.name);
    const ids = this.manner.watches;
    if (!ids) return;
    this.stream = this.history.openStream();
    ws.send(JSON.stringify({ id: 'w', type: 'subscribe', payload: { query: WATCH, variables: { ids } } }));
  }

  private take(frame: Frame): void {
    const view = frame.id === 'w' ? frame.payload?.data?.statusChanged : undefined;
    if (view) {
      const { userId: subject, status, lastSeen } = view;
      const seen = lastSeen === null ? null : Date.parse(lastSeen);
      const platforms = view.platforms.join(' ');
      const { stream, userId: viewer } = this;
      this.history.tell({ at: now(), viewer, stream, subject, status, platforms, lastSeen: seen });
    } else if (frame.id === 'w' && frame.type !== 'next') {
      // Refused while a store is away: a client would ask again, on a new connection.
      this.ws?.close(1000);
    } else if (frame.id !== undefined) this.waiting.get(frame.id)?.(frame);
    else if (frame.type === 'ping') this.ws?.send('{"type":"pong"}');
  }

  private left(): void {
    if (this.manner.presence && this.live) this.history.turn(this.userId, 'away');
    if (this.stream > 0) this.history.closeStream(this.stream);
    this.connectedAt = 0;
    this.stream = 0;
  }

  private lost(): void {
    this.left();
    for (const answer of this.waiting.values()) answer(null);
    if (!this.manner.returns || this.over) return;
    void wait(this.manner.random() * this.manner.spreadMs()).then(() => this.open());
  }
}
