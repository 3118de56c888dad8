import type { Announce } from './events.js';
import type { Plan } from './crowd.js';
import type { Peer, PeerId } from './peers.js';
import {
  ASKING,
  chance,
  graph,
  listOf,
  ONLINE,
  ONLINE_MAX,
  sample,
  token,
  user,
  WATCHED,
  WATCHERS_MAX,
} from './people.js';
import { ANSWERED, conversation, heartbeats, heartbeatsOverHttp, statusesOverHttp } from './wire.js';

/** How long things last; `--quick` has a shorter one. */
export interface Pace {
  readonly warmS: number;
  /** Of each phase of a turn; those at a fixed rate need more for their latencies. */
  readonly mainS: number;
  readonly pacedS: number;
  /** Between the last handshake and the first event or request. */
  readonly restMs: number;
}

/** What is said to a server; load/crowd.c explains the phases. */
export interface Work {
  readonly plan: Plan;
  /** The phases before the first turn: what a server has behind it that has been running for a while. */
  readonly once: readonly string[];
  /** The phases of every turn. */
  readonly turn: readonly string[];
  /** Those of few turns, in addition: what they cost is far from its goal. */
  readonly seldom?: readonly string[];
}

export interface Scene {
  readonly id: string;
  readonly peers: readonly PeerId[];
  /** Those of them that take few turns: what ours costs beside them is far from its goal. */
  readonly seldom: readonly PeerId[];
  /** More where a figure is close to its goal. */
  readonly turns: number;
  /** How often everybody is started anew: the same server is faster in one process than in another. */
  readonly sittings: number;
  /** Cannot be cut into turns: each is a go from the beginning, with no other server there. */
  readonly alone: boolean;
  /** How many users are online elsewhere. */
  readonly online: number;
  readonly work: (peer: Peer, announce: Announce, pace: Pace) => Work;
}

const HANDSHAKES = 64;
const REQUESTS_AT_ONCE = 128;
const EVENTS_MAX = 6000;
const CHANGES_A_SECOND = 200;
/** Of turns, for which there are events at a fixed rate. */
const PACED_MAX_S = 15;
const LISTED = 100;

const SOCKETS = { http: false, events: [], requests: [] } as const;
const IN_TURNS = { seldom: [], sittings: 1, alone: false } as const;

/** One user, many watchers. First one event at a time, then so many that they come in bursts. */
const crowdAround = (watchers: number): Scene => ({
  ...IN_TURNS,
  id: `around${watchers}`,
  peers: ['lamplight', 'bare', 'tutorial', 'socketio'],
  seldom: ['tutorial', 'socketio'],
  turns: 20,
  sittings: 2,
  online: ONLINE,
  work: (peer, announce, { warmS, mainS, restMs }) => ({
    plan: {
      ...SOCKETS,
      answered: ANSWERED[peer.protocol],
      conversations: listOf(watchers, (n) => conversation(peer.protocol, n, token(n), [user(0)])),
      events: listOf(EVENTS_MAX, (n) => ({ expected: watchers, command: announce(user(0), n) })),
    },
    once: [`dial:dial:${HANDSHAKES}`, `rest:rest:${restMs}`, `flow:warm:${warmS / 2}:8`, `flow:warm:${warmS / 2}:1`],
    turn: [`flow:single:${mainS}:1`],
    seldom: [`flow:burst:${mainS}:8`],
  }),
});

/** 2,000 people who watch 50 each: as fast as it goes, then at 200 changes a second. */
const acquaintances: Scene = {
  ...IN_TURNS,
  id: 'acquaintances',
  peers: ['lamplight', 'bare', 'tutorial'],
  seldom: ['tutorial'],
  turns: 12,
  online: ONLINE,
  work: (peer, announce, { warmS, mainS, pacedS, restMs }) => ({
    plan: {
      ...SOCKETS,
      answered: ANSWERED[peer.protocol],
      ...graph(peer, announce, ONLINE, 4 * EVENTS_MAX, () => true),
    },
    once: [`dial:dial:${HANDSHAKES}`, `rest:rest:${restMs}`, `flow:warm:${warmS}:16`],
    turn: [`flow:closed:${mainS}:16`, `pace:paced:${pacedS}:${CHANGES_A_SECOND}:10`],
  }),
};

