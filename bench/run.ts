import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileCrowd } from './crowd.js';
import { installPeers } from './install.js';
import { ALL, type PeerId, PEER_IDS } from './peers.js';
import { CACHE, PEERS } from './places.js';
import { readProfile } from './profile.js';
import { type Profiled, summary, writeReport } from './report.js';
import { everybody, somebody } from './people.js';
import { type Entry, measure, measureAlone, profile, type Row } from './scene.js';
import { introduce, startDatabase, startRedis, startServer, takeSides } from './stage.js';
import { CONTESTS, type Pace, type Scene } from './work.js';

const PACE: Pace = { warmS: 1, mainS: 0.25, pacedS: 0.5, restMs: 300 };
const QUICK: Pace = { ...PACE, warmS: 0.6 };
const QUICK_TURNS = 6;
const RESULTS = join(CACHE, 'results.jsonl');
/** Within a minute: what tells most, beside the peers that say most. */
const QUICK_SCENES = ['around1000', 'heartbeatsOnSockets'];
const QUICK_PEERS: readonly PeerId[] = ['lamplight', 'bare', 'tutorial'];

/** Neither is a figure. */
const UNTOLD: readonly string[] = ['first', 'again'];

const PROFILED = {
  around1000: '1 user watched by 1,000',
  acquaintances: '2,000 users watching 50 each',
  arrivals: '3,000 more connect and watch 50 each',
  heartbeatsOnSockets: 'Heartbeats over graphql-ws',
  heartbeatsOverHttp: 'Heartbeats over HTTP',
  statusesOverHttp: 'userStatuses of 100 over HTTP',
} as const;

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    turns: { type: 'string' },
    scenes: { type: 'string' },
    peers: { type: 'string' },
    /** Adds to what was measured last, on a machine that has to be given back in between. */
    more: { type: 'boolean', default: false },
    /** Profiles instead of figures; nothing is written. */
    profile: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (cpus().length < 2) throw new Error('The benchmark needs two cores: one for the server, one for everybody else');
  mkdirSync(CACHE, { recursive: true });
  installPeers();
  compileCrowd();
  takeSides();
  const database = await startDatabase();
  try {
    await fill(database.url);
    if (given.profile) return print(await profileAll(chosenScenes().flat(), database.url));
    const rows = await measureAll(database.url);
    process.stdout.write(`${summary(rows)}\n`);
    if (given.quick || given.scenes || given.peers) return;
    writeReport(
      rows,
      await profileAll(
        CONTESTS.flat().filter(({ id }) => id in PROFILED),
        database.url,
      ),
      notes(),
    );
  } finally {
    await database.stop();
  }
}

/** Everybody has to exist before they can come. */
async function fill(databaseUrl: string): Promise<void> {
  const redis = await startRedis();
  const server = await startServer(ALL.lamplight, { redisPort: redis.port, databaseUrl });
  await introduce(server.port, given.quick ? somebody() : everybody());
  await server.stop();
  await redis.stop();
}

/** Contest by contest; what is known so far is kept. */
async function measureAll(databaseUrl: string): Promise<Row[]> {
  const rows = given.more ? measuredBefore() : [];
  if (rows.length === 0) rmSync(RESULTS, { force: true });
  const pace = given.quick ? QUICK : PACE;
  for (const contest of chosenScenes()) {
    const [one] = contest;
    if (!one) continue;
    const sittings = given.quick ? 1 : one.sittings;
    const count = Math.ceil(Number(given.turns ?? (given.quick ? QUICK_TURNS : one.turns)) / sittings);
    for (let sitting = 0; sitting < sittings; sitting += 1) {
      const entries = contest.flatMap((scene) => chosenPeers(scene, sitting).map((peer): Entry => [scene, peer]));
      const first = Math.max(-1, ...rows.filter(({ scene }) => scene === one.id).map(({ turn }) => turn)) + 1;
      const go = one.alone ? measureAlone : measure;
      await go(entries, { pace, databaseUrl, first, count }, (row) => {
        rows.push(row);
        appendFileSync(RESULTS, `${JSON.stringify(row)}\n`);
        tell(row);
      });
    }
  }
  return rows;
}

function measuredBefore(): Row[] {
  if (!existsSync(RESULTS)) return [];
  const lines = readFileSync(RESULTS, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

async function profileAll(scenes: readonly Scene[], databaseUrl: string): Promise<Profiled[]> {
  const found: Profiled[] = [];
  for (const scene of scenes) {
    const path = join(CACHE, `${scene.id}.cpuprofile`);
    await profile(scene, { pace: PACE, databaseUrl, profile: path });
    const title = scene.id in PROFILED ? PROFILED[scene.id as keyof typeof PROFILED] : scene.id;
    found.push({ title, ...readProfile(path) });
  }
  return found;
}

function chosenScenes(): readonly (readonly Scene[])[] {
  const wanted = given.scenes?.split(',') ?? (given.quick ? QUICK_SCENES : null);
  if (!wanted) return CONTESTS;
  return CONTESTS.map((contest) => contest.filter(({ id }) => wanted.includes(id))).filter(({ length }) => length > 0);
}

/** Those who take few turns have had enough of them after the first sitting. */
function chosenPeers(scene: Scene, sitting: number): readonly PeerId[] {
  const wanted: readonly string[] = given.peers?.split(',') ?? (given.quick ? QUICK_PEERS : PEER_IDS);
  return scene.peers.filter((id) => wanted.includes(id) && (sitting === 0 || !scene.seldom.includes(id)));
}

/** What a person has to say about the figures; kept beside the code, so that a new run does not lose it. */
function notes(): string {
  const path = join(PEERS, 'NOTES.md');
  // Its links are from where it lies; the report lies elsewhere.
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('](../docs/', '](') : '';
}

function tell({ scene, peer, turn, phases }: Row): void {
  const lines = Object.values(phases)
    .filter(({ label, units }) => units > 0 && !UNTOLD.includes(label))
    .map((phase) => {
      const { label, units, cpu, wall, p50, p99, expected, gone, refusals } = phase;
      const missing = expected > units ? `, lost ${expected - units}` : '';
      const failed = gone + refusals > 0 ? `, gone ${gone}, refused ${refusals}` : '';
      const busy = `server ${share(cpu, wall)}, crowd ${share(phase.ownCpu, wall)}, Redis ${share(phase.redisCpu, wall)}`;
      return `  ${label}: ${((cpu / units) * 1e6).toFixed(1)} µs, p50 ${p50} ms, p99 ${p99} ms, ${busy}${missing}${failed}`;
    });
  process.stdout.write(`turn ${turn + 1}, ${scene}, ${ALL[peer].title}\n${lines.join('\n')}\n`);
}

const share = (cpu: number, wall: number) => `${Math.round((cpu / wall) * 100)} %`;

function print(profiles: readonly Profiled[]): void {
  for (const { title, functions, packages } of profiles) {
    const lines = [...packages.slice(0, 12), ...functions.slice(0, 40)];
    const text = lines.map((one) => `${(one.share * 100).toFixed(1).padStart(6)} %  ${one.what}`);
    process.stdout.write(`${title}\n${text.join('\n')}\n`);
  }
}

await main();
