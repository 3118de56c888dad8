import { join } from 'node:path';
import { type Announce, onOneChannel, onOwnChannel, toRoom } from './events.js';
import { PEERS, ROOT } from './places.js';
import type { Protocol } from './wire.js';

export const PEER_IDS = ['lamplight', 'bare', 'tutorial', 'tutorialKey', 'socketio', 'mercurius'] as const;
export type PeerId = (typeof PEER_IDS)[number];

export interface Peer {
  readonly id: PeerId;
  readonly title: string;
  /** What is run by Node. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly protocol: Protocol;
  /** Null: from another instance of ours, whose settings are known when it runs. */
  readonly announce: Announce | null;
}

const peer = (id: PeerId, title: string, entry: string, protocol: Protocol, announce: Announce | null): Peer => ({
  id,
  title,
  entry,
  env: {},
  protocol,
  announce,
});

const TUTORIAL = join(PEERS, 'dist/tutorial.js');

export const ALL: Readonly<Record<PeerId, Peer>> = {
  lamplight: peer('lamplight', 'Lamplight', join(ROOT, 'dist/src/main.js'), 'graphql', null),
  bare: peer('bare', 'P0: bare ws', join(PEERS, 'peers/bare.mjs'), 'bare', onOwnChannel),
  tutorial: peer('tutorial', 'P1: tutorial stack', TUTORIAL, 'graphql', onOneChannel),
  tutorialKey: {
    ...peer('tutorialKey', 'P1k: tutorial stack, prepared key', TUTORIAL, 'graphql', onOneChannel),
    env: { JWT_KEY_OBJECT: 'yes' },
  },
  socketio: peer('socketio', 'Socket.IO', join(PEERS, 'peers/socketio.mjs'), 'socketio', toRoom),
  mercurius: peer('mercurius', 'Mercurius', join(PEERS, 'peers/mercurius.mjs'), 'graphql', null),
};
