import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from './chart.js';
import { load, machine, stacks } from './machine.js';
import type { Phases } from './entrant.js';
import { ALL, PEER_IDS, type PeerId } from './peers.js';
import { CHARTS, REPORT } from './places.js';
import type { Share } from './profile.js';
import { median, memoryOfArrivals, type Outcome, outcomes, paired, type Ratio, valuesOf } from './results.js';
import type { Row } from './scene.js';

export interface Profiled {
  readonly title: string;
  readonly functions: readonly Share[];
  readonly packages: readonly Share[];
}

const MEMORY_GOAL_KB = 18;
const GROWTH_GOAL = 1.3;
const LATENCY_GOALS = { p50: 1.6, p99: 2 } as const;
const FUNCTIONS = 15;
const PACKAGES = 8;

/** The tables for a terminal. */
export function summary(rows: readonly Row[]): string {
  return [figuresTable(rows), goalsTable(rows), '', ...sideGoals(rows)].join('\n');
}

/** Writes docs/benchmarks.md and its charts. */
export function writeReport(rows: readonly Row[], profiles: readonly Profiled[], notes: string): void {
  mkdirSync(CHARTS, { recursive: true });
  const found = outcomes(rows);
  writeFileSync(join(CHARTS, 'benchmark-fan-out.svg'), chartOf('Fan-out', 'µs CPU a delivery', found, 'a delivery'));
  writeFileSync(join(CHARTS, 'benchmark-requests.svg'), chartOf('Requests', 'µs CPU a request', found, 'a request'));
  writeFileSync(
    join(CHARTS, 'benchmark-connections.svg'),
    chartOf('Connections', 'µs CPU a connection', found, 'a connection'),
  );
  const { arrivals = 0, ...others } = turnsOf(rows);
  const turns = Object.values(others);
  const page = `# Benchmarks

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: medians of ${Math.min(...turns)} to ${Math.max(...turns)} turns; load of the machine at the end
${load().toFixed(1)}. \`npm run bench -- --quick\` prints a part of these tables within a minute and writes nothing.

- ${[...machine(), stacks().join(', ')].join('\n- ')}

The figure to compare is **CPU of the server process for a unit of work** (user and system, from the kernel's
scheduler statistics): on a shared machine it is the steadiest. The server has one core; the clients, Redis and Postgres
share another. All servers of a scene are up at the same time, each with a Redis and clients of its own, and take turns of
a fraction of a second. A ratio is taken inside a turn, where neighbours on the machine disturb both servers alike; the
median of the turns counts, and beside it stands what single turns gave. Connections cannot be cut into turns: there each
server is alone, ${arrivals} times. How the work is done, and what is and is not the same for all:
[bench/README.md](../bench/README.md).

## What a unit of work costs

${figuresTable(rows)}

![Fan-out](images/benchmark-fan-out.svg)

![Connections](images/benchmark-connections.svg)

![Requests](images/benchmark-requests.svg)

## Against the goals

${goalsTable(rows)}

${sideGoals(rows)
  .map((line) => `- ${line}`)
  .join('\n')}

${notes}
## Where the time of ours goes

Shares of the time on the CPU, by sampling, warmed up, one run each; \`writeBuffer\` and \`writev\` are the system's own work
for a socket.

${profiles.map(profileTable).join('\n')}`;
  writeFileSync(REPORT, `${page.trimEnd()}\n`);
}

/** How often ours has had its turn, by scene. */
function turnsOf(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { scene, peer } of rows) if (peer === 'lamplight') counts[scene] = (counts[scene] ?? 0) + 1;
  return counts;
}

function figuresTable(rows: readonly Row[]): string {
  const head = ['work', 'unit', ...PEER_IDS.map((id) => ALL[id].title)];
  const lines = outcomes(rows).map(({ figure, of }) => {
    const cells = PEER_IDS.map((id) => of.get(id)?.toFixed(figure.digits) ?? '');
    return [figure.title, figure.unit, ...cells];
  });
  return table(head, lines);
}