/** The same at a fixed rate, with as many changes of people whom nobody here watches as there are more of them. */
const among = (online: number): Scene => ({
  ...IN_TURNS,
  id: `among${online}`,
  peers: ['lamplight'],
  turns: 10,
  online,
  work: (peer, announce, { warmS, pacedS, restMs }) => {
    const times = online / ONLINE;
    const rate = CHANGES_A_SECOND * times;
    const { conversations, events } = graph(peer, announce, online, rate * PACED_MAX_S, (n) => n % times === 0);
    return {
      plan: { ...SOCKETS, answered: ANSWERED[peer.protocol], conversations, events },
      once: [`dial:dial:${HANDSHAKES}`, `rest:rest:${restMs}`, `pace:warm:${warmS}:${rate}:10`],
      turn: [`pace:paced:${pacedS}:${rate}:10`],
    };
  },
});

/** 4,000 people come within seconds and watch 50 each; then what each of them holds in memory. */
const arrivals: Scene = {
  ...IN_TURNS,
  id: 'arrivals',
  peers: ['lamplight', 'bare', 'tutorialKey'],
  turns: 3,
  // What is left to be done when the last has come counts too, and memory is that of one server.
  alone: true,
  online: ONLINE,
  work: (peer, announce) => {
    const random = chance(3);
    const conversations = listOf(WATCHERS_MAX, (n) =>
      conversation(peer.protocol, n, token(n), [user(0), ...sample(random, WATCHED - 1, ONLINE, 0)]),
    );
    const events = listOf(64, (n) => ({ expected: WATCHERS_MAX, command: announce(user(0), n) }));
    return {
      plan: { ...SOCKETS, answered: ANSWERED[peer.protocol], conversations, events },
      once: [
        'rest:rest:1000',
        'signal:before:700',
        // Whoever comes to a server comes to one that has been running for a while.
        `dial:first:${HANDSHAKES}:${WATCHERS_MAX / 4}`,
        'rest:pause:1500',
      ],
      turn: [`dial:dial:${HANDSHAKES}`, 'rest:after:2000', 'signal:held:1000', 'flow:probe:0.2:1'],
    };
  },
};

const heartbeatsOnSockets: Scene = {
  ...IN_TURNS,
  id: 'heartbeatsOnSockets',
  peers: ['lamplight', 'bare', 'tutorial', 'mercurius'],
  seldom: ['mercurius'],
  turns: 16,
  online: 0,
  work: (peer, _announce, { warmS, mainS, restMs }) => ({
    plan: {
      ...SOCKETS,
      answered: ANSWERED[peer.protocol],
      conversations: listOf(ASKING, (n) => conversation(peer.protocol, n, token(n), [])),
      requests: heartbeats(peer.protocol, 64),
    },
    once: [`dial:dial:${HANDSHAKES}`, `rest:rest:${restMs}`, `ask:warm:${warmS}:${REQUESTS_AT_ONCE}`],
    turn: [`ask:main:${mainS}:${REQUESTS_AT_ONCE}`],
  }),
};

const overHttp = (id: string, turns: number, requests: () => Buffer[]): Scene => ({
  ...IN_TURNS,
  id,
  peers: ['lamplight', 'bare', 'tutorialKey'],
  seldom: ['bare'],
  turns,
  online: ONLINE,
  work: (_peer, _announce, { warmS, mainS }) => ({
    plan: {
      ...SOCKETS,
      http: true,
      answered: ANSWERED.http,
      conversations: listOf(REQUESTS_AT_ONCE, () => ({ hello: '', steps: [] })),
      requests: requests(),
    },
    // Longer than elsewhere: every token is to be known, and every list to have been asked for.
    once: [`dial:dial:${REQUESTS_AT_ONCE}`, `ask:warm:${2 * warmS}:${REQUESTS_AT_ONCE}`],
    // Connections that nobody uses are closed by some servers while others have their turns.
    turn: [`again:again:${REQUESTS_AT_ONCE}`, `ask:main:${mainS}:${REQUESTS_AT_ONCE}`],
  }),
});

/** Those in one list take turns with each other. */
export const CONTESTS: readonly (readonly Scene[])[] = [
  [crowdAround(1000)],
  [crowdAround(4000)],
  [acquaintances],
  [arrivals],
  [heartbeatsOnSockets],
  [overHttp('heartbeatsOverHttp', 8, () => heartbeatsOverHttp(listOf(REQUESTS_AT_ONCE, token)))],
  [
    overHttp('statusesOverHttp', 20, () =>
      statusesOverHttp(listOf(64, token), (k) => listOf(LISTED, (n) => user((k * 37 + n * 11) % ONLINE))),
    ),
  ],
  [among(ONLINE), among(ONLINE_MAX)],
];
