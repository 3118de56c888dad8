import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { type Cancel, type Clock } from '../../kernel/clock.js';
import type { Drains } from '../../kernel/drains.js';
import type { Addresses } from '../addresses.js';
import { Tally } from '../tally.js';

const CONNECTIONS_MAX = 20_000;
/** How often the bytes that came are looked at; the library takes them out of our sight. */
const LISTEN_MS = 500;

/** Somebody who wants to know of each sign of life of the peer. */
export interface Listener {
  heard(): void;
}

/** One TCP connection, which carries any number of calls. */
export class Peer {
  readonly listeners = new Set<Listener>();
  private bytes = 0;

  constructor(readonly socket: Socket) {}

  get address(): string {
    return this.socket.remoteAddress ?? '';
  }

  /** Whether the connection itself is over, or about to be. */
  get gone(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  listen(): void {
    if (this.socket.bytesRead === this.bytes) return;
    this.bytes = this.socket.bytesRead;
    for (const listener of this.listeners) listener.heard();
  }
}

/**
 * The TCP side of the gRPC port: the library is handed connections that we have accepted, so that its calls can be
 * told from each other by whether somebody is still there.
 */
export class Peers {
  private readonly server: Server;
  private readonly byName = new Map<string, Peer>();
  private readonly connections = new Tally();
  private stop: Cancel = () => {};

  constructor(
    private readonly addresses: Addresses,
    private readonly drains: Drains,
    private readonly clock: Clock,
    /** From one address. */
    private readonly connectionsMax: number,
    private readonly welcome: (socket: Socket) => void,
  ) {
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** Resolves when connections are taken. */
  async open(port: number, host: string): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    this.stop = this.clock.every(LISTEN_MS, () => {
      for (const peer of this.byName.values()) peer.listen();
    });
  }

  get size(): number {
    return this.byName.size;
  }

  /** By what the library calls the other end of a call. */
  of(name: string): Peer | null {
    return this.byName.get(name) ?? null;
  }

  /** Takes no more connections. */
  close(): void {
    this.server.close();
  }

  /** Cuts those that are left. */
  cut(): void {
    this.stop();
    for (const { socket } of this.byName.values()) socket.destroy();
  }

  private accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    socket.on('error', () => socket.destroy());
    if (this.drains.draining || remoteAddress === undefined || !this.addresses.greets(remoteAddress)) {
      return void socket.destroy();
    }
    // Streams are counted with the connections of other wires; what carries them, and single calls, is counted here.
    if (this.connections.of(remoteAddress) >= this.connectionsMax) return void socket.destroy();
    socket.once('close', this.connections.add(remoteAddress));
    const name = `${remoteAddress}:${remotePort}`;
    this.byName.set(name, new Peer(socket));
    socket.once('close', () => this.byName.delete(name));
    this.welcome(socket);
  }
}
