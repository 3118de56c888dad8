import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.js';
import { writeAtTheEnd } from '../kernel/turn.js';
import { Chunks } from './chunk.js';
import { frameSize, type Message } from './frame.js';

/** Written at once; below the socket's own high-water mark, so that a full write tells the truth about the peer. */
const CHUNK_BYTES = 48 * 1024;
/** Of answers that wait for a peer that does not take what was written. One more, however large, is let in. */
export const WAITING_BYTES_MAX = 256 * 1024;

/** Somebody who keeps the newest of what it has to say while the peer takes nothing. */
export interface Patient {
  /** The peer takes messages again: puts what waits, up to about `bytes`. False when something is left. */
  resume(bytes: number): boolean;
}

/**
 * The way out of one WebSocket. What is put in one turn of the event loop is written in one go, straight to the socket
 * and around the library: with compression off, one frame is one piece of bytes and cannot interleave with its own.
 */
export class Outbox {
  private queue: Message[] = [];
  private waitingBytes = 0;
  private flushing = false;
  private heldSince: number | null = null;
  private closed = false;
  /** Null while nobody waits, which is nearly always. */
  private patients: Set<Patient> | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
    /** The peer has let more wait than may be. */
    private readonly overflow: () => void,
    /** The peer has taken everything: somebody is there. */
    private readonly drained: () => void,
  ) {
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
    return this.queue.reduce((sum, message) => sum + frameSize(message), this.socket.writableLength);
  }

  put(message: Message): void {
    if (this.closed) return;
    if (this.held) {
      if (this.waitingBytes > WAITING_BYTES_MAX) return this.overflow();
      this.waitingBytes += answerSize(message);
    }
    this.queue.push(message);
    if (this.flushing || this.held) return;
    this.flushing = true;
    flushAtTheEnd(this);
  }

  /**
   * As `put`, of a message that others are given too. `last`: its source has nothing more to say in this turn, so that
   * nothing is gained by waiting for the end of it.
   */
  deliver(head: Buffer, body: Buffer, last: boolean): void {
    if (!last || this.queue.length > 0 || this.held || this.closed) return this.put({ head, body });
    if (this.socket.writable) this.send(chunks.ofOne(head, body));
  }

  /** The turn of the event loop is over. */
  endOfTurn(): void {
    this.flushing = false;
    this.flush();
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
    this.queue = [];
    this.patients = null;
  }

  private flush(): void {
    if (this.closed || !this.socket.writable) return;
    let sent = 0;
    while (sent < this.queue.length && !this.held) sent = this.write(sent);
    this.queue = sent === this.queue.length ? [] : this.queue.slice(sent);
  }

  /** Writes about one chunk of the queue, beginning at `first`; answers the first message that is left. */
  private write(first: number): number {
    let bytes = 0;
    let next = first;
    for (let message = this.queue[next]; message; message = this.queue[next]) {
      bytes += frameSize(message);
      if (next > first && bytes > CHUNK_BYTES) break;
      next += 1;
    }
    const some = next - first === this.queue.length ? this.queue : this.queue.slice(first, next);
    this.send(chunks.of(some));
    return next;
  }

  private send(chunk: Buffer): void {
    if (!this.socket.write(chunk)) this.heldSince = this.clock.monotonic();
    // What the system did not take at once is read by the socket later.
    if (this.socket.writableLength > 0) chunks.cede();
  }

  private resume(): void {
    this.heldSince = null;
    this.drained();
    this.flush();
    for (let patient = this.next(); patient && !this.held; patient = this.next()) {
      if (patient.resume(CHUNK_BYTES)) this.patients?.delete(patient);
      this.flush();
    }
    this.waitingBytes = this.queue.reduce((sum, message) => sum + answerSize(message), 0);
  }

  private next(): Patient | undefined {
    return this.patients?.values().next().value;
  }
}

const chunks = new Chunks();

let ready: Outbox[] = [];

/** One look at all that have something to write: a callback for each of thousands would cost more than its work. */
function flushAtTheEnd(outbox: Outbox): void {
  if (ready.push(outbox) === 1) writeAtTheEnd(flushAll);
}

function flushAll(): void {
  const all = ready;
  ready = [];
  for (const one of all) one.endOfTurn();
}

/** What many share waits at no cost of the one who is slow. */
function answerSize(message: Message): number {
  return message.head === null ? frameSize(message) : 0;
}
