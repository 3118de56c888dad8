import type { Recording } from './recording.js';

/** What a connection hears, for every recording of it. */
export class Ears<E> {
  /** Everything so far: what came before anybody listened, too. */
  readonly early: E[] = [];
  private readonly takers = new Set<(event: E) => void>();

  hear(event: E): void {
    this.early.push(event);
    for (const take of this.takers) take(event);
  }

  /** From now on, until the recording is stopped or the connection has closed. */
  listen<V>(recording: Recording<V>, take: (event: E) => void, closed: Promise<unknown>): Recording<V> {
    this.takers.add(take);
    void closed.then(() => recording.end('CONNECTION LOST'));
    return recording.stopWith(() => this.takers.delete(take));
  }
}
