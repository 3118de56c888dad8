import type { PresenceView } from '../../presence/presence.types.js';
import { type StatusWord, wordOf } from '../words.js';

export interface StatusBody {
  readonly user_id: string;
  readonly status: StatusWord;
  readonly is_online: boolean;
  /** Left out where privacy hides it, and where there is none yet: the two must not be told apart. */
  readonly last_seen?: string;
}

export function statusBody(view: PresenceView): StatusBody {
  const { userId, isOnline, lastSeen } = view;
  return {
    user_id: userId,
    status: wordOf(view),
    is_online: isOnline,
    ...(lastSeen && { last_seen: lastSeen.toISOString() }),
  };
}
