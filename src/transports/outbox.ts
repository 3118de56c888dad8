import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.js';
import { writeAtTheEnd } from '../kernel/turn.js';
import { Chunks } from './chunk.js';
import { type Descriptor, descriptorOf, NONE, writeNow } from './descriptor.js';
import { frameSize, type Message } from './frame.js';

/** Written at once; below the socket's own high-water mark, so that a full write tells the truth about the peer. */
const CHUNK_BYTES = 48 * 1024;
/** Of answers that wait for a peer that does not take what was written. One more, however large, is let in. */
export const WAITING_BYTES_MAX = 256 * 1024;
const NOWHERE = -1;

/** Somebody who keeps the newest of what it has to say while the peer takes nothing. */
export interface Patient {
  /** The peer takes messages again: puts what waits, up to about `bytes`. False when something is left. */
  resume(bytes: number): boolean;
}

/**
 * The way out of one WebSocket. What is put in one turn of the event loop is written in one go, straight to the system
 * and around the library: with compression off, one frame is one piece of bytes and cannot interleave with its own. Only
 * what the system does not take at once goes to the socket's stream, and what comes then goes after it.
 */
export class Outbox {
  /** Where in `said` the first message of this turn is. */
  private place = NOWHERE;
  private heldSince: number | null = null;
  private closed = false;
  /** That message and those put after it, or what waits for the peer. Null: there is one at most, as nearly always. */
  private queue: Message[] | null = null;
  private waitingBytes = 0;
  /** Null while nobody waits, which is nearly always. */
  private patients: Set<Patient> | null = null;
  private readonly descriptor: Descriptor;

  constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
    /** The peer has let more wait than may be. */
    private readonly overflow: () => void,
    /** The peer has taken everything: somebody is there. */
    private readonly drained: () => void,
  ) {
    this.descriptor = descriptorOf(socket);
    socket.on('drain', () => this.resume());
  }

  /** The peer does not take what was written. Put answers only, and `wait` with what may be replaced. */
  get held(): boolean {
    return this.heldSince !== null;
  }

  get stuckSince(): number | null {
    return this.heldSince;
  }

  get queuedBytes(): number {
    return sum(this.queue, frameSize) + this.socket.writableLength;
  }

  put(message: Message): void {
    if (this.closed) return;
    if (this.held) {
      if (this.waitingBytes > WAITING_BYTES_MAX) return this.overflow();
      this.waitingBytes += answerSize(message);
    } else if (this.place === NOWHERE) {
      this.place = writeLater(this, message);
      return;
    }
    this.gathered().push(message);
  }

  /**
   * As `put`, of a message that others are given too. `last`: its source has nothing more to say in this turn, so that
   * nothing is gained by waiting for the end of it.
   */
  deliver(head: Buffer, body: Buffer, last: boolean): void {
    if (!last || this.place !== NOWHERE || this.held || this.closed) return this.put({ head, body });
    this.send(chunks.ofOne(head, body));
  }

  /** The turn of the event loop is over; `first` is what was put first in it, and lies at `place`. */
  endOfTurn(place: number, first: Message): void {
    // Written before its turn, or not written any more.
    if (this.place !== place) return;
    if (this.queue !== null || (first.head === null && !first.framed)) return this.flush();
    this.place = NOWHERE;
    this.send(first.head === null ? first.body : chunks.ofOne(first.head, first.body));
  }

  /** Calls back when the peer takes messages again. */
  wait(patient: Patient): void {
    if (!this.closed) (this.patients ??= new Set()).add(patient);
  }

  forget(patient: Patient): void {
    this.patients?.delete(patient);
  }

  /** Writes what can be written now and takes nothing more; a goodbye may follow. */
  close(): void {
    this.flush();
    this.closed = true;
    this.queue = null;
    this.patients = null;
  }

  private flush(): void {
    const queue = this.gathered();
    this.place = NOWHERE;
    if (this.closed || !this.socket.writable) return;
    let sent = 0;
    while (sent < queue.length && !this.held) sent = this.write(queue, sent);
    this.queue = sent === queue.length ? null : queue.slice(sent);
  }

  /** Everything that was put and not written. */
  private gathered(): Message[] {
    if (this.queue === null) {
      const first = this.place === NOWHERE ? undefined : said[this.place];
      this.queue = first ? [first.message] : [];
    }
    return this.queue;
  }

  /** Writes about one chunk of the queue, beginning at `first`; answers the first message that is left. */
  private write(queue: readonly Message[], first: number): number {
    let bytes = 0;
    let next = first;
    for (let message = queue[next]; message; message = queue[next]) {
      bytes += frameSize(message);
      if (next > first && bytes > CHUNK_BYTES) break;
      next += 1;
    }
    this.send(chunks.of(next - first === queue.length ? queue : queue.slice(first, next)));
    return next;
  }

  private send(chunk: Buffer): void {
    const { socket, descriptor } = this;
    // Of one that is gone the descriptor may be another's by now.
    if (!socket.writable) return;
    const mayOvertake = descriptor !== NONE && socket.writableLength === 0;
    const taken = mayOvertake ? writeNow(descriptor, chunk) : 0;
    if (taken === chunk.length) return;
    if (!socket.write(taken === 0 ? chunk : chunk.subarray(taken))) this.heldSince = this.clock.monotonic();
    // What the system did not take at once is read by the socket later.
    if (socket.writableLength > 0) chunks.cede();
  }

  private resume(): void {
    this.heldSince = null;
    this.drained();
    this.flush();
    for (let patient = this.next(); patient && !this.held; patient = this.next()) {
      if (patient.resume(CHUNK_BYTES)) this.patients?.delete(patient);
      this.flush();
    }
    this.waitingBytes = sum(this.queue, answerSize);
  }

  private next(): Patient | undefined {
    return this.patients?.values().next().value;
  }
}

const chunks = new Chunks();

/** The first thing said to each in this turn: nearly always the only one, and this list is all that keeps it. */
let said: { readonly outbox: Outbox; readonly message: Message }[] = [];

/** One look at all that have something to write: a callback for each of thousands would cost more than its work. */
function writeLater(outbox: Outbox, message: Message): number {
  const place = said.push({ outbox, message }) - 1;
  if (place === 0) writeAtTheEnd(writeAll);
  return place;
}

function writeAll(): void {
  // Those too that are added meanwhile.
  for (let place = 0; place < said.length; place += 1) {
    const one = said[place];
    if (one) one.outbox.endOfTurn(place, one.message);
  }
  said = [];
}

function sum(messages: readonly Message[] | null, sizeOf: (message: Message) => number): number {
  return messages === null ? 0 : messages.reduce((size, message) => size + sizeOf(message), 0);
}

/** What many share waits at no cost of the one who is slow. */
function answerSize(message: Message): number {
  return message.head === null ? frameSize(message) : 0;
}
