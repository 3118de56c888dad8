import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Place } from './place.js';

const TICK_MS = 100;
const BYTES_A_TICK = 100;
/** A close frame with a code, as a server sends it: not masked, and short. */
const CLOSE = 0x88;
const LONGEST_GOODBYE = 125;

/** A client that asks for much and hardly reads: without a WebSocket library, which would read for it. */
export class Sluggish {
  /** With which the server closed, if that was heard. */
  code: number | null = null;
  private over = false;
  private repents = false;

  private constructor(private readonly socket: Socket) {}

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
    const sluggish = new Sluggish(socket);
    const authorization = `Bearer ${place.token(userId)}`;
    sluggish.send({ type: 'connection_init', payload: { authorization, presence: false } });
    await once(socket, 'readable');
    socket.read();
    if (crawling) void sluggish.crawl();
    return sluggish;
  }

  send(message: object): void {
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff, 0, 0, 0, 0]);
    const short = Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]);
    this.socket.write(Buffer.concat([body.length < 126 ? short : head, body]));
  }

  /** Reads everything that is left, to the goodbye. */
  repent(): void {
    if (this.repents || this.over) return;
    this.repents = true;
    this.socket.on('data', (bytes: Buffer) => {
      // The last that comes ends with the close frame: its length, two bytes of code, and the reason.
      for (let length = 2; length <= LONGEST_GOODBYE; length += 1) {
        const at = bytes.length - length - 2;
        if (at < 0 || bytes[at] !== CLOSE || bytes[at + 1] !== length) continue;
        this.code = bytes.readUInt16BE(at + 2);
      }
    });
  }

  end(): void {
    this.over = true;
    this.socket.destroy();
  }

  private async crawl(): Promise<void> {
    for (; !this.over && !this.repents; await wait(TICK_MS)) this.socket.read(BYTES_A_TICK);
  }
}
