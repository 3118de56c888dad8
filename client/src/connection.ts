import { createClient, type Client, type Sink, type SubscribePayload } from 'graphql-ws';

import { Backoff } from './backoff.js';
import { Store, type Stop } from './store.js';
import { renewInMs, type TokenSource } from './token.js';

/**
 * - `connecting`: the first try is under way; `connected`: live.
 * - `reconnecting`: it was lost and is tried again, for ever; `offline`: the same while the browser has no network.
 * - `refused`: the server does not accept the token; `connect()` tries anew.
 * - `disconnected`: on purpose, until `connect()`.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'refused' | 'disconnected';

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Tries since the connection was last a good one. */
  readonly attempt: number;
  /** When the next try is due, ms since 1970; null while none is waited for. */
  readonly retryAt: number | null;
}

interface Settings {
  readonly url: string;
  readonly token: TokenSource;
  /** What is said at every opening besides the token. */
  readonly hello: () => Readonly<Record<string, unknown>>;
  readonly webSocket?: typeof WebSocket;
}

const KEEP_ALIVE_MS = 10_000;
const PONG_WITHIN_MS = 5000;
const ACK_WITHIN_MS = 10_000;
/** Close codes after which trying again with the same code and the same person cannot help. */
const FATAL = new Set([4400, 4401, 4406]);

/** One graphql-ws connection that is kept up for ever, until it is refused or ended on purpose. */
export class Connection {
  readonly state = new Store<ConnectionState>({ status: 'connecting', attempt: 0, retryAt: null });
  private readonly backoff = new Backoff();
  private readonly ready = new Set<() => void>();
  private readonly lost = new Set<() => void>();
  private client: Client | null = null;
  private socket: WebSocket | null = null;
  private up = false;
  /** Grows with every client and every ending: what belongs to an older one is over. */
  private turn = 0;
  private pongTimer: ReturnType<typeof setTimeout> | undefined;
  private renewTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly stopListening: Stop;

  constructor(private readonly settings: Settings) {
    this.stopListening = listenToNetwork(
      () => this.retryNow(),
      // One that stands finds out by itself whether it still does.
      () => !this.up && this.showWaiting(),
    );
  }

  get live(): boolean {
    return this.up;
  }

  connect(): void {
    if (this.client) return;
    this.backoff.reset();
    this.state.set({ status: 'connecting', attempt: 0, retryAt: null });
    this.open();
  }

  /** Ends the connection cleanly and stays away until `connect`. */
  disconnect(): void {
    this.close('disconnected');
  }

  dispose(): void {
    this.disconnect();
    this.stopListening();
    this.ready.clear();
  }

  /** Does not wait any longer for the next try. */
  retryNow(): void {
    this.backoff.hurry();
  }

  /** Hears of every (re)connection, after which subscriptions are up to be made. */
  onReady(listener: () => void): Stop {
    this.ready.add(listener);
    return () => this.ready.delete(listener);
  }

  /** Hears of every loss. */
  onLost(listener: () => void): Stop {
    this.lost.add(listener);
    return () => this.lost.delete(listener);
  }

  /** One operation on the live connection. It ends with an error when the connection goes; nothing is sent again. */
  subscribe(payload: SubscribePayload, sink: Sink<unknown>): Stop {
    const { client } = this;
    if (!client || !this.up) {
      sink.error(new Error('Not connected'));
      return () => {};
    }
    let settled = false;
    const settle = () => {
      if (settled) return false;
      unlisten();
      return (settled = true);
    };
    const unlisten = this.onLost(() => {
      settle();
      stop();
      sink.error(new Error('Connection lost'));
    });
    const stop = client.subscribe(payload, {
      next: (value) => void (!settled && sink.next(value)),
      error: (error) => void (settle() && sink.error(error)),
      complete: () => void (settle() && sink.complete()),
    });
    return () => {
      settle();
      stop();
    };
  }

