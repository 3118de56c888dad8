import type { PresenceView } from '../presence/presence.types.js';

/** The status words of REST, `/ws` and Socket.IO, which are older than those of GraphQL. */
export const STATUS_WORDS = { ONLINE: 'online', IDLE: 'away', DO_NOT_DISTURB: 'dnd', OFFLINE: 'offline' } as const;
export type StatusWord = (typeof STATUS_WORDS)[keyof typeof STATUS_WORDS];

/** Somebody in a list of who is online; never more of them than this. */
export interface ListedUser {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly avatar: string | null;
  readonly status: StatusWord;
}

export function wordOf(view: PresenceView): StatusWord {
  return STATUS_WORDS[view.status];
}

export function listed(view: PresenceView): ListedUser {
  const { id, displayName, username, avatarUrl } = view.user;
  return { id, name: displayName, username, avatar: avatarUrl, status: wordOf(view) };
}
