import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SystemClock } from '../../src/kernel/clock.js';
import { descriptorOf, NONE, writeNow } from '../../src/transports/descriptor.js';
import { Outbox, type Patient, WAITING_BYTES_MAX } from '../../src/transports/outbox.js';

vi.mock('../../src/transports/descriptor.js', { spy: true });
const written = vi.mocked(writeNow);

let server: Server;
let peer: WebSocket;
let outbox: Outbox;
let socket: Socket;
let heard: string[];
let overflows: number;

beforeEach(async () => {
  const wss = new WebSocketServer({ noServer: true });
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  heard = [];
  overflows = 0;
  written.mockClear();
  server.once('upgrade', (request, raw: Socket, head) => {
    wss.handleUpgrade(request, raw, head, () => {});
    socket = raw;
    outbox = new Outbox(
      raw,
      new SystemClock(),
      () => (overflows += 1),
      () => {},
    );
  });
  peer = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  peer.on('message', (data: Buffer) => heard.push(data.toString()));
  await once(peer, 'open');
});
afterEach(() => {
  peer.terminate();
  server.close();
});

const answer = (text: string) => outbox.put({ head: null, body: Buffer.from(text) });

const headFor = (id: string) => Buffer.from(`{"id":"${id}","payload":`);

/** Fills everything between us and a peer that does not read. */
async function stuff(): Promise<void> {
  peer.pause();
  while (!outbox.held) {
    answer('x'.repeat(1 << 20));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
}

/** Keeps the newest of what it has to say. */
class Newest implements Patient {
  readonly waiting = new Map<string, string>();

  resume(bytes: number): boolean {
    let left = bytes;
    for (const [key, text] of this.waiting) {
      if (left <= 0) return false;
      this.waiting.delete(key);
      left -= text.length;
      outbox.put({ head: Buffer.from(`{"${key}":`), body: Buffer.from(JSON.stringify(text)) });
    }
    return true;
  }
}

describe('what is said to one socket', () => {
  it('arrives whole and in order, whatever its length', async () => {
    const lengths = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537, 300_000, 3];
    for (const length of lengths) answer('ü'.repeat(length / 2) + 'x'.repeat(length % 2));
    outbox.put({ head: Buffer.from('{"id":"1","payload":'), body: Buffer.from('{"a":1}') });
    await vi.waitFor(() => expect(heard).toHaveLength(lengths.length + 1));
    expect(heard.slice(0, -1).map((text) => Buffer.byteLength(text))).toEqual(lengths);
    expect(heard.at(-1)).toBe('{"id":"1","payload":{"a":1}}');
  });

  it('is written at once for all of one turn', async () => {
    for (let i = 0; i < 20; i += 1) answer(`message ${i}`);
    await vi.waitFor(() => expect(heard).toHaveLength(20));
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('is written at once where nothing more comes in this turn, to each under its own name', async () => {
    const ids = ['1', '2', 'a longer one', '3', '4'];
    for (const id of ids) outbox.deliver(headFor(id), Buffer.from('{"a":1}'), true);
    expect(written).toHaveBeenCalledTimes(ids.length);
    const shared = Buffer.from('{"b":2}');
    for (const id of ids) outbox.deliver(headFor(id), shared, true);
    await vi.waitFor(() => expect(heard).toHaveLength(2 * ids.length));
    const expected = ['{"a":1}', '{"b":2}'].flatMap((body) => ids.map((id) => `{"id":"${id}","payload":${body}}`));
    expect(heard).toEqual(expected);
  });

  it('is never written before what was said earlier', async () => {
    answer('first');
    outbox.deliver(headFor('1'), Buffer.from('2'), false);
    outbox.deliver(headFor('1'), Buffer.from('3'), true);
    expect(written).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(heard).toEqual(['first', '{"id":"1","payload":2}', '{"id":"1","payload":3}']));
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('stays as it was for somebody who reads late, whatever others are told meanwhile', async () => {
    await stuff();
    const before = heard.length;
    for (const id of ['1', '2', '3']) outbox.deliver(headFor(id), Buffer.from('{"a":1}'), true);
    peer.resume();
    await vi.waitFor(() => expect(heard.at(-1)).toBe('{"id":"3","payload":{"a":1}}'), { timeout: 10_000 });
    expect(heard.slice(before).filter((text) => text.startsWith('{"id"'))).toHaveLength(3);
  });

  it('is whole and in order where the system takes a part of it', async () => {
    const body = Buffer.from(JSON.stringify('x'.repeat(9_999)));
    peer.pause();
    let said = 0;
    while (!outbox.held) outbox.deliver(headFor(String(100_000 + said++)), body, true);
    const parts = written.mock.results.filter((result, i) => result.value !== written.mock.calls[i]?.[1].length);
    expect(parts).toHaveLength(1);
    expect(written.mock.calls.length).toBeLessThan(said);
    peer.resume();
    await vi.waitFor(() => expect(heard).toHaveLength(said), { timeout: 10_000 });
    expect(heard).toEqual(heard.map((_, n) => `{"id":"${100_000 + n}","payload":${body.toString()}}`));
  });

  it('is never said to whoever has the number of a connection that is gone', async () => {
    const number = descriptorOf(socket);
    expect(number).not.toBe(NONE);
    socket.destroy();
    await once(peer, 'close');
    const others: string[] = [];
    const accepted = once(server, 'connection');
    const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
    other.on('data', (data) => others.push(data.toString()));
    const [raw] = (await accepted) as [Socket];
    expect(descriptorOf(raw)).toBe(number);
    outbox.deliver(headFor('1'), Buffer.from('{"a":1}'), true);
    answer('anybody there?');
    await new Promise(setImmediate);
    outbox.close();
    raw.end('hello');
    await once(other, 'close');
    expect(others).toEqual(['hello']);
  });

  it('goes through the stream where something changes the bytes on their way', () => {
    expect(descriptorOf(new TLSSocket(socket))).toBe(NONE);
  });

  it('waits for somebody who does not read, the newest of each thing only', async () => {
    await stuff();
    expect(outbox.stuckSince).not.toBeNull();
    const newest = new Newest();
    for (let i = 0; i < 50_000; i += 1) newest.waiting.set(`k${i % 300}`, `${'y'.repeat(500)}${i}`);
    outbox.wait(newest);
    peer.resume();
    const late = () => heard.filter((text) => text.startsWith('{"k'));
    await vi.waitFor(() => expect(late()).toHaveLength(300), { timeout: 10_000 });
    expect(late().filter((text) => !/y49[789]\d\d"}$/.test(text))).toEqual([]);
    expect(outbox.held).toBe(false);
    expect(overflows).toBe(0);
  });

  it('is too much for somebody who does not read when a quarter of a megabyte of answers waits', async () => {
    await stuff();
    const one = 'z'.repeat(1024);
    let said = 0;
    while (overflows === 0 && said * 1024 < 2 * WAITING_BYTES_MAX) {
      answer(one);
      said += 1;
    }
    expect(said * 1024).toBeGreaterThan(WAITING_BYTES_MAX - 2048);
    expect(said * 1024).toBeLessThan(WAITING_BYTES_MAX + 4096);
  });

  it('is counted until it is taken', async () => {
    expect(outbox.queuedBytes).toBe(0);
    await stuff();
    const before = outbox.queuedBytes;
    expect(before).toBeGreaterThan(0);
    answer('z'.repeat(1000));
    expect(outbox.queuedBytes).toBeGreaterThanOrEqual(before + 1000);
    peer.resume();
    await vi.waitFor(() => expect(outbox.queuedBytes).toBe(0), { timeout: 10_000 });
  });

  it('ends with what was said before the goodbye', async () => {
    answer('last words');
    outbox.close();
    answer('never said');
    socket.end();
    await once(peer, 'close');
    expect(heard).toEqual(['last words']);
  });
});
