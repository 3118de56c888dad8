/**
 * What was asked for lately, at most `max` entries, and never less than the half of it that was used last. In two
 * generations: what is used moves to the younger one, and when that is half of all, the older one goes. To find what was
 * used a moment ago costs one look into a map; an exact order of use would have to be written with every look.
 */
export class Recent<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private readonly half: number;

  constructor(
    max: number,
    /** Told of what went because others were used later. */
    private readonly onGone: ((value: V) => void) | null = null,
  ) {
    this.half = Math.max(1, Math.floor(max / 2));
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): V | undefined {
    const value = this.young.get(key);
    return value === undefined && this.old.size > 0 ? this.revive(key) : value;
  }

  has(key: string): boolean {
    return this.young.has(key) || this.old.has(key);
  }

  set(key: string, value: V): void {
    this.old.delete(key);
    this.young.set(key, value);
    if (this.young.size >= this.half) this.age();
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young = new Map();
    this.old = new Map();
  }

  private revive(key: string): V | undefined {
    const value = this.old.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  private age(): void {
    const gone = this.old;
    this.old = this.young;
    this.young = new Map();
    if (this.onGone) for (const value of gone.values()) this.onGone(value);
  }
}