function goalsTable(rows: readonly Row[]): string {
  const lines = outcomes(rows).flatMap(({ figure, ratios }) =>
    ratios.map((ratio) => [figure.title, ALL[ratio.than].title, `${ratio.atLeast} ×`, spread(ratio), verdict(ratio)]),
  );
  return table(['work', 'against', 'at least', 'measured (least to most of the turns)', ''], lines);
}

const spread = ({ median: middle, least, most }: Ratio) =>
  `**${middle.toFixed(2)} ×** (${least.toFixed(2)} to ${most.toFixed(2)})`;

function verdict({ median: middle, atLeast }: Ratio): string {
  if (middle >= atLeast) return 'met';
  const percent = Math.round((1 - middle / atLeast) * 100);
  return `missed by ${percent < 1 ? 'less than 1' : percent} %`;
}

/** Goals that are no ratio of CPU. */
function sideGoals(rows: readonly Row[]): string[] {
  const middle = (scene: string, peer: PeerId, of: (phases: Phases) => number | null) =>
    median([...(valuesOf({ scene, of }, rows).get(peer)?.values() ?? [])]);
  const paced = (peer: PeerId, key: 'p50' | 'p99') =>
    middle('acquaintances', peer, (phases) => phases['paced']?.[key] ?? null);
  const lost = (peer: PeerId) =>
    middle('acquaintances', peer, ({ paced: one }) => (one ? one.expected - one.units : null));
  const memory = (peer: PeerId) => middle('arrivals', peer, memoryOfArrivals);
  const perDelivery = (online: number) => {
    const of = ({ paced: one }: Phases) => (one && one.units > 0 ? one.cpu / one.units : null);
    return valuesOf({ scene: `among${online}`, of }, rows).get('lamplight');
  };
  const growth = median(paired(perDelivery(20_000), perDelivery(2000)));
  const latency = (key: 'p50' | 'p99') =>
    `${key} ${paced('lamplight', key).toFixed(2)} ms, ${(paced('lamplight', key) / paced('bare', key)).toFixed(2)} × P0's ${paced('bare', key).toFixed(2)} (at most ${LATENCY_GOALS[key]} ×)`;
  const lines = [
    `Latency at 200 changes a second: ${latency('p50')}; ${latency('p99')}. Lost: ${lost('lamplight')} (P0 ${lost('bare')}, P1 ${lost('tutorial')}).`,
    `Memory: ${memory('lamplight').toFixed(1)} kB a connection that watches 50, at 4,000 (at most ${MEMORY_GOAL_KB}; P0 ${memory('bare').toFixed(1)}, P1k ${memory('tutorialKey').toFixed(1)}).`,
    `Ten times the users online (2,000 to 20,000, all on another instance, ten times the changes): a delivery costs ${growth.toFixed(2)} × (at most ${GROWTH_GOAL} ×).`,
  ];
  // What was not measured is not told.
  return lines.filter((line) => !line.includes('NaN'));
}

function chartOf(title: string, unit: string, found: readonly Outcome[], suffix: string): string {
  const groups = found
    .filter(({ figure }) => figure.unit.endsWith(suffix))
    .map(({ figure, of }) => ({
      title: figure.title,
      bars: PEER_IDS.flatMap((id) => {
        const value = of.get(id);
        return value === undefined ? [] : [{ label: ALL[id].title, value, strong: id === 'lamplight' }];
      }),
    }));
  return barChart(title, unit, groups);
}

function profileTable({ title, functions, packages }: Profiled): string {
  const percent = ({ what, share }: Share) => [`\`${what}\``, `${(share * 100).toFixed(1)} %`];
  return `### ${title}

${table(['part', 'share'], packages.slice(0, PACKAGES).map(percent))}

${table(['function', 'share'], functions.slice(0, FUNCTIONS).map(percent))}
`;
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}
