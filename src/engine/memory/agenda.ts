/**
 * Ids by the time at which each has to be looked at again. Looking too early is harmless, so a later time never
 * replaces an earlier one, and nothing waits longer than HORIZON_MS: outdated entries cannot pile up.
 */
export class Agenda {
  private readonly heap: { readonly id: string; readonly at: number }[] = [];
  private readonly next = new Map<string, number>();

  /** Looks at `id` at `at` or earlier. Milliseconds of the caller's clock; null: nothing to look at. */
  put(id: string, at: number | null, now: number): void {
    if (at === null) return;
    const due = Math.min(at, now + HORIZON_MS);
    if ((this.next.get(id) ?? Infinity) <= due) return;
    this.next.set(id, due);
    this.heap.push({ id, at: due });
    this.rise(this.heap.length - 1);
  }

  /** Takes out one id that is due, or null. */
  take(now: number): string | null {
    for (let first = this.heap[0]; first !== undefined && first.at <= now; first = this.heap[0]) {
      this.dropFirst();
      if (this.next.get(first.id) !== first.at) continue;
      this.next.delete(first.id);
      return first.id;
    }
    return null;
  }

  drop(id: string): void {
    this.next.delete(id);
  }

  private dropFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.at(parent) <= this.at(at)) return;
      this.swap(parent, at);
      at = parent;
    }
  }

  private sink(index: number): void {
    for (let at = index; ;) {
      const left = 2 * at + 1;
      const least = this.at(left + 1) < this.at(left) ? left + 1 : left;
      if (this.at(least) >= this.at(at)) return;
      this.swap(least, at);
      at = least;
    }
  }

  private at(index: number): number {
    return this.heap[index]?.at ?? Infinity;
  }

  private swap(one: number, other: number): void {
    const entry = this.heap[one];
    const with_ = this.heap[other];
    if (entry === undefined || with_ === undefined) return;
    this.heap[one] = with_;
    this.heap[other] = entry;
  }
}

const HORIZON_MS = 600_000;
