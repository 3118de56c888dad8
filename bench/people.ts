import type { Announce } from './events.js';
import type { Peer } from './peers.js';
import { conversation, tokenOf } from './wire.js';
import { SECRET } from './others.js';

export const WATCHED = 50;
export const ONLINE = 2000;
export const WATCHERS_MAX = 4000;
/** So many that none asks more often than a connection may. */
export const ASKING = 1024;
export const ONLINE_MAX = 10 * ONLINE;

/** Watchers are w0, w1, …; those whom they watch are u0, u1, … on another instance. */
export const watcher = (n: number) => `w${n}`;
export const user = (n: number) => `u${n}`;
export const token = (n: number) => tokenOf(watcher(n), SECRET);
export const listOf = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n));

/** Everybody who has to exist: watchers and those online. */
export const everybody = () => [...listOf(WATCHERS_MAX, watcher), ...listOf(ONLINE_MAX, user)];

/** Those of them whom the scenes need that are run when there is little time. */
export const somebody = () => [...listOf(ASKING, watcher), ...listOf(ONLINE, user)];

/** Who watches whom, drawn from a fixed seed, and events; those that are not `watched` are of people beyond. */
export function graph(peer: Peer, announce: Announce, online: number, count: number, watched: (n: number) => boolean) {
  const random = chance(20_261_121);
  const lists = listOf(ONLINE, () => sample(random, WATCHED, ONLINE, -1));
  const watchers = new Map<string, number>();
  for (const userId of lists.flat()) watchers.set(userId, (watchers.get(userId) ?? 0) + 1);
  const events = listOf(Math.round(count), (n) => {
    const here = watched(n);
    const userId = user(Math.floor(random() * (here ? ONLINE : online - ONLINE)) + (here ? 0 : ONLINE));
    return { expected: watchers.get(userId) ?? 0, command: announce(userId, n) };
  });
  return { conversations: lists.map((list, n) => conversation(peer.protocol, n, token(n), list)), events };
}

/** Distinct users below `among`, without one of them. */
export function sample(random: () => number, count: number, among: number, without: number): string[] {
  const found = new Set<number>();
  while (found.size < count) {
    const n = Math.floor(random() * among);
    if (n !== without) found.add(n);
  }
  return [...found].map(user);
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
