import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import type { LamplightClient } from '../client.js';
import type { ConnectionState } from '../connection.js';
import type { CustomStatus, PrivacyInput } from '../documents.js';
import { formatLastSeen, lastSeenChangesInMs, type FormatOptions } from '../format.js';
import type { Me, Privacy, StatusChange } from '../myself.js';
import type { RosterState } from '../presence.roster.js';
import type { Presence, Seen } from '../presence.watches.js';
import type { Stop } from '../store.js';
import type { Typist } from '../typing.js';
import { useLamplight } from './provider.js';

/** Somebody's presence, live. `undefined` while it is looked up, `null` where there is no such user. */
export function usePresence(userId: string): Seen {
  const { presences } = useLamplight();
  const subscribe = useCallback((listener: () => void) => presences.watch(userId, listener), [presences, userId]);
  const get = () => presences.get(userId);
  return useSyncExternalStore(subscribe, get, get);
}

/** The presence of those on screen, in the order asked. People who come and go in `userIds` cost nothing for the others. */
export function usePresences(userIds: readonly string[]): readonly Seen[] {
  const { presences } = useLamplight();
  const watches = useRef(new Map<string, Stop>());
  const [, redraw] = useState({});
  const wanted = [...new Set(userIds)].join('\n');

  useEffect(() => {
    const ids = new Set(wanted === '' ? [] : wanted.split('\n'));
    const running = watches.current;
    for (const id of ids)
      if (!running.has(id))
        running.set(
          id,
          presences.watch(id, () => redraw({})),
        );
    for (const [id, stop] of running) {
      if (ids.has(id)) continue;
      stop();
      running.delete(id);
    }
  }, [presences, wanted]);
  useEffect(() => {
    const running = watches.current;
    return () => {
      for (const stop of running.values()) stop();
      running.clear();
    };
  }, [presences]);

  return userIds.map((id) => presences.get(id));
}

/** Everybody whom this person has as a contact. */
export function useContacts(): RosterState {
  const { contacts } = useLamplight();
  return useSyncExternalStore(contacts.subscribe, contacts.get, contacts.get);
}

/** Everybody in a conversation but oneself. */
export function useMembers(conversationId: string): RosterState {
  const roster = useLamplight().members(conversationId);
  return useSyncExternalStore(roster.subscribe, roster.get, roster.get);
}

export interface Typing {
  /** Who else is typing, in the order in which they began. */
  readonly typists: readonly Typist[];
  /** Call on every key; it is told as seldom as possible, and ends by itself after a pause. */
  readonly start: () => void;
  /** Call when the message is sent or the field is left. */
  readonly stop: () => void;
}

export function useTyping(conversationId: string): Typing {
  const typing = useLamplight().typing(conversationId);
  const typists = useSyncExternalStore(typing.subscribe, typing.get, typing.get);
  return { typists, start: typing.typed, stop: typing.stopped };
}

export interface MyStatus {
  /** Null until it is known. */
  readonly me: Me | null;
  readonly error: Error | null;
  /** What was chosen. INVISIBLE is told here and nowhere else. */
  readonly customStatus: CustomStatus | null;
  /** True between `goOffline` and `comeBack`. */
  readonly away: boolean;
  readonly setStatus: (change: StatusChange) => Promise<void>;
  readonly goOffline: () => Promise<void>;
  readonly comeBack: () => void;
}

export function useMyStatus(): MyStatus {
  const client = useLamplight();
  const { me, error } = useMyself(client);
  const away = useSyncExternalStore(client.awayState.subscribe, client.awayState.get, client.awayState.get);
  const actions = useMemo(
    () => ({
      setStatus: (change: StatusChange) => client.myself.setStatus(change),
      goOffline: () => client.goOffline(),
      comeBack: () => client.comeBack(),
    }),
    [client],
  );
  return { me, error, customStatus: me?.customStatus ?? null, away, ...actions };
}

export interface MyPrivacy {
  /** Null until it is known. */
  readonly privacy: Privacy | null;
  readonly error: Error | null;
  /** Resolves when it is in force for everybody who asks from then on; running views follow within a second. */
  readonly update: (input: PrivacyInput) => Promise<Privacy>;
  readonly block: (userId: string) => Promise<Privacy>;
  readonly unblock: (userId: string) => Promise<Privacy>;
}

export function usePrivacy(): MyPrivacy {
  const client = useLamplight();
  const { me, error } = useMyself(client);
  const actions = useMemo(
    () => ({
      update: (input: PrivacyInput) => client.myself.updatePrivacy(input),
      block: (userId: string) => client.myself.block(userId),
      unblock: (userId: string) => client.myself.unblock(userId),
    }),
    [client],
  );
  return { privacy: me?.privacy ?? null, error, ...actions };
}

/** Whether what is shown is live. While it is not, the last known is shown. */
export function useConnection(): ConnectionState {
  const { connectionState } = useLamplight();
  return useSyncExternalStore(connectionState.subscribe, connectionState.get, connectionState.get);
}

/** `formatLastSeen` that keeps counting: redraws exactly when the words change. */
export function useLastSeen(presence: Presence, options: FormatOptions = {}): string {
  const [, redraw] = useState({});
  useEffect(() => {
    const inMs = lastSeenChangesInMs(presence, Date.now());
    if (inMs === null) return;
    const timer = setTimeout(() => redraw({}), inMs);
    return () => clearTimeout(timer);
  });
  return formatLastSeen(presence, options);
}

function useMyself({ myself }: LamplightClient) {
  return useSyncExternalStore(myself.state.subscribe, myself.state.get, myself.state.get);
}
