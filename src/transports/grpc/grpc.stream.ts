import { type ServerWritableStream, status as Code, type StatusObject } from '@grpc/grpc-js';

import type { Caller } from '../../kernel/caller.js';
import type { Clock } from '../../kernel/clock.js';
import type { Stream } from '../../kernel/stream.js';
import type { PresenceView } from '../../presence/presence.types.js';
import type { Ending, Line, Session } from '../session.js';
import type { Sessions } from '../sessions.js';
import { explain, failure } from './grpc.errors.js';
import type { StatusUpdateEvent, SubscribeRequest, Unreadable } from './grpc.messages.js';
import type { Peer } from './grpc.peers.js';
import { eventOf } from './grpc.views.js';

export type SubscribeCall = ServerWritableStream<SubscribeRequest | Unreadable, StatusUpdateEvent>;

const ENDINGS: { readonly [ending in Ending]: () => StatusObject } = {
  unauthenticated: () => failure(Code.UNAUTHENTICATED, 'A valid token is required', 'UNAUTHORIZED'),
  expired: () => failure(Code.UNAUTHENTICATED, 'The token has expired', 'UNAUTHORIZED'),
  crowded: () => failure(Code.RESOURCE_EXHAUSTED, 'Too many connections', 'RATE_LIMITED'),
  unavailable: () => failure(Code.UNAVAILABLE, 'Temporarily unavailable, try again', 'REDIS_ERROR'),
  malformed: () => failure(Code.INVALID_ARGUMENT, 'The request cannot be read'),
  flooding: () => failure(Code.RESOURCE_EXHAUSTED, 'Too many messages', 'RATE_LIMITED'),
  slow: () => failure(Code.RESOURCE_EXHAUSTED, 'Too slow'),
  draining: () => failure(Code.UNAVAILABLE, 'Going away'),
};

/** One open SubscribeStatusUpdates: a live connection of its caller. */
export class StatusStream implements Line {
  readonly transport = 'grpc';
  readonly session: Session;
  stuckSince: number | null = null;
  private over = false;
  private views: Stream<PresenceView> | null = null;
  private release: () => void = () => {};

  constructor(
    private readonly call: SubscribeCall,
    private readonly peer: Peer,
    sessions: Sessions,
    private readonly clock: Clock,
    private readonly leave: () => void,
  ) {
    this.session = sessions.begin(this);
    peer.listeners.add(this.session);
    // Also after a status of ours, and with the connection; whatever came first counts.
    call.once('cancelled', () => this.finish(!peer.gone));
  }

  /** Of its HTTP/2 connection, which may carry more than this stream. */
  get queuedBytes(): number {
    return this.peer.socket.writableLength;
  }

  get caller(): Caller | null {
    return this.session.caller;
  }

  /** Sends until either side ends it. Never throws. */
  async send(views: Stream<PresenceView>): Promise<void> {
    // The client may have gone while they were looked up.
    if (this.over) return void views.return();
    this.views = views;
    try {
      for await (const view of views) {
        if (!this.call.write(eventOf(view))) await this.drained();
      }
    } catch (error) {
      this.fail(explain(error, this.call.getPath(), this.caller));
    }
  }

  /** Refuses the call, or ends it with what went wrong. */
  fail(status: StatusObject): void {
    if (this.over) return;
    this.call.emit('error', status);
    this.finish(false);
  }

  end(ending: Ending): void {
    this.session.ends(ending);
    this.fail(ENDINGS[ending]());
  }

  /** The HTTP/2 connection asks for signs of life by itself, for all its calls at once. */
  ping(): void {}

  cut(): void {
    this.peer.socket.destroy();
    this.finish(false);
  }

  private drained(): Promise<void> {
    this.stuckSince = this.clock.monotonic();
    return new Promise((resolve) => {
      this.release = resolve;
      this.call.once('drain', () => {
        this.stuckSince = null;
        resolve();
      });
    });
  }

  private finish(clean: boolean): void {
    if (this.over) return;
    this.over = true;
    this.peer.listeners.delete(this.session);
    void this.views?.return();
    this.release();
    this.leave();
    void this.session.closed(clean);
  }
}
