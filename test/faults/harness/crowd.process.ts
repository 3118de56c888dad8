/*
 * Thousands of clients that only are there, in a process of their own: whatever they do holds up nobody who measures.
 * Run by Node itself, without a build; ./crowd.ts starts it and says what to do.
 */
import { connect, type Socket } from 'node:net';

/** What the parent says. `turn`: whom whoever has to connect turns to from now on. */
export type Order =
  | {
      readonly what: 'open';
      readonly tokens: readonly string[];
      readonly ports: readonly number[];
      readonly spreadMs: number;
      /** The first moments of all that is drawn. */
      readonly draws: readonly number[];
    }
  | { readonly what: 'turn'; readonly ports: readonly number[] }
  | { readonly what: 'leave' };

/** How many are connected and acknowledged, by port. */
export type Census = Readonly<Record<number, number>>;

interface One {
  readonly token: string;
  port: number;
  socket: Socket | null;
  live: boolean;
}

const OPENING_AT_ONCE = 50;
const OPENS_WITHIN_MS = 4000;
const LEAVES_WITHIN_MS = 2000;
const TELL_EVERY_MS = 50;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const TEXT = 0x1;
/** A close frame with 1000, masked with zeros, as all that we send. */
const GOODBYE = Buffer.from([0x80 | CLOSE, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

const all: One[] = [];
let ports: readonly number[] = [];
let spreadMs = 0;
let draws: readonly number[] = [];
let drawn = 0;
let leaving = false;
let told = '';

process.on('message', (order: Order) => {
  if (order.what === 'turn') ports = order.ports;
  else if (order.what === 'leave') leave();
  else void begin(order);
});
process.on('disconnect', () => process.exit());
setInterval(tell, TELL_EVERY_MS);

async function begin(order: Order & { readonly what: 'open' }): Promise<void> {
  ({ ports, spreadMs, draws } = order);
  for (const token of order.tokens) all.push({ token, port: 0, socket: null, live: false });
  for (let at = 0; at < all.length; at += OPENING_AT_ONCE)
    await Promise.all(all.slice(at, at + OPENING_AT_ONCE).map((one) => open(one)));
}

/** Resolves when it is acknowledged, or has failed; then it tries again by itself. */
function open(one: One): Promise<void> {
  const port = ports[Math.floor(draw() * ports.length)] ?? 0;
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  Object.assign(one, { socket, port });
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => socket.destroy(), OPENS_WITHIN_MS);
    let unread: Buffer | null = null;
    let shaken = false;
    socket.on('error', () => socket.destroy());
    socket.on('connect', () => socket.write(upgradeTo(port)));
    socket.on('data', (bytes) => {
      unread = unread ? Buffer.concat([unread, bytes]) : bytes;
      if (!shaken) {
        const end = unread.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!unread.subarray(0, end).includes(' 101 ')) return void socket.destroy();
        unread = unread.subarray(end + 4);
        shaken = true;
        socket.write(hello(one.token));
      }
      unread = take(unread, (opcode, payload) => {
        if (opcode === PING) return void socket.write(frame(PONG, payload));
        if (opcode === CLOSE) return void socket.end(GOODBYE);
        if (opcode !== TEXT || one.live || !payload.includes('"connection_ack"')) return;
        clearTimeout(giveUp);
        one.live = true;
        resolve();
      });
    });
    socket.on('close', () => {
      clearTimeout(giveUp);
      one.live = false;
      resolve();
      if (!leaving) setTimeout(() => leaving || void open(one), draw() * spreadMs);
    });
  });
}

function leave(): void {
  leaving = true;
  for (const { socket, live } of all) {
    if (live) socket?.write(GOODBYE);
    else socket?.destroy();
  }
  setTimeout(() => all.forEach(({ socket }) => socket?.destroy()), LEAVES_WITHIN_MS);
}

/** Only when something has changed. */
function tell(): void {
  const census: Record<number, number> = {};
  for (const { port, live } of all) if (live) census[port] = (census[port] ?? 0) + 1;
  const text = JSON.stringify(census);
  if (text !== told) process.send?.(census);
  told = text;
}

/** Hands over every whole frame of a server; answers what is left. */
function take(bytes: Buffer, each: (opcode: number, payload: Buffer) => void): Buffer | null {
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length - at < head) break;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
    if (bytes.length - at < head + length) break;
    each((bytes[at] ?? 0) & 0xf, bytes.subarray(at + head, at + head + length));
    at += head + length;
  }
  return at === bytes.length ? null : bytes.subarray(at);
}

/** At most 64 KiB, masked with zeros. */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);
}

function hello(token: string): Buffer {
  const payload = { authorization: `Bearer ${token}` };
  return frame(TEXT, Buffer.from(JSON.stringify({ type: 'connection_init', payload })));
}

function upgradeTo(port: number): string {
  return (
    `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n'
  );
}

/** The seed's draws, again and again. */
function draw(): number {
  drawn += 1;
  return draws[drawn % draws.length] ?? 0;
}
