import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import * as library from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { endOfText, takeShortcut, textIn } from './shortcut.js';

const { Receiver } = library as unknown as {
  readonly Receiver: new (options: object) => Writable;
};

interface Frame {
  readonly first: number;
  readonly payload: Buffer;
  readonly mask: number;
}

function bytesOf({ first, payload, mask }: Frame): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 0xff];
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (key[at & 3] ?? 0)));
  return Buffer.concat([Buffer.from([first, ...size]), key, masked]);
}

const mask = fc.oneof(fc.constant(0), fc.nat(0xffffffff));
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('zwölf ✓ 👋', '\ufffd', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(9999)),
);
const whole = text.map((said) => [{ first: 0x81, payload: Buffer.from(said) }]);
const frames = fc.oneof(
  { arbitrary: whole, weight: 5 },
  // In two parts, with a ping between.
  fc.tuple(text, text).map(([one, two]) => [
    { first: 0x01, payload: Buffer.from(one) },
    { first: 0x89, payload: Buffer.from('?') },
    { first: 0x80, payload: Buffer.from(two) },
  ]),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => [{ first: 0x82, payload: Buffer.from(bytes) }]),
  // Mostly no UTF-8, which ends everything.
  fc.uint8Array({ maxLength: 9 }).map((bytes) => [{ first: 0x81, payload: Buffer.from(bytes) }]),
  fc.constantFrom(0x8a, 0x88, 0xc1, 0x80, 0x83, 0x01).map((first) => [{ first, payload: Buffer.alloc(0) }]),
);
const conversation = fc.array(fc.tuple(frames, mask), { maxLength: 6 });
const cuts = fc.option(fc.array(fc.nat(40), { minLength: 1, maxLength: 9 }), { nil: null });

/** Each frame by itself, or all of them in pieces. */
function pieces(said: readonly Buffer[], sizes: readonly number[] | null): Buffer[] {
  if (!sizes) return said.map((frame) => Buffer.from(frame));
  let rest = Buffer.concat(said);
  const cut: Buffer[] = [];
  for (const size of sizes) {
    cut.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return [...cut, rest].map((piece) => Buffer.from(piece));
}

async function heard(chunks: readonly Buffer[], short: boolean): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const receiver = new Receiver({ isServer: true, maxPayload: 1 << 18 });
  receiver.on('message', (data: Buffer, binary: boolean) => told.push(binary ? data : data.toString()));
  for (const event of ['ping', 'pong', 'conclude'] as const) receiver.on(event, () => told.push(event));
  let failed = false;
  receiver.on('error', (error) => {
    failed = true;
    told.push(error.message);
  });
  if (short) takeShortcut({ _receiver: receiver } as unknown as WebSocket, { hear: (said) => told.push(said) });
  for (const chunk of chunks) {
    // As the library does: after the end nothing is read.
    if (failed || !receiver.writable) break;
    receiver.write(chunk);
    await new Promise(setImmediate);
  }
  return told;
}

describe('the shortcut of whole messages', () => {
  it('tells the same as the library, however the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, cuts, async (said, sizes) => {
        const all = said.flatMap(([some, key]) => some.map((frame) => bytesOf({ ...frame, mask: key })));
        expect(await heard(pieces(all, sizes), true)).toEqual(await heard(pieces(all, sizes), false));
      }),
      { numRuns: 500 },
    );
  });

  it('is not taken for what only looks like a message, inside of one', async () => {
    const inner = bytesOf({ first: 0x81, payload: Buffer.from('inside'), mask: 0 });
    const outer = bytesOf({ first: 0x82, payload: inner, mask: 0 });
    const head = outer.length - inner.length;
    for (const sizes of [[head], [head - 1, 1], [head + 1]])
      expect(await heard(pieces([outer], sizes), true)).toEqual([inner]);
  });

  it('leaves the bytes as they were where it does not take them', () => {
    const frame = bytesOf({ first: 0x81, payload: Buffer.from([0x61, 0x62, 0xff, 0x63]), mask: 0x12345678 });
    const before = Buffer.from(frame);
    expect(endOfText(frame, 0)).toBe(frame.length);
    expect(textIn(frame, 0, frame.length)).toBeNull();
    expect(frame).toEqual(before);
  });

  it('is taken for several messages that come in one piece, up to what somebody has to look at', async () => {
    const say = (said: string) => bytesOf({ first: 0x81, payload: Buffer.from(said), mask: 0x12345678 });
    const told: string[] = [];
    const receiver = new Receiver({ isServer: true, maxPayload: 1 << 18 });
    receiver.on('message', (data: Buffer) => told.push(`library: ${data.toString()}`));
    takeShortcut({ _receiver: receiver } as unknown as WebSocket, { hear: (said) => told.push(said) });
    const ping = bytesOf({ first: 0x89, payload: Buffer.alloc(0), mask: 0 });
    receiver.write(Buffer.concat([say('first'), say('second'), ping, say('third'), say('fourth').subarray(0, 9)]));
    receiver.write(say('fourth').subarray(9));
    await new Promise(setImmediate);
    receiver.write(say('fifth'));
    expect(told).toEqual(['first', 'second', 'library: third', 'library: fourth', 'fifth']);
  });

  let server: WebSocketServer;
  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  it('is taken: the library still has what it needs', async () => {
    const connected = once(server, 'connection') as Promise<[WebSocket]>;
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [ours] = await connected;
    const told: string[] = [];
    ours.on('message', (data: Buffer) => told.push(`library: ${data.toString()}`));
    const hearer = { hear: (said: string) => void told.push(said) };
    takeShortcut(ours, hearer);
    if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
    client.send('hello there');
    await vi.waitFor(() => expect(told).toEqual(['hello there']));
    client.ping();
    await once(client, 'pong');
    client.send('the end');
    await vi.waitFor(() => expect(told).toEqual(['hello there', 'the end']));
    client.close(1000);
    const [code] = (await once(ours, 'close')) as [number];
    expect(code).toBe(1000);
  });
});
