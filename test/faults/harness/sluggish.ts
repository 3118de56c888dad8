import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { now } from './history.js';
import type { Place } from './place.js';

const TICK_MS = 100;
const BYTES_A_TICK = 100;
const ESTABLISHED = '01';

/** A client that asks for much and hardly reads: without a WebSocket library, which would read for it. */
export class Sluggish {
  cutAt = 0;
  private over = false;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {}

  /** `crawling`: reads about a kilobyte a second; else nothing. */
  static async open(place: Place, userId: string, crawling: boolean): Promise<Sluggish> {
    const port = Number(new URL(place.url).port);
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    await once(socket, 'readable');
    socket.read();
    const sluggish = new Sluggish(socket, port);
    const authorization = `Bearer ${place.token(userId)}`;
    sluggish.send({ type: 'connection_init', payload: { authorization, presence: false } });
    await once(socket, 'readable');
    socket.read();
    void sluggish.look(crawling);
    return sluggish;
  }

  send(message: object): void {
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff, 0, 0, 0, 0]);
    const short = Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]);
    this.socket.write(Buffer.concat([body.length < 126 ? short : head, body]));
  }

  end(): void {
    this.over = true;
    this.socket.destroy();
  }

  private async look(crawling: boolean): Promise<void> {
    for (; !this.over && this.cutAt === 0; await wait(TICK_MS)) {
      if (crawling) this.socket.read(BYTES_A_TICK);
      if (!(await this.isHeld())) this.cutAt = now();
    }
  }

  /** Whether the server still has its end of the wire; what has closed there may never be heard here. */
  private async isHeld(): Promise<boolean> {
    const hex = (port = 0) => port.toString(16).toUpperCase().padStart(4, '0');
    const ends = [`:${hex(this.port)} `, `:${hex(this.socket.localPort)} `] as const;
    const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8')));
    for (const line of tables.join('\n').split('\n')) {
      const [, local = '', remote = '', state = ''] = line.trim().split(/\s+/);
      if (`${local} `.endsWith(ends[0]) && `${remote} `.endsWith(ends[1])) return state === ESTABLISHED;
    }
    return false;
  }
}
