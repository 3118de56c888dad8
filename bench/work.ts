import type { Announce } from './events.js';
import type { Plan } from './crowd.js';
import type { Peer, PeerId } from './peers.js';
import { ANSWERED, conversation, heartbeats, heartbeatsOverHttp, statusesOverHttp, tokenOf } from './wire.js';
import { SECRET } from './others.js';

/** How long things last; `--quick` has a shorter one. */
export interface Pace {
  readonly warmS: number;
  readonly mainS: number;
  readonly pacedS: number;
  /** Between the last handshake and the first event or request. */
  readonly restMs: number;
}

/** One go against one server. Watchers are w0, w1, …; those whom they watch are u0, u1, … on another instance. */
export interface Scene {
  readonly id: string;
  readonly peers: readonly PeerId[];
  /** How many users are online elsewhere. */
  readonly online: number;
  readonly plan: (peer: Peer, announce: Announce, pace: Pace) => Plan;
}

const HANDSHAKES = 64;
const REQUESTS_AT_ONCE = 128;
/** So many that none asks more often than a connection may. */
const ASKING = 1024;
const EVENTS_MAX = 12_000;
const WATCHED = 50;
const ONLINE = 2000;
const LISTED = 100;

export const WATCHERS_MAX = 4000;
export const ONLINE_MAX = 10 * ONLINE;

const watcher = (n: number) => `w${n}`;
export const user = (n: number) => `u${n}`;
const token = (n: number) => tokenOf(watcher(n), SECRET);
const listOf = <T>(length: number, make: (n: number) => T): T[] => Array.from({ length }, (_, n) => make(n));

/** One user, many watchers. First one event at a time, then so many that they come in bursts. */
const crowdAround = (watchers: number): Scene => ({
  id: `around${watchers}`,
  peers: ['lamplight', 'bare', 'tutorial', 'socketio'],
  online: ONLINE,
  plan: (peer, announce, { warmS, mainS, restMs }) => ({
    ...SOCKETS,
    answered: ANSWERED[peer.protocol],
    conversations: listOf(watchers, (n) => conversation(peer.protocol, n, token(n), [user(0)])),
    events: listOf(EVENTS_MAX, (n) => ({ expected: watchers, command: announce(user(0), n) })),
    phases: [
      `dial:dial:${HANDSHAKES}`,
      `rest:rest:${restMs}`,
      `flow:warm:${warmS}:8`,
      `flow:single:${mainS}:1`,
      `flow:burst:${mainS}:8`,
    ],
  }),
});

/** 2,000 people who watch 50 each: as fast as it goes, then at 200 changes a second. */
const acquaintances: Scene = {
  id: 'acquaintances',
  peers: ['lamplight', 'bare', 'tutorial'],
  online: ONLINE,
  plan: (peer, announce, { warmS, mainS, pacedS }) => {
    const { conversations, events } = graph(peer, announce, ONLINE, 60_000, () => true);
    const phases = [
      `dial:dial:${HANDSHAKES}`,
      'rest:rest:2000',
      `flow:warm:${warmS}:16`,
      `flow:closed:${mainS}:16`,
      'rest:pause:500',
      `pace:paced:${pacedS}:200:10`,
    ];
    return { ...SOCKETS, answered: ANSWERED[peer.protocol], conversations, events, phases };
  },
};

/** The same at a fixed rate, with as many changes of people whom nobody here watches as there are more of them. */
const among = (online: number): Scene => ({
  id: `among${online}`,
  peers: ['lamplight'],
  online,
  plan: (peer, announce, { warmS, pacedS }) => {
    const times = online / ONLINE;
    const { conversations, events } = graph(
      peer,
      announce,
      online,
      200 * times * (warmS + pacedS),
      (n) => n % times === 0,
    );
    const rate = 200 * times;
    const phases = [
      `dial:dial:${HANDSHAKES}`,
      'rest:rest:2000',
      `pace:warm:${warmS}:${rate}:10`,
      `pace:paced:${pacedS}:${rate}:10`,
    ];
    return { ...SOCKETS, answered: ANSWERED[peer.protocol], conversations, events, phases };
  },
});

