import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import { NODE_TIMEOUT_MS } from '../harness/cluster.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { report, seconds } from '../harness/report.js';
import type { PrivateRedis } from '../../support/redis.js';
import { allSee, falseOffline, observe, offlineOf, until } from './instances.js';

/** What happens to Redis; resolves when it takes writes again. */
type Mishap = (field: Field) => Promise<void>;

export const REDIS_PAUSED = 'Redis paused for 20 s';

const MISHAPS: Readonly<Record<string, Mishap>> = {
  [REDIS_PAUSED]: async ({ redis }) => {
    await redis?.admin.call('CLIENT', 'PAUSE', 20_000, 'ALL');
    await wait(20_000);
  },
  'Redis restarted with its data': async ({ redis }) => {
    await redis?.kill();
    await wait(5000);
    await redis?.run();
  },
  'Redis restarted empty': async ({ redis }) => {
    await redis?.kill();
    await redis?.lose();
    await wait(5000);
    await redis?.run();
  },
  FLUSHALL: async ({ redis }) => redis?.flush(),
};

export const REDIS_LOSSES = Object.keys(MISHAPS).filter((name) => name !== REDIS_PAUSED);

/** After the longest time that a wrong OFFLINE could take to come out: a lease, the grace, and the sweeps. */
const LATE_MS = 27_000;
const EACH = 10;
/** Longer than the nodes need to elect another primary. */
const STILL_MS = 8000;

/** People who leave and people who come while the store is away: what everybody has to see once it is back. */
async function meanwhile(field: Field, name: string) {
  const leaving = await field.people(`${name}-leaves`, EACH);
  const coming = await field.people(`${name}-comes`, EACH);
  const leavers = leaving.map((id) => field.client(id));
  const comers = coming.map((id) => field.client(id));
  await field.open(leavers);
  const observers = await observe(field, name, [...leaving, ...coming], field.places);
  const isRight = () => allSee(field, observers, leaving, true) && allSee(field, observers, coming, false);
  return {
    begin: async () => {
      await Promise.all(leavers.map((client) => client.leave('clean')));
      void field.open(comers);
    },
    /** Milliseconds from then until everybody sees it. */
    right: async (since: number, ms: number) => ((await until(ms, isRight)) ? now() - since : null),
    end: () => {
      for (const client of [...comers, ...observers]) client.destroy();
    },
  };
}

export async function redisMishap(field: Field, background: Background, name: string): Promise<void> {
  const people = await meanwhile(field, name.replace(/\W/g, '-'));
  await people.begin();
  await MISHAPS[name]?.(field);
  const at = now();
  const right = await people.right(at, 40_000);
  const converged = await field.converged(10_000, at);
  await wait(Math.max(0, at + LATE_MS - now()));
  const still = await field.converged(10_000);
  const shown = falseOffline(field, background);
  people.end();
  report(field, {
    promise: name,
    bound: '0 false OFFLINE, right ≤ 15 s after Redis takes writes',
    measured: `${shown} false OFFLINE, who came and went meanwhile right after ${seconds(right)}`,
    kept: shown === 0 && still !== null && converged !== null && (right ?? Infinity) <= 15_000,
  });
}

/** One message about somebody on one instance never reaches another. */
export async function lostMessage(field: Field, a = field.place('a'), b = field.place('b')): Promise<void> {
  const [subject = ''] = await field.people('unheard', 1);
  const client = field.client(subject, {}, [a]);
  await client.open();
  const observers = await observe(field, 'lost', [subject], [b]);
  await wait(1000);
  let lost = 0;
  b.redis?.judge((bytes, inward) => {
    const text = inward && lost === 0 ? bytes.toString('latin1') : '';
    if (!text.startsWith('*3\r\n$7\r\nmessage') || !text.includes(subject)) return true;
    lost += 1;
    return false;
  });
  const at = now();
  await client.goOffline();
  await until(15_000, () => offlineOf(field, observers, [subject], at).length >= observers.length);
  b.redis?.judge(null);
  const events = offlineOf(field, observers, [subject], at);
  const last = Math.max(...events.map((told) => told.at - at));
  await client.leave();
  report(field, {
    promise: 'one published message lost',
    bound: 'repaired ≤ 6 s',
    measured: `${lost} lost, ${events.length} of ${observers.length} told after ${seconds(last)}`,
    kept: lost === 1 && events.length === observers.length && last <= 6000,
  });
}

/** `kill -9` of one of three primaries, each of which has a replica. */
export function primaryKilled(field: Field, background: Background): Promise<void> {
  return primaryLost(field, background, 'Cluster primary killed', (primary) => primary.kill());
}

/** One of three primaries stands still until its replica has taken over, and wakes believing that nothing has happened. */
export function primaryStale(field: Field, background: Background): Promise<void> {
  return primaryLost(field, background, 'Cluster primary still for 8 s, two of them when it wakes', async ({ pid }) => {
    process.kill(pid, 'SIGSTOP');
    setTimeout(() => process.kill(pid, 'SIGCONT'), STILL_MS);
  });
}

async function primaryLost(
  field: Field,
  background: Background,
  promise: string,
  lose: (primary: PrivateRedis) => Promise<void>,
): Promise<void> {
  const { cluster } = field;
  if (!cluster) throw new Error('This is about a cluster');
  const people = await meanwhile(field, 'primary');
  const at = now();
  const number = Math.floor(field.random() * 3);
  await lose(cluster.primary(number));
  await people.begin();
  const right = await people.right(at, 60_000);
  const converged = await field.converged(20_000, at);
  await wait(Math.max(0, at + NODE_TIMEOUT_MS + LATE_MS - now()));
  const still = await field.converged(10_000);
  const shown = falseOffline(field, background);
  const other = await cluster.tookOver(number);
  people.end();
  report(field, {
    promise,
    bound: `0 false OFFLINE, right ≤ node timeout (${NODE_TIMEOUT_MS / 1000} s) + 17 s`,
    measured: `${shown} false OFFLINE, right after ${seconds(right)}, ${other ? 'its' : 'NO'} replica took over`,
    kept:
      other && shown === 0 && still !== null && converged !== null && (right ?? Infinity) <= NODE_TIMEOUT_MS + 17_000,
  });
}
