import type { TypingEvent } from '../engine/engine.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { TypingView } from './typing.types.js';

export function viewOf(event: TypingEvent, user: User): TypingView {
  return {
    conversationId: event.conversationId,
    userId: event.userId,
    user,
    isTyping: event.isTyping,
    expiresAt: event.expiresAt === null ? null : new Date(event.expiresAt),
  };
}

/**
 * What one watch is sent of a typist's state. `allowed`: the viewer may know it. `toldUntil`: the end that the viewer
 * was told last; undefined: that nobody types. A state told already is not told again.
 */
export function sendable(
  event: TypingEvent,
  allowed: boolean,
  toldUntil: number | undefined,
): 'START' | 'STOP' | 'NOTHING' {
  if (event.isTyping && allowed) return toldUntil === event.expiresAt ? 'NOTHING' : 'START';
  // Who has seen it begin sees it end, also when it is hidden in between.
  if (toldUntil !== undefined) return 'STOP';
  // Who came later may know of it from a query.
  return !event.isTyping && allowed ? 'STOP' : 'NOTHING';
}
