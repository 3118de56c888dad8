import type { Sink, Stream } from '../../kernel/stream.js';
import type { Outbox, Patient } from '../outbox.js';
import { slab } from '../slab.js';
import type { Group } from './groups.js';

/**
 * One live subscription of a socket. Views go from the stream to the outbox in the moment they come, as bytes that the
 * whole group shares.
 */
export class Delivery implements Patient, Sink<object> {
  private readonly head: Buffer;
  /** The newest view of each key, while the peer takes nothing. */
  private waiting: Map<string, object> | null = null;
  private ended = false;

  constructor(
    id: string,
    private readonly stream: Stream<object>,
    private readonly group: Group,
    private readonly outbox: Outbox,
    /** Called once, however it ends; with what the client has to be told. */
    private readonly onOver: (error?: Error) => void,
  ) {
    this.head = slab.keep(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
  }

  /** From now on views are sent. Apart from the constructor: a stream may end at once. */
  begin(): void {
    this.stream.drainTo(this);
  }

  /** Nobody wants more: what waits is dropped. */
  stop(): void {
    this.waiting = null;
    this.end();
    void this.stream.return();
  }

  resume(bytes: number): boolean {
    let left = bytes;
    for (const [key, view] of this.waiting ?? []) {
      if (left <= 0) return false;
      this.waiting?.delete(key);
      left -= this.put(view);
    }
    return true;
  }

  next(view: object, last: boolean): void {
    if (this.ended) return;
    if (!this.outbox.held) return this.outbox.deliver(this.head, this.group.payload(view), last);
    const key = this.stream.keyOf(view);
    this.waiting ??= new Map();
    // Deleted first, so that what waits stays in the order of the last changes.
    this.waiting.delete(key);
    this.waiting.set(key, view);
    this.outbox.wait(this);
  }

  end(error?: Error): void {
    if (this.ended) return;
    // What the stream still gave comes before the word that it is over.
    this.resume(Infinity);
    this.ended = true;
    this.outbox.forget(this);
    this.onOver(error);
  }

  private put(view: object): number {
    const body = this.group.payload(view);
    this.outbox.put({ head: this.head, body });
    return this.head.length + body.length;
  }
}
