import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { percentile } from '../harness/random.js';
import { report, seconds } from '../harness/report.js';
import { falseOffline, killed, until } from './instances.js';
import type { Place } from '../harness/place.js';

const SOCKETS = 3000;
const CALM_MS = 10_000;
/** Each comes back at some moment of these, as clients should that lost their server without a word. */
const SPREAD_MS = 20_000;

/** An instance with very many sockets is killed; all of them turn to the two others, while some never come back. */
export async function killedWithMany(field: Field, background: Background): Promise<void> {
  const ids = await field.people('storm', SOCKETS);
  const [a, b, c] = [field.place('a'), field.place('b'), field.place('c')];
  let places: readonly Place[] = [b];
  const clients = ids.map((id) => field.client(id, { spreadMs: SPREAD_MS }, () => places));
  await field.open(clients);
  await wait(3000);
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
  const killing = killed(field).then(
    () => null,
    (error: Error) => error,
  );
  await until(60_000, () => !b.running);
  const at = now();
  const all = await until(90_000, () => clients.every((client) => client.live && client.place !== b));
  const took = now() - at;
  await wait(1000);
  const busy = percentile(background.delaysSince(at), 0.99);
  for (const place of [a, c]) place.postgres.judge(null);
  const lost = clients.filter((client) => !client.live).length;
  const shown = falseOffline(field, background);
  const failure = await killing;
  await Promise.all(clients.map((client) => client.leave()));
  report(field, {
    promise: `${SOCKETS} sockets of a killed instance`,
    bound: "all back ≤ 60 s, the others' p99 ≤ 2 × calm, ≤ 1 database query a user",
    measured: `${SOCKETS - lost} back after ${seconds(took)}, ${shown} of the others shown OFFLINE, p99 ${Math.round(busy)} ms (calm ${Math.round(calm)} ms), ${(queries / SOCKETS).toFixed(2)} queries a user`,
    kept: all && took <= 60_000 && shown === 0 && queries <= SOCKETS && busy <= 2 * calm,
  });
  if (failure !== null) throw failure;
}
