import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, NetConnectOpts, Server, Socket } from 'node:net';

/** `pass`: as if it were not there. `hang`: nothing goes either way, as in a partition. `cut`: the machine is gone. */
export type ProxyMode = 'pass' | 'hang' | 'cut';

/** Decides about bytes on their way; false: they are lost. `inward`: towards whoever has connected. */
export type Censor = (bytes: Buffer, inward: boolean) => boolean;

/** A wire that is long, or narrow. */
export interface Wire {
  /** Milliseconds each way. */
  readonly delayMs?: number;
  /** Bytes a second each way, of each connection. */
  readonly bytesASecond?: number;
}

/** Stands between an instance and what it leans on, on a free loopback port, and breaks the wire when told. */
export class Proxy {
  private mode: ProxyMode = 'pass';
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private censor: Censor | null = null;
  private wire: Wire = {};
  private readonly forgotten = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    private readonly target: NetConnectOpts,
  ) {}

  static async start(target: NetConnectOpts): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, target);
    server.on('connection', (socket) => proxy.accept(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set(mode: ProxyMode): void {
    this.mode = mode;
    for (const pair of this.pairs) this.apply(pair);
  }

  /** What comes from now on travels like this; `{}`: at once. */
  stretch(wire: Wire): void {
    this.wire = wire;
  }

  /** From now on every piece of bytes is judged; null: everything passes. */
  judge(censor: Censor | null): void {
    this.censor = censor;
  }

  /** What is connected now never hears anything again, as when a firewall forgets; new connections pass. */
  forget(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
    for (const pair of this.pairs) this.forgotten.add(pair);
    this.pairs.clear();
  }

  async stop(): Promise<void> {
    for (const pair of this.forgotten) for (const socket of pair) socket.destroy();
    this.set('cut');
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(near: Socket): void {
    if (this.mode === 'cut') return void near.resetAndDestroy();
    const far = connect(this.target);
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      const carry = this.carrier(other);
      one.on('data', (bytes) => {
        if (this.censor?.(bytes, one === far) !== false) carry(bytes);
      });
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
    }
    this.apply(pair);
  }

  /** Hands bytes on in their order, each after the time that the wire takes. */
  private carrier(to: Socket): (bytes: Buffer) => void {
    let freeAt = 0;
    const under: Buffer[] = [];
    return (bytes) => {
      const { delayMs = 0, bytesASecond = Infinity } = this.wire;
      const now = performance.now();
      // The wire is busy with what came before; on a wire without length or width nothing waits.
      freeAt = Math.max(freeAt, now) + (bytes.length * 1000) / bytesASecond;
      const waitMs = freeAt - now + delayMs;
      if (waitMs <= 0 && under.length === 0) return void to.write(bytes);
      under.push(bytes);
      setTimeout(() => to.write(under.shift() ?? ''), Math.max(0, waitMs));
    };
  }

  private apply([near, far]: readonly [Socket, Socket]): void {
    switch (this.mode) {
      case 'cut':
        near.resetAndDestroy();
        far.destroy();
        return;
      case 'hang':
        near.pause();
        far.pause();
        return;
      case 'pass':
        near.resume();
        far.resume();
    }
  }
}
