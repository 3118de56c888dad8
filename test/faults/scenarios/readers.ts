import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { gauge } from '../harness/metrics.js';
import { percentile } from '../harness/random.js';
import { report, seconds } from '../harness/report.js';
import { retained } from '../harness/retained.js';
import { Sluggish } from '../harness/sluggish.js';
import type { Place } from '../harness/place.js';
import { falseOffline } from './instances.js';

const CALM_MS = 8000;
const READERS = 20;
/** After the server has given it up and before it ends the wire, one of them reads on, to hear with which words. */
const REPENTS_AFTER_MS = 8000;
const ASKED = 400;
const PACE_MS = 200;
const LOOK_MS = 100;
const AT_MOST_MS = 90_000;
const QUERY =
  'query($ids: [ID!]!) { userStatuses(userIds: $ids) { userId user { username displayName } status since } }';

/** Clients that ask for much and read a kilobyte a second, or nothing at all. */
export async function slowReaders(field: Field, background: Background, b = field.place('b')): Promise<void> {
  const asked = await field.people('asked', ASKED);
  const ids = await field.people('slow', READERS);
  const before = await retained(b);
  const beside = new Set(field.clientsAt(b).map(({ userId }) => userId));
  const calmSince = now();
  await wait(CALM_MS);
  const calm = percentile(background.delaysSince(calmSince, b), 0.99);
  const cutBefore = (await lookAt(b)).cut;
  const readers = await Promise.all(ids.map((id, number) => Sluggish.open(b, id, number % 2 === 0)));
  const at = now();
  const payload = { query: QUERY, variables: { ids: asked } };
  // When the server could not write to the first of them, the second, and so on; and when it had cut as many.
  const heldAt: number[] = [];
  const cutAt: number[] = [];
  let kept = NaN;
  let busy = NaN;
  let asks = 0;
  for (let askAt = at; cutAt.length < READERS && now() - at < AT_MOST_MS; await wait(LOOK_MS)) {
    const { held, cut } = await lookAt(b);
    for (let count = heldAt.length; count < Math.min(READERS, held + cut - cutBefore); count += 1) heldAt.push(now());
    for (let count = cutAt.length; count < Math.min(READERS, cut - cutBefore); count += 1) cutAt.push(now());
    if (heldAt.length === READERS && Number.isNaN(kept)) {
      // To count what is kept, the instance is stopped for a moment by us.
      busy = percentile(background.delaysSince(at, b), 0.99);
      kept = await retained(b);
    }
    if (now() - (heldAt[READERS - 1] ?? Infinity) > REPENTS_AFTER_MS) readers[0]?.repent();
    if (heldAt.length === READERS || now() < askAt) continue;
    askAt = now() + PACE_MS;
    asks += 1;
    for (const reader of readers) reader.send({ id: `q${asks}`, type: 'subscribe', payload });
  }
  const longest = Math.max(...heldAt.map((since, number) => (cutAt[number] ?? Infinity) - since));
  const each = (kept - before) / READERS / 2 ** 20;
  const code = readers[0]?.code ?? null;
  const shown = falseOffline(field, background, beside);
  for (const one of readers) one.end();
  report(field, {
    promise: 'slow reader (1 KB/s) and mute reader',
    bound: 'cut ≤ 10 s with 4008, ≤ 1 MiB each, the others are told ≤ 1 s (p99) and never wrong',
    measured: `${cutAt.length} of ${READERS} cut, ≤ ${seconds(longest)} after nothing could be written, code heard: ${code ?? 'none'}, ${each.toFixed(2)} MiB each, the others' p99 there ${Math.round(busy)} ms (calm ${Math.round(calm)} ms), ${shown} shown OFFLINE`,
    kept: cutAt.length === READERS && longest <= 10_000 && code === 4008 && each <= 1 && busy <= 1000 && shown === 0,
  });
}

async function lookAt({ url }: Place): Promise<{ held: number; cut: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return {
    held: gauge(text, 'lamplight_connections_held'),
    cut: gauge(text, 'lamplight_connections_ended_total', 'ending="slow"'),
  };
}
