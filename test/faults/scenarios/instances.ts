import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Client } from '../harness/client.js';
import type { Field } from '../harness/field.js';
import { now, type Told } from '../harness/history.js';
import type { Place } from '../harness/place.js';
import { report, seconds } from '../harness/report.js';

const COHORT = 100;
const OBSERVERS = 6;

/** Watches the subjects from instances that nothing happens to. */
export async function observe(
  field: Field,
  name: string,
  subjects: readonly string[],
  places: readonly Place[] = [field.place('a'), field.place('c')],
): Promise<Client[]> {
  const ids = await field.people(`${name}-observer`, OBSERVERS);
  const observers = ids.map((id) => field.client(id, { presence: false, watches: subjects }, places));
  await field.open(observers);
  await until(20_000, () => {
    const told = field.history.told.filter(({ viewer }) => ids.includes(viewer));
    return told.length >= ids.length * subjects.length;
  });
  return observers;
}

/** False when it does not hold within `ms`. */
export async function until(ms: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = now() + ms; now() < end; await wait(50)) if (await holds()) return true;
  return holds();
}

export function offlineOf(
  field: Field,
  viewers: readonly Client[],
  subjects: readonly string[],
  since: number,
): Told[] {
  const [who, whom] = [new Set(viewers.map(({ userId }) => userId)), new Set(subjects)];
  return field.history.told.filter(
    ({ at, viewer, subject, status }) => at >= since && status === 'OFFLINE' && who.has(viewer) && whom.has(subject),
  );
}

/** Whether the last that each viewer was told of each of them is OFFLINE, or is not. */
export function allSee(
  field: Field,
  viewers: readonly Client[],
  subjects: readonly string[],
  offline: boolean,
): boolean {
  const last = new Map<string, string>();
  for (const { viewer, subject, status } of field.history.told) last.set(`${viewer} ${subject}`, status);
  return subjects.every((subject) =>
    viewers.every(({ userId }) => (last.get(`${userId} ${subject}`) === 'OFFLINE') === offline),
  );
}

/** Times that somebody who stays (of all, or of those) was shown OFFLINE to anybody, in a snapshot or an event. */
export const falseOffline = (field: Field, { steady }: Background, whom: ReadonlySet<string> = steady): number =>
  field.history.told.filter(({ subject, status }) => status === 'OFFLINE' && steady.has(subject) && whom.has(subject))
    .length;

/** `kill -9` of one instance: some of its people never come back, some are back elsewhere within 10 s. */
export async function killed(field: Field): Promise<void> {
  const b = field.place('b');
  const gone = await field.people('gone', COHORT);
  const back = await field.people('back', COHORT);
  await field.open([...gone, ...back].map((id) => field.client(id, { returns: false }, [b])));
  const observers = await observe(field, 'killed', [...gone, ...back]);
  await wait(1000);
  const at = now();
  await b.kill();
  const returning = back.map(async (id) => {
    await wait(1000 + field.random() * 8000);
    await field.client(id, {}, [field.place('a'), field.place('c')]).open();
  });
  const wanted = observers.length * gone.length;
  await until(36_000, () => offlineOf(field, observers, gone, at).length >= wanted);
  await Promise.all(returning);
  await wait(3000);
  const events = offlineOf(field, observers, gone, at);
  const last = Math.max(...events.map((told) => told.at - at));
  const off = Math.max(...events.map(({ lastSeen }) => Math.abs((lastSeen ?? 0) - at)));
  const seen = field.history.told.filter(
    (told) => told.at > at && back.includes(told.subject) && told.viewer.startsWith('killed-'),
  ).length;
  await b.start();
  report(
    field,
    {
      promise: 'instance killed, users gone',
      bound: 'OFFLINE once each, ≤ 30 s, last seen ± 2 s of the last beat (one each 2 s)',
      measured: `${events.length} of ${wanted}, last after ${seconds(last)}, last seen off by ≤ ${seconds(off)}`,
      kept: events.length === wanted && last <= 30_000 && off <= 4500,
    },
    {
      promise: 'instance killed, users back elsewhere within 10 s',
      bound: '0 events',
      measured: `${seen} events`,
      kept: seen === 0,
    },
  );
}

