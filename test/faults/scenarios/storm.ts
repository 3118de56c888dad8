import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import { Crowd } from '../harness/crowd.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import type { Place } from '../harness/place.js';
import { percentile } from '../harness/random.js';
import { report, seconds } from '../harness/report.js';
import { measureTurns } from '../harness/turns.js';
import { falseOffline, killed, until } from './instances.js';

const SOCKETS = 3000;
const NAME = 'storm';
const CALM_MS = 10_000;
/** Everybody comes back at some moment of these, as clients should that lost their server without a word. */
const SPREAD_MS = 20_000;

/** An instance with very many sockets is killed; all of them turn to the two others, while some never come back. */
export async function killedWithMany(field: Field, background: Background): Promise<void> {
  const ids = await field.people(NAME, SOCKETS);
  const [a, b, c] = [field.place('a'), field.place('b'), field.place('c')];
  const crowd = Crowd.open(field, ids, [b], SPREAD_MS);
  const opened = await until(60_000, () => crowd.live([b]) === SOCKETS);
  await wait(3000);
  const calmSince = now();
  await wait(CALM_MS);
  const calm = percentile(background.delaysSince(calmSince), 0.99);
  const usual = field.backWithinMs;
  const questions = countQuestions([a, c]);
  const turns = await Promise.all([a, c].map(measureTurns));
  crowd.turnTo([a, c]);
  field.backWithinMs = SPREAD_MS;
  const killing = killed(field).then(
    () => null,
    (error: Error) => error,
  );
  await until(60_000, () => !b.running);
  const at = now();
  const all = await until(90_000, () => crowd.live([a, c]) === SOCKETS);
  const took = now() - at;
  await wait(1000);
  const busy = percentile(background.delaysSince(at), 0.99);
  const asked = questions();
  const late = await Promise.all(turns.map((end) => end()));
  const lost = SOCKETS - crowd.live();
  const shown = falseOffline(field, background);
  field.backWithinMs = usual;
  const failure = await killing;
  await crowd.leave();
  report(field, {
    promise: `${SOCKETS} sockets of a killed instance`,
    bound: "all back ≤ 60 s, the others' p99 ≤ 2 × calm, ≤ 1 database query a user",
    measured: `${SOCKETS - lost} back after ${seconds(took)}, ${shown} of the others shown OFFLINE, p99 ${Math.round(busy)} ms (calm ${Math.round(calm)} ms; timers of the two servers late by ${late.map(Math.round).join(' and ')} ms), ${(asked / SOCKETS).toFixed(2)} queries a user`,
    kept: opened && all && took <= 60_000 && shown === 0 && asked <= SOCKETS && busy <= 2 * calm,
  });
  if (failure !== null) throw failure;
}

/** Counts questions to Postgres that name somebody of the crowd (each is sent as one piece), until what is answered is called. */
function countQuestions(places: readonly Place[]): () => number {
  let asked = 0;
  for (const place of places)
    place.postgres.judge((bytes, inward) => {
      if (!inward && bytes.includes(`${NAME}-`)) asked += 1;
      return true;
    });
  return () => {
    for (const place of places) place.postgres.judge(null);
    return asked;
  };
}
