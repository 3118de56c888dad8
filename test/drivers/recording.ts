/** One thing that a client was sent, and when by the monotonic clock (milliseconds). */
export interface Recorded<V> {
  readonly view: V;
  readonly at: number;
}

/** What a stream ended with: null when it completed. */
export interface Ended {
  readonly code: string | null;
  readonly at: number;
}

/**
 * Everything one live stream of a client was sent, in order. `next`, `until` and `quiet` read on from where the last
 * of them stopped, so that a test tells the story in the order in which it has to happen.
 */
export class Recording<V> {
  readonly all: Recorded<V>[] = [];
  private read = 0;
  private ending: Ended | null = null;
  private readonly wakers = new Set<() => void>();
  private stop: () => void = () => {};

  /** `what` names the stream in the message of a test that fails. */
  constructor(private readonly what: string) {}

  /** How the client gives the stream up. */
  stopWith(stop: () => void): this {
    this.stop = stop;
    return this;
  }

  record(view: V): void {
    this.all.push({ view, at: performance.now() });
    this.wake();
  }

  end(code: string | null): void {
    this.ending ??= { code, at: performance.now() };
    this.wake();
  }

  get views(): readonly V[] {
    return this.all.map(({ view }) => view);
  }

  /** The very next view, whatever it is. */
  async next(withinMs: number): Promise<Recorded<V>> {
    const found = await this.wait(() => this.all[this.read], withinMs, 'anything');
    this.read += 1;
    return found;
  }

  /** The next view of which `holds` is true; those before it are passed over. */
  until(holds: (view: V) => boolean, withinMs: number): Promise<Recorded<V>> {
    const look = () => {
      const index = this.all.findIndex(({ view }, i) => i >= this.read && holds(view));
      if (index < 0) return undefined;
      this.read = index + 1;
      return this.all[index];
    };
    return this.wait(look, withinMs, String(holds));
  }

  /** The refusal or the end of the stream. */
  ended(withinMs: number): Promise<Ended> {
    return this.wait(() => this.ending ?? undefined, withinMs, 'its end');
  }

  /** Proves that nothing is unread and that nothing comes for so long. */
  async quiet(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const unread = this.all.slice(this.read);
    if (unread.length > 0) throw new Error(`${this.what} was to be silent and heard ${JSON.stringify(unread)}`);
    if (this.ending) throw new Error(`${this.what} was to be silent and ended with ${this.ending.code}`);
  }

  /** What was heard so far is read. */
  skip(): this {
    this.read = this.all.length;
    return this;
  }

  /** The client wants no more. */
  close(): void {
    this.stop();
  }

  private async wait<T>(look: () => T | undefined, withinMs: number, wanted: string): Promise<T> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${this.what} waited ${withinMs} ms for ${wanted}; it heard ${this.story()}`);
      await this.woken(left);
    }
  }

  private woken(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.wakers.add(done);
    });
  }

  private wake(): void {
    for (const waker of [...this.wakers]) waker();
  }

  private story(): string {
    const end = this.ending ? `, and the end ${String(this.ending.code)}` : '';
    return `${this.all.map(({ view }) => JSON.stringify(view)).join('\n  ') || 'nothing'}${end}`;
  }
}
