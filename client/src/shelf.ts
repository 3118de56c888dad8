const KEPT_MAX = 100;

/** One object for each name. Those that nobody uses are thrown away once there are many. */
export class Shelf<T extends { readonly idle: boolean }> {
  private readonly items = new Map<string, T>();

  constructor(private readonly make: (name: string) => T) {}

  get(name: string): T {
    const found = this.items.get(name);
    if (found) return found;
    if (this.items.size >= KEPT_MAX) this.clear();
    const made = this.make(name);
    this.items.set(name, made);
    return made;
  }

  all(): readonly T[] {
    return [...this.items.values()];
  }

  private clear(): void {
    for (const [name, item] of this.items) if (item.idle) this.items.delete(name);
  }
}
