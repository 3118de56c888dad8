import type { Clock } from '../../kernel/clock.js';
import type { Channels } from './channels.js';

/** One subscription for each id in use, kept a while after its last use: who flaps costs nothing. */
export class Listening {
  private readonly open = new Map<string, Promise<number>>();
  /** Of those: nothing about them can be missed any more. */
  private readonly granted = new Set<string>();
  /** Id -> since when nobody uses it; monotonic. */
  private readonly idle = new Map<string, number>();

  constructor(
    private readonly channels: Channels,
    private readonly clock: Clock,
    private readonly lingerMs: number,
    private readonly channelOf: (id: string) => string,
    private readonly heard: (id: string, payload: unknown) => void,
  ) {}

  /** Resolves when nothing about them can be missed any more. */
  async begin(ids: readonly string[]): Promise<void> {
    const others = ids.filter((id) => !this.granted.has(id));
    if (others.length === 0) return;
    await this.channels.within(Promise.all([...new Set(others)].map((id) => this.open.get(id) ?? this.beginOne(id))));
  }

  end(ids: readonly string[]): void {
    for (const id of ids) this.idle.set(id, this.clock.monotonic());
  }

  sweep(isUsed: (id: string) => boolean): void {
    const since = this.clock.monotonic() - this.lingerMs;
    for (const [id, at] of this.idle) {
      // The oldest come first.
      if (at > since) return;
      this.idle.delete(id);
      if (!isUsed(id)) this.close(id);
    }
  }

  private beginOne(id: string): Promise<number> {
    const subscription = this.channels.subscribe(this.channelOf(id), (payload) => this.heard(id, payload));
    this.open.set(id, subscription);
    subscription.then(
      () => {
        if (this.open.get(id) === subscription) this.granted.add(id);
      },
      () => {
        if (this.open.get(id) === subscription) this.open.delete(id);
      },
    );
    return subscription;
  }

  private close(id: string): void {
    const subscription = this.open.get(id);
    this.open.delete(id);
    this.granted.delete(id);
    subscription?.then(
      (number) => this.channels.unsubscribe(number),
      () => undefined,
    );
  }
}
