export type Stop = () => void;

/** A value that can be read and listened to, in the shape of React's `useSyncExternalStore`. */
export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly get = (): T => this.value;

  readonly subscribe = (listener: () => void): Stop => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  /** Changes some fields of an object; listeners hear of it only when one of them differs. */
  patch(fields: Partial<T>): void {
    const changed = (Object.keys(fields) as (keyof T)[]).some((key) => !Object.is(fields[key], this.value[key]));
    if (changed) this.set({ ...this.value, ...fields });
  }
}
