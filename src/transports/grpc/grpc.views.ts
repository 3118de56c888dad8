import type { PresenceView } from '../../presence/presence.types.js';
import { STATUSES, type StatusUpdateEvent, type UserStatusData } from './grpc.messages.js';

export function dataOf(view: PresenceView): UserStatusData {
  return { ...eventOf(view), last_seen: seconds(view.lastSeen) };
}

export function eventOf({ userId, status, since }: PresenceView): StatusUpdateEvent {
  return { user_id: userId, status: STATUSES[status], timestamp: seconds(since) };
}

/** Unix seconds; 0 where there is no time to show. */
function seconds(time: Date | null): number {
  return time ? Math.floor(time.getTime() / 1000) : 0;
}
