import type { PresenceView } from '../../presence/presence.types.js';
import type { TypingView } from '../../typing/typing.types.js';
import type { Failure } from '../failures.js';
import { wordOf } from '../words.js';

/** What the server says, as text. `simple` is the form of the oldest clients. */

export function ready(userId: string): string {
  return frame('ready', { user_id: userId });
}

export function error(failure: Failure): string {
  return frame('error', failure);
}

export function userStatus(view: PresenceView): string {
  const { userId, isOnline, lastSeen, since } = view;
  if (isOnline) return frame('user_status', { user_id: userId, status: wordOf(view), timestamp: since?.toISOString() });
  return frame('user_status', {
    user_id: userId,
    status: 'offline',
    ...(lastSeen && { last_seen: lastSeen.toISOString() }),
  });
}

export function simpleStatus({ userId, isOnline }: PresenceView): string {
  return JSON.stringify({ type: isOnline ? 'user_online' : 'user_offline', userId });
}

export function userTyping({ conversationId, userId, user, isTyping }: TypingView): string {
  return frame('user_typing', {
    conversation_id: conversationId,
    user_id: userId,
    username: user.username,
    display_name: user.displayName,
    is_typing: isTyping,
  });
}

function frame(type: string, data: object): string {
  return JSON.stringify({ type, data });
}
