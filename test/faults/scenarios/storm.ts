import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { percentile } from '../harness/random.js';
import { report, seconds } from '../harness/report.js';
import { Sluggish } from '../harness/sluggish.js';
import { until } from './instances.js';
import type { Place } from '../harness/place.js';

const SOCKETS = 3000;
const CALM_MS = 10_000;
const READERS = 3;
const ASKED = 400;
const ASKS = 150;
const PACE_MS = 300;
/** From the moment a reader takes nothing more, with the look that notices, and the close that it is given to answer. */
const STUCK_MS = 13_000;
const QUERY =
  'query($ids: [ID!]!) { userStatuses(userIds: $ids) { userId user { username displayName } status since } }';

/** An instance with very many sockets dies; all of them turn to the two others. */
export async function reconnectStorm(field: Field, background: Background): Promise<void> {
  const ids = await field.people('storm', SOCKETS);
  const [a, b, c] = [field.place('a'), field.place('b'), field.place('c')];
  let places: readonly Place[] = [b];
  const clients = ids.map((id) => field.client(id, {}, () => places));
  await field.open(clients);
  await wait(2000);
  const calmSince = now();
  await wait(CALM_MS);
  const calm = percentile(background.delaysSince(calmSince), 0.99);
  let queries = 0;
  for (const place of [a, c])
    place.postgres.judge((bytes, inward) => {
      if (!inward) queries += bytes.toString('latin1').split(/\b(?:SELECT|INSERT|UPDATE) /).length - 1;
      return true;
    });
  places = [a, c];
  const at = now();
  await b.kill();
  const all = await until(90_000, () => clients.every((client) => client.live && client.place !== b));
  const took = now() - at;
  await wait(1000);
  const busy = percentile(background.delaysSince(at), 0.99);
  for (const place of [a, c]) place.postgres.judge(null);
  const lost = clients.filter((client) => !client.live).length;
  for (const client of clients) client.destroy();
  await b.start();
  await wait(20_000);
  report(field, {
    promise: `${SOCKETS} sockets of a killed instance`,
    bound: "all back ≤ 60 s, the others' p99 ≤ 2 × calm, ≤ 1 database query a user",
    measured: `${SOCKETS - lost} back after ${seconds(took)}, p99 ${Math.round(busy)} ms (calm ${Math.round(calm)} ms), ${(queries / SOCKETS).toFixed(2)} queries a user`,
    kept: all && took <= 60_000 && queries <= SOCKETS && busy <= 2 * calm,
  });
}

/** Clients that ask for much and read a kilobyte a second, or nothing at all. */
export async function slowReaders(field: Field, background: Background): Promise<void> {
  const asked = await field.people('asked', ASKED);
  const ids = await field.people('slow', READERS);
  const b = field.place('b');
  const calmSince = now();
  await wait(CALM_MS);
  const calm = percentile(background.delaysSince(calmSince), 0.99);
  const before = await memoryOf(b);
  const readers = await Promise.all(ids.map((id, number) => Sluggish.open(b, id, number % 2 === 0)));
  const at = now();
  const payload = { query: QUERY, variables: { ids: asked } };
  for (let number = 0; number < ASKS; number += 1) {
    for (const reader of readers) if (reader.cutAt === 0) reader.send({ id: `q${number}`, type: 'subscribe', payload });
    await wait(PACE_MS);
  }
  const askedAt = now();
  const cut = await until(40_000, () => readers.every((one) => one.cutAt > 0));
  const last = Math.max(...readers.map((one) => one.cutAt - askedAt));
  const busy = percentile(background.delaysSince(at), 0.99);
  const grown = ((await memoryOf(b)) - before) / 2 ** 20;
  for (const one of readers) one.end();
  report(field, {
    promise: 'slow reader (1 KB/s) and mute reader',
    bound: 'cut ≤ 10 s (and a look each 0.25 s) after the last answer it does not take',
    measured: `${cut ? 'all' : 'not all'} of ${READERS} cut, the last ${seconds(last)} after its last question, the process ${grown.toFixed(0)} MiB larger, the others' p99 ${Math.round(busy)} ms (calm ${Math.round(calm)} ms)`,
    kept: cut && last <= STUCK_MS,
  });
}

async function memoryOf(place: Place): Promise<number> {
  const status = await readFile(`/proc/${place.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
