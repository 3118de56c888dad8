import type { Recording } from './recording.js';

/*
 * What a client of any wire can do. A scenario is written against this; each wire has a driver that does it with the
 * real client of that wire. A wire that has no word for something refuses it with `NotOnThisWire`.
 */

/** An instance as clients know it. */
export interface Place {
  /** `http://…` and `ws://…`, without a slash at the end. */
  readonly url: string;
  readonly wsUrl: string;
  token(userId: string): string;
}

export interface UserView {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
}

export interface MessageView {
  readonly text: string;
  readonly emoji: string | null;
  readonly expiresAt: string | null;
}

/** A presence as it came over the wire. */
export interface View {
  readonly userId: string;
  readonly user: UserView;
  readonly status: string;
  readonly isOnline: boolean;
  readonly lastSeen: string | null;
  readonly lastSeenBucket: string | null;
  readonly message: MessageView | null;
  readonly platforms: readonly string[];
  readonly since: string | null;
}

export interface TypingView {
  readonly conversationId: string;
  readonly userId: string;
  readonly user: UserView;
  readonly isTyping: boolean;
  readonly expiresAt: string | null;
}

export interface PrivacyView {
  readonly showLastSeen: boolean;
  readonly lastSeen: string;
  readonly online: string;
  readonly alwaysUserIds: readonly string[];
  readonly neverUserIds: readonly string[];
  readonly coarseLastSeen: boolean;
  readonly typing: boolean;
  readonly blockedUserIds: readonly string[];
}

export interface MeView {
  readonly presence: View;
  readonly customStatus: string;
  readonly lastActive: string | null;
  readonly privacy: PrivacyView;
  readonly connections: readonly {
    readonly id: string;
    readonly platform: string;
    readonly active: boolean;
    readonly connectedAt: string;
  }[];
}

export interface OnlineView {
  readonly nodes: readonly View[];
  readonly totalCount: number;
  readonly endCursor: string | null;
}

/** How a connection opens; all optional. */
export interface Opening {
  readonly presence?: boolean;
  readonly active?: boolean;
  readonly platform?: string;
  readonly deviceId?: string;
}

export interface Beat {
  readonly deviceId?: string;
  readonly active?: boolean;
  readonly platform?: string;
}

export interface StatusChoice {
  readonly status?: string;
  readonly message?: { readonly text: string; readonly emoji?: string; readonly clearAfterSeconds?: number };
  readonly clearMessage?: boolean;
}

/** Whom a watch is about: named users, a conversation's members, or with neither the viewer's contacts. */
export interface Target {
  readonly userIds?: readonly string[];
  readonly conversationId?: string;
  readonly snapshot?: boolean;
}

/** Everything one can ask for and be answered. A refusal is thrown as a `Refused`. */
export interface Calls {
  me(): Promise<MeView>;
  see(userId: string): Promise<View>;
  seeAll(userIds: readonly string[]): Promise<readonly (View | null)[]>;
  whoIsOnline(query?: Readonly<Record<string, unknown>>): Promise<OnlineView>;
  heartbeat(beat?: Beat): Promise<{ success: boolean; nextHeartbeatInSeconds: number; presence: View }>;
  goOffline(deviceId?: string): Promise<View>;
  choose(choice: StatusChoice): Promise<View>;
  startTyping(conversationId: string): Promise<{ success: boolean; expiresAt: string | null }>;
  stopTyping(conversationId: string): Promise<{ success: boolean; expiresAt: string | null }>;
  typists(conversationId: string): Promise<readonly TypingView[]>;
  setPrivacy(input: Readonly<Record<string, unknown>>): Promise<PrivacyView>;
  block(userId: string): Promise<PrivacyView>;
  unblock(userId: string): Promise<PrivacyView>;
}

/** One live connection of a client. */
export interface Device extends Calls {
  watch(target: Target): Recording<View>;
  /** Null: every conversation one is in. */
  watchTyping(conversationId: string | null): Recording<TypingView>;
  /** Says goodbye, where the wire has codes for it with this one. Resolves when the connection is closed. */
  leave(code?: number): Promise<void>;
  /** Destroys the socket without a word. */
  vanish(): void;
  /** Takes nothing from the network any more, as a client does that hangs, until the function that it answers is called. */
  hang(): () => void;
  /** The code with which the server closed it, or what stands for one. */
  readonly closed: Promise<number>;
}

/** One way in. */
export interface Driver {
  readonly name: string;
  /** Calls that hold no connection. */
  calls(place: Place, userId: string): Calls;
  /** Resolves when the server has taken the connection. */
  connect(place: Place, userId: string, opening: Opening): Promise<Device>;
}

/** What the server refused, as the client was told. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** All of the answer, to look for what must not be in it. */
    readonly body: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export class NotOnThisWire extends Error {}

/** The code that a call is refused with; 'ACCEPTED' when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ACCEPTED';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}
