import { Injectable } from '@nestjs/common';

import type { Caller } from './caller.js';

type ClosedListener = (connectionId: string, userId: string) => void;
type ActedListener = (caller: Caller) => void;

/** What features tell each other about live connections of this instance, whether or not they count for presence. */
@Injectable()
export class Connections {
  private readonly closedListeners = new Set<ClosedListener>();
  private readonly actedListeners = new Set<ActedListener>();

  /** A connection has ended. Called once each. */
  closed(connectionId: string, userId: string): void {
    for (const listener of this.closedListeners) listener(connectionId, userId);
  }

  onClosed(listener: ClosedListener): void {
    this.closedListeners.add(listener);
  }

  /** The caller did something that counts as activity. */
  acted(caller: Caller): void {
    for (const listener of this.actedListeners) listener(caller);
  }

  onActed(listener: ActedListener): void {
    this.actedListeners.add(listener);
  }
}
