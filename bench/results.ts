import type { Measured } from './crowd.js';
import type { PeerId } from './peers.js';
import type { Phases } from './entrant.js';
import type { Row } from './scene.js';

/** One figure of a scene: less is better. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly scene: string;
  /** How many decimals are worth printing. */
  readonly digits: number;
  /** Null: the phase is not there. */
  readonly of: (phases: Phases) => number | null;
  readonly goals: readonly Goal[];
}

/** How many times less than the peer's figure ours should be. */
export interface Goal {
  readonly than: PeerId;
  readonly atLeast: number;
}

const MICRO = 1e6;
const cpuOf = (label: string) => (phases: Phases) => perUnit(phases[label]);
const perUnit = (phase: Measured | undefined) => (phase && phase.units > 0 ? (phase.cpu / phase.units) * MICRO : null);

/** Handshakes, and all that they leave to be done when the last has ended. */
function cpuOfArrivals({ dial, after }: Phases): number | null {
  return dial && after && dial.units > 0 ? ((dial.cpu + after.cpu) / dial.units) * MICRO : null;
}

export function memoryOfArrivals({ before, held, first, dial }: Phases): number | null {
  const connections = (first?.units ?? 0) + (dial?.units ?? 0);
  return before && held && connections > 0 ? (held.residentKb - before.residentKb) / connections : null;
}

const goal = (than: PeerId, atLeast: number): Goal => ({ than, atLeast });
const DELIVERY = 'µs CPU a delivery';
const REQUEST = 'µs CPU a request';

const figure = (
  id: string,
  title: string,
  [scene, label]: readonly [string, string],
  unit: string,
  goals: readonly Goal[],
): Figure => ({ id, title, unit, scene, digits: 1, of: cpuOf(label), goals });

const SINGLE = [goal('bare', 1), goal('tutorial', 4), goal('socketio', 1.3)];
const BURSTS = [goal('bare', 3), goal('tutorial', 10)];

export const FIGURES: readonly Figure[] = [
  figure('single1000', '1 user watched by 1,000, one event at a time', ['around1000', 'single'], DELIVERY, SINGLE),
  figure('single4000', '1 user watched by 4,000, one event at a time', ['around4000', 'single'], DELIVERY, SINGLE),
  figure('burst1000', 'the same, 1,000, bursts of 8 events', ['around1000', 'burst'], DELIVERY, BURSTS),
  figure('burst4000', 'the same, 4,000, bursts of 8 events', ['around4000', 'burst'], DELIVERY, BURSTS),
  figure('closed', '2,000 users watching 50 each, closed loop', ['acquaintances', 'closed'], DELIVERY, [
    goal('bare', 0.9),
    goal('tutorial', 15),
  ]),
  figure('paced', 'the same at 200 changes a second', ['acquaintances', 'paced'], DELIVERY, [
    goal('bare', 0.75),
    goal('tutorial', 8),
  ]),
  {
    ...figure('arrivals', '3,000 more connect and watch 50 each', ['arrivals', 'dial'], 'µs CPU a connection', [
      goal('bare', 0.6),
      goal('tutorialKey', 1.8),
    ]),
    of: cpuOfArrivals,
  },
  figure('heartbeatsOnSockets', 'heartbeat over graphql-ws', ['heartbeatsOnSockets', 'main'], REQUEST, [
    goal('bare', 0.45),
    goal('tutorial', 7),
    goal('mercurius', 1.3),
  ]),
  figure('heartbeatsOverHttp', 'heartbeat over HTTP', ['heartbeatsOverHttp', 'main'], REQUEST, [
    goal('tutorialKey', 2),
  ]),
  figure('statusesOverHttp', 'userStatuses of 100 over HTTP', ['statusesOverHttp', 'main'], REQUEST, [
    goal('tutorialKey', 3),
  ]),
];

/** By turn. */
export type Values = ReadonlyMap<number, number>;

/** What one figure is over all turns. */
export interface Outcome {
  readonly figure: Figure;
  /** Medians. */
  readonly of: ReadonlyMap<PeerId, number>;
  readonly ratios: readonly Ratio[];
}

export interface Ratio extends Goal {
  /** Taken inside a turn, where neighbours on the machine disturb both alike; the median, and the extremes. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function outcomes(rows: readonly Row[]): Outcome[] {
  return FIGURES.flatMap((figure) => {
    const values = valuesOf(figure, rows);
    if (!values.has('lamplight')) return [];
    const of = new Map([...values].map(([peer, byTurn]) => [peer, median([...byTurn.values()])]));
    const ratios = figure.goals.flatMap((one) => ratioOf(one, values) ?? []);
    return [{ figure, of, ratios }];
  });
}

/** By peer and turn. */
export function valuesOf(figure: Pick<Figure, 'scene' | 'of'>, rows: readonly Row[]): Map<PeerId, Values> {
  const values = new Map<PeerId, Map<number, number>>();
  for (const { scene, peer, turn, phases } of rows) {
    const value = scene === figure.scene ? figure.of(phases) : null;
    if (value === null) continue;
    const byTurn = values.get(peer) ?? new Map<number, number>();
    values.set(peer, byTurn.set(turn, value));
  }
  return values;
}

function ratioOf(one: Goal, values: ReadonlyMap<PeerId, Values>): Ratio | null {
  const ratios = paired(values.get(one.than), values.get('lamplight'));
  if (ratios.length === 0) return null;
  return { ...one, median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** One figure over the other, of every turn that both took. */
export function paired(over: Values = new Map(), under: Values = new Map()): number[] {
  return [...over].flatMap(([turn, value]) => {
    const other = under.get(turn);
    return other === undefined ? [] : [value / other];
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