/** SIGTERM of one instance after the other while all clients come back by themselves. */
export async function rolling(field: Field, background: Background): Promise<void> {
  const exits: number[] = [];
  const at = now();
  for (const place of field.places) {
    exits.push(await place.terminate());
    await place.start();
    await wait(1000);
  }
  const converged = await field.converged(20_000);
  const shown = falseOffline(field, background);
  const away = field.history.longestAway(background.steady, at);
  report(field, {
    promise: 'rolling restart of 3 instances',
    bound: '0 OFFLINE while clients are back within 10 s, each exit ≤ 40 s',
    measured: `${shown} OFFLINE, the slowest client back after ${seconds(away)}, exits ${exits.map(seconds).join(', ')}`,
    kept: shown === 0 && converged !== null && Math.max(...exits) <= 40_000,
  });
}

/** SIGSTOP for less than a lease. */
export async function paused(field: Field, background: Background): Promise<void> {
  const b = field.place('b');
  b.signal('SIGSTOP');
  await wait(6000);
  b.signal('SIGCONT');
  const converged = await field.converged(15_000);
  await wait(12_000);
  const shown = falseOffline(field, background);
  report(field, {
    promise: 'instance stopped for 6 s',
    bound: '0 events',
    measured: `${shown} OFFLINE, right again after ${seconds(converged)}`,
    kept: shown === 0 && converged !== null,
  });
}

/** SIGSTOP for longer than a lease: its people go, and come back when it wakes. */
export async function fenced(field: Field): Promise<void> {
  const b = field.place('b');
  const { redis, history } = field;
  const frozen = await field.people('frozen', COHORT);
  await field.open(frozen.map((id) => field.client(id, {}, [b])));
  const observers = await observe(field, 'fenced', frozen);
  const before = await incarnationsOf(field, 'b.');
  const at = now();
  b.signal('SIGSTOP');
  const there = field.clientsAt(b);
  for (const client of there) history.turn(client.userId, 'unsure');
  await wait(40_000);
  const events = offlineOf(field, observers, frozen, at);
  const last = Math.max(...events.map((told) => told.at - at));
  history.fence(before);
  b.signal('SIGCONT');
  const woken = now();
  for (const client of there) if (client.live) history.turn(client.userId, 'here');
  const converged = (await until(20_000, () => allSee(field, observers, frozen, false))) ? now() - woken : null;
  await wait(3000);
  const left = (await redis?.admin.keys('lamp:p:*')) ?? [];
  const kept = new Set<string>();
  for (const key of left) for (const name of before) if (key.includes(name)) kept.add(name);
  const users = left.filter((key) => key.includes(':u:'));
  for (const key of users)
    for (const name of (await redis?.admin.hkeys(key)) ?? [])
      for (const old of before) if (name.includes(old)) kept.add(old);
  history.owned([...kept]);
  const wanted = observers.length * frozen.length;
  report(field, {
    promise: 'instance stopped for 40 s',
    bound: 'fenced, OFFLINE once each ≤ 30 s, nothing of its old life left, right ≤ 5 s after it wakes',
    measured: `${events.length} of ${wanted} OFFLINE, last after ${seconds(last)}; ${kept.size} of ${before.length} old incarnations left; right after ${seconds(converged)}`,
    kept:
      events.length === wanted &&
      last <= 30_000 &&
      before.length > 0 &&
      kept.size === 0 &&
      (converged ?? Infinity) <= 5000,
  });
}

/** Names of the lives that an instance has in the shards. */
async function incarnationsOf({ redis }: Field, prefix: string): Promise<string[]> {
  const keys = (await redis?.admin.keys('lamp:p:*:n')) ?? [];
  const names: string[] = [];
  for (const key of keys) names.push(...((await redis?.admin.zrange(key, 0, -1)) ?? []));
  return names.filter((name) => name.startsWith(prefix));
}
