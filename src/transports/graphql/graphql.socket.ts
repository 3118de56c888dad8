import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../../kernel/clock.js';
import type { Fields } from '../commands.js';
import { framed } from '../frame.js';
import { Outbox } from '../outbox.js';
import type { Ending, Line, Session } from '../session.js';
import type { Sessions } from '../sessions.js';
import { takeShortcut } from '../shortcut.js';
import type { Dialog } from './dialog.js';
import { tell } from './explain.js';
import { PROTOCOL } from './messages.js';

export const CLOSES: { readonly [ending in Ending]: readonly [code: number, reason: string] } = {
  unauthenticated: [4401, 'Unauthorized'],
  expired: [4403, 'Token expired'],
  crowded: [1013, 'Too many connections'],
  unavailable: [1013, 'Try again later'],
  malformed: [4400, 'Invalid message received'],
  flooding: [1013, 'Too many messages'],
  slow: [4008, 'Too slow'],
  draining: [1012, 'Going away'],
};
/** What the protocol's own server closes with when a hook fails. */
const FAILED = [4500, 'Internal error'] as const;
const NO_CLOSE_FRAME = 1006;
/** The same bytes for everybody. */
const PONG = framed(['{"type":"pong"}']);
/** A payload that a client wants to see again in the pong. */
const ECHO_MAX = 1024;

/** What is wrong is said by the close that follows. */
const ignore = () => {};

/** One WebSocket: between its bytes, its session and the dialog of the protocol. */
export class GraphqlSocket implements Line {
  readonly transport = 'graphql-ws';
  readonly session: Session;
  readonly outbox: Outbox;
  private dialog: Dialog | null = null;
  private ended = false;

  constructor(
    private readonly ws: WebSocket,
    socket: Socket,
    sessions: Sessions,
    clock: Clock,
  ) {
    this.session = sessions.begin(this);
    const heard = () => this.session.heard();
    this.outbox = new Outbox(socket, clock, () => this.end('slow'), heard);
    ws.on('error', ignore).on('pong', heard).on('ping', heard);
  }

  get stuckSince(): number | null {
    return this.outbox.stuckSince;
  }

  get queuedBytes(): number {
    return this.outbox.queuedBytes;
  }

  send(data: string): void {
    this.outbox.put({ head: null, body: Buffer.from(data) });
  }

  /** Several messages, in one piece. */
  sendAll(texts: readonly string[]): void {
    this.outbox.put(framed(texts));
  }

  /** What the client says goes to the dialog, and its goodbye ends that. */
  begin(dialog: Dialog): void {
    this.dialog = dialog;
    this.ws.on('close', (code) => {
      const clean = !this.ended && code !== NO_CLOSE_FRAME;
      this.stop();
      void this.session.closed(clean);
    });
    if (this.ws.protocol !== PROTOCOL) return this.close(4406, 'Subprotocol not acceptable');
    this.ws.on('message', (data: Buffer, binary: boolean) => this.take(data, binary));
    takeShortcut(this.ws, this);
  }

  /** A ping with a token in it renews the identity; the pong says that it has. */
  onPing(payload: Fields | null): void | Promise<void> {
    if (payload === null) return this.outbox.put(PONG);
    if ('authorization' in payload) return this.renew(payload['authorization']);
    const pong = JSON.stringify({ type: 'pong', payload });
    if (pong.length > ECHO_MAX) this.outbox.put(PONG);
    else this.send(pong);
  }

  private async renew(authorization: unknown): Promise<void> {
    const { session } = this;
    if (session.caller && (await session.refresh(bearerOf(authorization)))) this.outbox.put(PONG);
  }

  ping(): void {
    this.ws.ping();
  }

  end(ending: Ending): void {
    this.session.ends(ending);
    this.close(...CLOSES[ending]);
  }

  close(code = 1000, reason = ''): void {
    if (this.ended) return;
    this.stop();
    // Answers that were ready go out first. A peer that does not leave is cut off by the server's close timeout.
    this.ws.close(code, reason);
  }

  cut(): void {
    this.stop();
    this.ws.terminate();
  }

  private stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.dialog?.stop();
    this.outbox.close();
  }

  /** One message. */
  hear(text: string): void {
    if (this.ended) return;
    if (this.session.admit() !== 'YES' && !this.spares(text)) return;
    try {
      this.dialog?.take(text)?.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  private take(data: Buffer, binary: boolean): void {
    if (!binary) this.hear(data.toString());
    else if (!this.ended) this.end('malformed');
  }

  private fail(error: unknown): void {
    tell(error, 'A message', this.session.caller ?? {});
    this.close(...FAILED);
  }

  /** Whether a message over the limit is taken nevertheless; what is not is refused where there is a way to say it. */
  private spares(text: string): boolean {
    const message = idAndType(text);
    // It only ends something, or the protocol has its own answer to it.
    if (message === null || message.type === 'complete' || message.type === 'connection_init') return true;
    if (message.type !== 'subscribe' || typeof message.id !== 'string') return false;
    const { retryAfterMs } = this.session;
    const extensions = { code: 'RATE_LIMITED', retryAfterMs };
    const payload = [{ message: 'Too many messages', extensions }];
    this.send(JSON.stringify({ id: message.id, type: 'error', payload }));
    return false;
  }
}

/** The token of `Bearer …`; anything else is no token and is refused by whoever verifies it. */
export function bearerOf(value: unknown): string | null {
  return typeof value === 'string' ? (/^bearer +(\S+)$/i.exec(value)?.[1] ?? null) : null;
}

function idAndType(text: string): { readonly id?: unknown; readonly type?: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}