  private open(): void {
    const { url, hello } = this.settings;
    const turn = (this.turn += 1);
    const current = () => this.turn === turn;
    let token = '';
    this.client = createClient({
      // The server gives a socket little time to say who it is: the token is fetched before it is opened.
      url: async () => {
        token = await this.firstToken(turn);
        return url;
      },
      lazy: false,
      connectionParams: () => ({ ...hello(), authorization: `Bearer ${token}` }),
      keepAlive: KEEP_ALIVE_MS,
      connectionAckWaitTimeout: ACK_WITHIN_MS,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: () => this.wait(turn),
      // The library gives up on more than we do.
      onNonLazyError: (reason) => current() && this.gaveUp(reason),
      webSocketImpl: this.capturing(),
      on: {
        connected: () => current() && this.connected(),
        closed: () => current() && this.wentDown(),
        error: () => current() && this.wentDown(),
        ping: (received) => void (!received && this.expectPong()),
        pong: (received) => void (received && clearTimeout(this.pongTimer)),
      },
    });
  }

  private close(status: ConnectionStatus): void {
    const { client, socket } = this;
    this.client = null;
    this.socket = null;
    this.turn += 1;
    this.backoff.reset();
    this.wentDown();
    void client?.dispose();
    socket?.close(1000, 'Normal Closure');
    this.state.set({ status, attempt: 0, retryAt: null });
  }

  private connected(): void {
    this.backoff.succeeded();
    this.up = true;
    this.state.set({ status: 'connected', attempt: 0, retryAt: null });
    for (const listener of [...this.ready]) listener();
  }

  private wentDown(): void {
    clearTimeout(this.pongTimer);
    clearTimeout(this.renewTimer);
    if (!this.up) return;
    this.up = false;
    this.showWaiting();
    for (const listener of [...this.lost]) listener();
  }

  private gaveUp(reason: unknown): void {
    if (typeof reason === 'object' && reason !== null && 'code' in reason && FATAL.has(Number(reason.code)))
      return this.close('refused');
    this.socket?.close();
    void this.wait(this.turn).then(() => this.open());
  }

  private async wait(turn: number): Promise<void> {
    const waitMs = this.backoff.next();
    this.showWaiting(Date.now() + waitMs);
    await this.backoff.wait(waitMs);
    // One that is over must never open a socket again: its library has no way to be told.
    if (this.turn !== turn) await new Promise(() => {});
    this.showWaiting();
  }

  private showWaiting(retryAt: number | null = null): void {
    const { status } = this.state.get();
    if (status === 'refused' || status === 'disconnected') return;
    const waiting = this.backoff.attempt === 0 && status === 'connecting' ? 'connecting' : 'reconnecting';
    this.state.set({ status: hasNetwork() ? waiting : 'offline', attempt: this.backoff.attempt, retryAt });
  }

  /** A peer that no longer answers is as good as gone; the library pings but does not wait for the answer. */
  private expectPong(): void {
    clearTimeout(this.pongTimer);
    this.pongTimer = setTimeout(() => this.client?.terminate(), PONG_WITHIN_MS);
  }

  private async firstToken(turn: number): Promise<string> {
    for (;;) {
      try {
        return await this.freshToken();
      } catch {
        // Whoever gives tokens may be away as well: no reason ever to stop.
        await this.wait(turn);
      }
    }
  }

  private async freshToken(): Promise<string> {
    const token = await this.settings.token();
    clearTimeout(this.renewTimer);
    const inMs = renewInMs(token, Date.now());
    if (inMs !== null) this.renewTimer = setTimeout(() => void this.renew(), inMs);
    return token;
  }

  /** A new token in band, so that the connection outlives the old one. Failing that, the server ends it and we return. */
  private async renew(): Promise<void> {
    const token = await this.freshToken().catch(() => null);
    if (token === null || !this.up) return;
    this.socket?.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${token}` } }));
  }

  private capturing(): typeof WebSocket {
    const Base = this.settings.webSocket ?? WebSocket;
    const keep = (socket: WebSocket) => (this.socket = socket);
    return class extends Base {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        keep(this);
      }
    };
  }
}

const hasNetwork = () => typeof navigator === 'undefined' || navigator.onLine !== false;

function listenToNetwork(back: () => void, gone: () => void): Stop {
  if (typeof addEventListener === 'undefined') return () => {};
  addEventListener('online', back);
  addEventListener('offline', gone);
  return () => {
    removeEventListener('online', back);
    removeEventListener('offline', gone);
  };
}
