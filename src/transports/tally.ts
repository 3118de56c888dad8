/** How many there are of each at the moment. Keys without any take no room. */
export class Tally {
  private readonly counts = new Map<string, number>();

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** Counts one more, until what is answered is called; calling that again does nothing. */
  add(key: string): () => void {
    this.counts.set(key, this.of(key) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = this.of(key) - 1;
      if (left > 0) this.counts.set(key, left);
      else this.counts.delete(key);
    };
  }

  clear(): void {
    this.counts.clear();
  }
}
