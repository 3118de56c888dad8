import type { ExecutionResult } from 'graphql';
import type { Stream } from '../../kernel/stream.js';
import type { Outbox, Patient } from '../outbox.js';
import type { Group } from './groups.js';

type Done = IteratorReturnResult<undefined>;

const DONE: Done = { done: true, value: undefined };

/**
 * One live subscription of a socket. Views go from the stream to the outbox in the moment they come, as bytes that the
 * whole group shares. The protocol library is given an iterator that never yields anything: it only ends, or fails
 * with what the client has to be told.
 */
export class Delivery implements AsyncIterableIterator<ExecutionResult, undefined>, Patient {
  private readonly head: Buffer;
  /** The newest view of each key, while the peer takes nothing. */
  private readonly waiting = new Map<string, object>();
  private readonly ended: Promise<Done>;
  private resolve: (done: Done) => void = () => {};
  private reject: (error: Error) => void = () => {};
  private over = false;

  constructor(
    id: string,
    private readonly stream: Stream<object>,
    private readonly group: Group,
    private readonly outbox: Outbox,
    /** Called once, however it ends. */
    private readonly onOver: (delivery: Delivery) => void,
  ) {
    this.head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A failure that nobody waits for any more is of no interest.
    this.ended.catch(() => {});
  }

  /** From now on views are sent. Apart from the constructor: a stream may end at once. */
  begin(): this {
    this.stream.drainTo({ next: (view) => this.take(view), end: (error) => this.finish(error) });
    return this;
  }

  next(): Promise<Done> {
    return this.ended;
  }

  /** The client, or the end of its socket, wants no more: what waits is dropped. */
  return(): Promise<Done> {
    this.waiting.clear();
    this.finish();
    void this.stream.return();
    return this.ended;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  resume(bytes: number): boolean {
    let left = bytes;
    for (const [key, view] of this.waiting) {
      if (left <= 0) return false;
      this.waiting.delete(key);
      left -= this.put(view);
    }
    return true;
  }

  private take(view: object): void {
    if (this.over) return;
    if (!this.outbox.held) return void this.put(view);
    const key = this.stream.keyOf(view);
    // Deleted first, so that what waits stays in the order of the last changes.
    this.waiting.delete(key);
    this.waiting.set(key, view);
    this.outbox.wait(this);
  }

  private put(view: object): number {
    const body = this.group.payload(view);
    this.outbox.put({ head: this.head, body });
    return this.head.length + body.length;
  }

  private finish(error?: Error): void {
    if (this.over) return;
    // What the stream still gave comes before the word that it is over.
    this.resume(Infinity);
    this.over = true;
    this.outbox.forget(this);
    if (error) this.reject(error);
    else this.resolve(DONE);
    this.onOver(this);
  }
}
