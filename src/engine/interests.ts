import type { Stop } from './engine.js';

/** Who is watched how many times, and the one listener of this process. */
export class Interests<L> {
  private readonly counts = new Map<string, number>();
  private listener: L | null = null;

  /** Answers the ids that nobody had watched before. */
  add(ids: readonly string[]): readonly string[] {
    const fresh = new Set(ids.filter((id) => !this.counts.has(id)));
    for (const id of ids) this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    return [...fresh];
  }

  /** Answers the ids that nobody watches any more. */
  remove(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => {
      const count = this.counts.get(id) ?? 0;
      if (count > 1) this.counts.set(id, count - 1);
      return count === 1 && this.counts.delete(id);
    });
  }

  has(id: string): boolean {
    return this.counts.has(id);
  }

  listen(listener: L): Stop {
    this.listener = listener;
    return () => {
      if (this.listener === listener) this.listener = null;
    };
  }

  tell(id: string, call: (listener: L) => void): void {
    if (this.listener !== null && this.counts.has(id)) call(this.listener);
  }
}
