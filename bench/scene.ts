import { setTimeout as wait } from 'node:timers/promises';
import type { Measured } from './crowd.js';
import { type Circumstances, Entrant, type Phases } from './entrant.js';
import type { PeerId } from './peers.js';
import type { Scene } from './work.js';

/** What one server did in one turn of a scene. */
export interface Row {
  readonly scene: string;
  readonly peer: PeerId;
  readonly turn: number;
  readonly phases: Phases;
}

/** Who measures itself in what; all in one list at the same time. */
export type Entry = readonly [scene: Scene, peer: PeerId];

export interface Turns extends Circumstances {
  readonly first: number;
  readonly count: number;
}

/** What is done seldom is done in every second turn. */
const SELDOM = 2;
/** What a phase leaves to be done at once is not to fall into the next server's. */
const BETWEEN_MS = 10;
const PROFILED_TURNS = 8;

/**
 * All entries are up at the same time, and take turns on the core of the servers, phase by phase, first in one
 * order and then in the other: whatever disturbs the machine disturbs neighbours alike.
 */
export async function measure(entries: readonly Entry[], turns: Turns, tell: (row: Row) => void): Promise<void> {
  const entrants = entries.map(([scene, peer]) => new Entrant(scene, peer));
  try {
    for (const entrant of entrants) await entrant.enter(turns);
    // Whoever has waited for the others is slow at first.
    await takeTurns(entrants, 0);
    for (let turn = turns.first; turn < turns.first + turns.count; turn += 1) {
      for (const row of await takeTurns(entrants, turn)) tell(row);
    }
  } finally {
    for (const entrant of entrants) await entrant.leave();
  }
}

async function takeTurns(entrants: readonly Entrant[], turn: number): Promise<Row[]> {
  const all = turn % SELDOM === 0;
  const backwards = Math.floor(turn / SELDOM) % 2 === 1;
  const present = entrants.filter(({ scene, peer }) => all || !scene.seldom.includes(peer));
  const takers = (backwards ? present.toReversed() : present).map((entrant) => {
    const phases = all ? [...entrant.turn, ...entrant.seldom] : entrant.turn;
    const done: Record<string, Measured> = {};
    return { entrant, phases, done };
  });
  const length = Math.max(...takers.map(({ phases }) => phases.length));
  for (let at = 0; at < length; at += 1) {
    for (const { entrant, phases, done } of takers) {
      const measured = await entrant.run(phases[at] ?? '');
      done[measured.label] = measured;
      await wait(BETWEEN_MS);
    }
  }
  return takers.map(({ entrant: { scene, peer }, done }) => ({ scene: scene.id, peer, turn, phases: done }));
}

/** The same for scenes whose work cannot be cut into turns: a turn is a go, each with nobody else there. */
export async function measureAlone(entries: readonly Entry[], turns: Turns, tell: (row: Row) => void): Promise<void> {
  for (let turn = turns.first; turn < turns.first + turns.count; turn += 1) {
    for (const [scene, peer] of turn % 2 === 0 ? entries : entries.toReversed()) {
      const entrant = new Entrant(scene, peer);
      try {
        const before = await entrant.enter(turns);
        tell({ scene: scene.id, peer, turn, phases: { ...before, ...(await entrant.runAll(entrant.turn)) } });
      } finally {
        await entrant.leave();
      }
    }
  }
}

/** Our server alone; the profile is of what comes after the preparation. */
export async function profile(scene: Scene, circumstances: Required<Circumstances>): Promise<void> {
  const entrant = new Entrant(scene, 'lamplight');
  try {
    await entrant.enter(circumstances);
    await entrant.run('signal:begin:1000');
    for (let turn = 0; turn < (scene.alone ? 1 : PROFILED_TURNS); turn += 1)
      await entrant.runAll([...entrant.turn, ...entrant.seldom]);
    await entrant.run('signal:finish:1500');
  } finally {
    await entrant.leave();
  }
}
