import { useSyncExternalStore } from 'react';

export interface Message {
  readonly id: number;
  readonly from: string;
  readonly text: string;
}

/** The conversation that everybody in a new directory is in. */
export const LOBBY = 'lobby';

const KEPT_MAX = 30;

let messages: readonly Message[] = [];
let count = 0;
const listeners = new Set<() => void>();

/** Messages between the panes of this page. A real app has a service of its own for them. */
export function useMessages(): readonly Message[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
  );
}

export function send(from: string, text: string): void {
  count += 1;
  messages = [...messages, { id: count, from, text }].slice(-KEPT_MAX);
  for (const listener of listeners) listener();
}
