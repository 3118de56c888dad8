import { type Calls, NotOnThisWire, type View } from './driver.js';

/** GraphQL's words for those of REST and the older sockets. */
const WORDS: Readonly<Record<string, string>> = {
  online: 'ONLINE',
  away: 'IDLE',
  dnd: 'DO_NOT_DISTURB',
  offline: 'OFFLINE',
};

export const statusOf = (word: unknown): string => WORDS[String(word)] ?? String(word);

/** What a wire says of somebody; what it has no field for is as of somebody about whom nothing is known. */
export function viewOf(userId: string, status: string, known: Partial<View> = {}): View {
  return {
    userId,
    user: { id: userId, username: userId, displayName: userId, avatarUrl: null },
    status,
    isOnline: status !== 'OFFLINE',
    lastSeen: null,
    lastSeenBucket: null,
    message: null,
    platforms: [],
    since: null,
    ...known,
  };
}

/** The calls that a wire has; the others are refused. */
export function partial(wire: string, calls: Partial<Calls>): Calls {
  const none = (what: string) => () => Promise.reject(new NotOnThisWire(`${what} over ${wire}`));
  return {
    me: none('me'),
    see: none('see'),
    seeAll: none('seeAll'),
    whoIsOnline: none('whoIsOnline'),
    heartbeat: none('heartbeat'),
    goOffline: none('goOffline'),
    choose: none('choose'),
    startTyping: none('startTyping'),
    stopTyping: none('stopTyping'),
    typists: none('typists'),
    setPrivacy: none('setPrivacy'),
    block: none('block'),
    unblock: none('unblock'),
    ...calls,
  };
}
