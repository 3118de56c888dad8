import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { Recording } from '../drivers/recording.js';

export interface IoEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A Socket.IO client of its own connection: what it is sent, in order, and how it ends. */
export class IoClient extends Recording<IoEvent> {
  readonly socket: Socket;
  /** "connected", or the code it was refused with. */
  readonly opened: Promise<string>;
  /** The reason, in the client's words. */
  readonly closed: Promise<string>;

  constructor(url: string, auth: object, options: Partial<ManagerOptions & SocketOptions> = {}) {
    super('a Socket.IO client');
    this.socket = io(url, { auth, forceNew: true, reconnection: false, transports: ['websocket'], ...options });
    this.socket.onAny((event: string, data: IoEvent['data']) => this.record({ event, data }));
    this.opened = new Promise((resolve) => {
      this.socket.on('connect', () => resolve('connected'));
      this.socket.on('connect_error', (error: Error & { data?: { code: string } }) =>
        resolve(error.data?.code ?? error.message),
      );
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('disconnect', (reason) => {
        this.end(reason);
        resolve(reason);
      });
    });
    this.stopWith(() => this.socket.disconnect());
  }

  /** Sends and answers what the acknowledgement says. */
  ask(event: string, data?: unknown): Promise<unknown> {
    return this.socket.timeout(3000).emitWithAck(event, data);
  }

  /** The next event of this name. */
  async of(event: string, withinMs = 2000): Promise<IoEvent['data']> {
    return (await this.until((one) => one.event === event, withinMs)).view.data;
  }

  /** Destroys the connection without a word. */
  vanish(): void {
    const { transport } = this.socket.io.engine as unknown as { transport: { ws?: { _socket: { destroy(): void } } } };
    transport.ws?._socket.destroy();
  }
}
