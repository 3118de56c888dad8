import { Bus } from '../engine.js';
import type { Stop } from '../engine.js';

/** Topics within this process. */
export class MemoryBus extends Bus {
  private readonly topics = new Map<string, Set<(message: string) => void>>();

  publish(topic: string, message: string): Promise<void> {
    for (const listener of [...(this.topics.get(topic) ?? [])]) listener(message);
    return Promise.resolve();
  }

  subscribe(topic: string, listener: (message: string) => void): Promise<Stop> {
    const listeners = this.topics.get(topic) ?? new Set();
    this.topics.set(topic, listeners);
    // Wrapped, so that the same function may listen twice and each is ended on its own.
    const own = (message: string) => listener(message);
    listeners.add(own);
    return Promise.resolve(() => {
      listeners.delete(own);
      if (listeners.size === 0 && this.topics.get(topic) === listeners) this.topics.delete(topic);
    });
  }
}
