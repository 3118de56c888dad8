import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Client } from '../harness/client.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { report, seconds } from '../harness/report.js';
import { falseOffline, observe, offlineOf, until } from './instances.js';

const EACH = 30;
const DOWN_MS = 60_000;
const SAID = 'still here';
/** Behind the last transition: the flush, and the pool finding its server again. */
const STORED_WITHIN_MS = 15_000;

/** Postgres is away for a minute: people come and go, and what is refused is refused at once. */
export async function postgresDown(field: Field, background: Background): Promise<void> {
  const ids = await field.people('unstored', EACH);
  const clients = ids.map((id) => field.client(id));
  await field.open(clients);
  const observers = await observe(field, 'down', ids);
  const failures = background.failures;
  for (const place of field.places) place.postgres.set('cut');
  const at = now();
  await wait(5000);
  const refusedAt = now();
  const acknowledged = (await Promise.all(clients.map((client) => client.say(SAID)))).filter(Boolean).length;
  const refusedMs = now() - refusedAt;
  const left = now();
  await Promise.all(clients.map((client) => client.goOffline()));
  const wanted = observers.length * ids.length;
  await until(5000, () => offlineOf(field, observers, ids, at).length >= wanted);
  const events = offlineOf(field, observers, ids, at);
  const last = Math.max(...events.map((told) => told.at - left));
  await wait(Math.max(0, at + DOWN_MS - now()));
  for (const place of field.places) place.postgres.set('pass');
  const back = now();
  const shown = falseOffline(field, background);
  const missing = await unstored(field, clientsSeen(field, ids), back);
  for (const client of clients) client.destroy();
  report(
    field,
    {
      promise: 'Postgres down for 60 s: presence unaffected',
      bound: '0 false OFFLINE, goOffline ≤ 2 s, no transition refused, writes refused ≤ 5 s',
      measured: `${shown} false OFFLINE, ${events.length} of ${wanted} OFFLINE after ${seconds(last)}, ${background.failures - failures} transitions refused, ${acknowledged} writes acknowledged, refused in ${seconds(refusedMs)}`,
      kept:
        shown === 0 &&
        events.length === wanted &&
        last <= 2000 &&
        acknowledged === 0 &&
        refusedMs <= 5000 &&
        background.failures === failures,
    },
    {
      promise: 'Postgres back: last seen',
      bound: 'every one in Postgres ≥ the truth',
      measured: `${missing.count} of ${ids.length} missing, the last stored after ${seconds(missing.afterMs)}`,
      kept: missing.count === 0,
    },
  );
}

/** `kill -9` of the instance that has just written last seen, before it hears that it was written. */
export async function flusherKilled(field: Field): Promise<void> {
  const ids = await field.people('flushed', EACH);
  const [a, b, c] = [field.place('a'), field.place('b'), field.place('c')];
  const clients = ids.map((id) => field.client(id, { returns: false }, [a, b, c]));
  await field.open(clients);
  const acknowledged: Client[] = [];
  for (const client of clients) if (await client.say(SAID)) acknowledged.push(client);
  const observers = await observe(field, 'flushed', ids, [a, b, c]);
  let victim: string | null = null;
  for (const place of field.places) {
    let writing = false;
    place.postgres.judge((bytes, inward) => {
      if (victim !== null) return victim !== place.name;
      if (!inward) writing ||= bytes.includes('INSERT INTO last_seen');
      if (!inward || !writing) return true;
      victim = place.name;
      place.signal('SIGKILL');
      return false;
    });
  }
  const at = now();
  await Promise.all(clients.map((client) => client.goOffline()));
  await until(35_000, () => offlineOf(field, observers, ids, at).length > 0 && victim !== null);
  await wait(5000);
  const missing = await unstored(field, clientsSeen(field, ids), now());
  for (const place of field.places) place.postgres.judge(null);
  for (const place of field.places) if (!place.running) await place.start();
  for (const client of clients) client.destroy();
  const stored = await field.storedMessages(ids);
  const lost = acknowledged.filter(({ userId }) => stored.get(userId) !== SAID).length;
  report(field, {
    promise: 'flusher killed between write and acknowledgement',
    bound: 'no last seen and no acknowledged change lost',
    measured: `${victim ?? 'nobody'} killed, ${missing.count} of ${ids.length} last seen missing, ${lost} of ${acknowledged.length} changes lost`,
    kept: victim !== null && missing.count === 0 && lost === 0,
  });
}

/** The last seen that each was shown with, by whoever saw it. */
function clientsSeen(field: Field, ids: readonly string[]): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { subject, lastSeen, status } of field.history.told)
    if (status === 'OFFLINE' && ids.includes(subject))
      seen.set(subject, Math.max(seen.get(subject) ?? 0, lastSeen ?? 0));
  return seen;
}

async function unstored(field: Field, truth: ReadonlyMap<string, number>, since: number) {
  let count = truth.size;
  while (now() - since < STORED_WITHIN_MS) {
    const stored = await field.storedLastSeen([...truth.keys()]);
    count = [...truth].filter(([id, at]) => (stored.get(id) ?? 0) < at).length;
    if (count === 0) break;
    await wait(200);
  }
  return { count, afterMs: now() - since };
}
