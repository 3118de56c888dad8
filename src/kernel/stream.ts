/** Where a wire that keeps a queue of its own takes views, around the iterator. */
export interface Sink<V> {
  /** `last`: in this turn of the event loop the same source has nothing more to say to anybody. */
  next(view: V, last: boolean): void;
  /** The stream has ended; with `error` when it was refused while it ran. Called once. */
  end(error?: Error): void;
}

export interface StreamOptions<V> {
  /** Views with the same key replace each other while they wait for a slow reader; the last one wins. */
  readonly keyOf: (view: V) => string;
  /** Released exactly once, however the stream ends. */
  readonly onClose: () => void;
}

/**
 * One live stream of views that are already redacted. Either iterated (`for await`) or given a sink; never both.
 * Not an async generator: `return()` on one that waits does nothing until its next event. While nobody takes what
 * arrives, at most one view a key waits, so the queue is bounded by the number of keys.
 */
export class Stream<V> implements AsyncIterableIterator<V> {
  /** Null while nothing waits. */
  private waiting: Map<string, V> | null = null;
  private sink: Sink<V> | null = null;
  private reader: { resolve: (result: IteratorResult<V>) => void; reject: (error: Error) => void } | null = null;
  private ended = false;
  private error: Error | undefined;
  private released = false;

  constructor(private readonly options: StreamOptions<V>) {}

  get closed(): boolean {
    return this.ended;
  }

  /** Views with the same key replace each other for a sink that lets them wait, too. */
  keyOf(view: V): string {
    return this.options.keyOf(view);
  }

  push(view: V, last = false): void {
    if (this.ended) return;
    if (this.sink) return this.sink.next(view, last);
    if (this.reader) {
      const { resolve } = this.reader;
      this.reader = null;
      return resolve({ done: false, value: view });
    }
    const key = this.options.keyOf(view);
    this.waiting ??= new Map();
    // Deleted first, so that the order of what waits is the order of the last changes.
    this.waiting.delete(key);
    this.waiting.set(key, view);
  }

  /** Ends the stream from the side that feeds it; what waits is still read. With `error` the reader is refused. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.release();
    this.sink?.end(error);
    if (this.reader) {
      const { resolve, reject } = this.reader;
      this.reader = null;
      if (error) {
        this.error = undefined;
        reject(error);
      } else resolve({ done: true, value: undefined });
    }
  }

  /** From now on every view goes to the sink at once, first those that wait. */
  drainTo(sink: Sink<V>): void {
    this.sink = sink;
    const waiting = this.waiting;
    this.waiting = null;
    for (const view of waiting?.values() ?? []) sink.next(view, false);
    if (this.ended) sink.end(this.error);
  }

  next(): Promise<IteratorResult<V>> {
    const [first] = this.waiting ?? [];
    if (first) {
      this.waiting?.delete(first[0]);
      return Promise.resolve({ done: false, value: first[1] });
    }
    if (this.ended) {
      const error = this.error;
      this.error = undefined;
      return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  /** The reader leaves: nothing more is delivered. */
  return(): Promise<IteratorResult<V>> {
    this.waiting = null;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: Error): Promise<IteratorResult<V>> {
    this.waiting = null;
    this.end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private release(): void {
    if (this.released) return;
    this.released = true;
    this.options.onClose();
  }
}