/** 4,000 people come within seconds and watch 50 each; then what each of them holds in memory. */
const arrivals: Scene = {
  id: 'arrivals',
  peers: ['lamplight', 'bare', 'tutorialKey'],
  online: ONLINE,
  plan: (peer, announce) => {
    const random = chance(3);
    const conversations = listOf(WATCHERS_MAX, (n) =>
      conversation(peer.protocol, n, token(n), [user(0), ...sample(random, WATCHED - 1, ONLINE, 0)]),
    );
    const phases = [
      'rest:rest:1000',
      'signal:before:700',
      // Whoever comes to a server comes to one that has been running for a while.
      `dial:first:${HANDSHAKES}:${WATCHERS_MAX / 4}`,
      'rest:pause:1500',
      `dial:dial:${HANDSHAKES}`,
      'rest:after:2000',
      'signal:held:1500',
      'flow:probe:1:1',
    ];
    const events = listOf(8, (n) => ({ expected: WATCHERS_MAX, command: announce(user(0), n) }));
    return { ...SOCKETS, answered: ANSWERED[peer.protocol], conversations, events, phases };
  },
};

const heartbeatsOnSockets: Scene = {
  id: 'heartbeatsOnSockets',
  peers: ['lamplight', 'bare', 'tutorial', 'mercurius'],
  online: 0,
  plan: (peer, _announce, { warmS, mainS, restMs }) => ({
    ...SOCKETS,
    answered: ANSWERED[peer.protocol],
    conversations: listOf(ASKING, (n) => conversation(peer.protocol, n, token(n), [])),
    requests: heartbeats(peer.protocol, 64),
    phases: [
      `dial:dial:${HANDSHAKES}`,
      `rest:rest:${restMs}`,
      `ask:warm:${warmS}:${REQUESTS_AT_ONCE}`,
      `ask:main:${mainS}:${REQUESTS_AT_ONCE}`,
    ],
  }),
};

const overHttp = (id: string, requests: () => Buffer[]): Scene => ({
  id,
  peers: ['lamplight', 'bare', 'tutorialKey'],
  online: ONLINE,
  plan: (_peer, _announce, { warmS, mainS }) => ({
    ...SOCKETS,
    http: true,
    answered: ANSWERED.http,
    conversations: listOf(REQUESTS_AT_ONCE, () => ({ hello: '', steps: [] })),
    requests: requests(),
    phases: [
      `dial:dial:${REQUESTS_AT_ONCE}`,
      // Longer than elsewhere: every token is to be known, and every list to have been asked for.
      `ask:warm:${2 * warmS}:${REQUESTS_AT_ONCE}`,
      `ask:main:${mainS}:${REQUESTS_AT_ONCE}`,
    ],
  }),
});

const SOCKETS = { http: false, events: [], requests: [] } as const;

export const SCENES: readonly Scene[] = [
  crowdAround(1000),
  crowdAround(4000),
  acquaintances,
  arrivals,
  heartbeatsOnSockets,
  overHttp('heartbeatsOverHttp', () => heartbeatsOverHttp(listOf(REQUESTS_AT_ONCE, token))),
  overHttp('statusesOverHttp', () =>
    statusesOverHttp(listOf(64, token), (k) => listOf(LISTED, (n) => user((k * 37 + n * 11) % ONLINE))),
  ),
  among(ONLINE),
  among(ONLINE_MAX),
];

/** Everybody who has to exist: watchers and those online. */
export const everybody = () => [...listOf(WATCHERS_MAX, watcher), ...listOf(ONLINE_MAX, user)];

/** Those of them whom the scenes need that are run when there is little time. */
export const somebody = () => [...listOf(ASKING, watcher), ...listOf(ONLINE, user)];

/** Who watches whom, drawn from a fixed seed, and events; those that are not `watched` are of people beyond. */
function graph(peer: Peer, announce: Announce, online: number, count: number, watched: (n: number) => boolean) {
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
function sample(random: () => number, count: number, among: number, without: number): string[] {
  const found = new Set<number>();
  while (found.size < count) {
    const n = Math.floor(random() * among);
    if (n !== without) found.add(n);
  }
  return [...found].map(user);
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
