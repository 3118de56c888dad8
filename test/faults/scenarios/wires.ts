import { setTimeout as wait } from 'node:timers/promises';
import type { Background } from '../harness/background.js';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import { percentile } from '../harness/random.js';
import { report, seconds } from '../harness/report.js';
import type { Place } from '../harness/place.js';
import { falseOffline, until } from './instances.js';

/** Longer than an instance may be silent, shorter than that and the grace of its people. */
const APART_MS = 20_000;
const FAR_MS = 12_000;
const FAR = { delayMs: 60, bytesASecond: 400_000 };
const RIGHT_WITHIN_MS = 15_000;

/** One instance does not reach Redis, without being told so; the others do. */
export async function partitioned(field: Field, background: Background): Promise<void> {
  const [a, b, c] = [field.place('a'), field.place('b'), field.place('c')];
  b.redis?.set('hang');
  const unready = await until(APART_MS / 2, () => isReady(b).then((ready) => !ready));
  const others = (await isReady(a)) && (await isReady(c));
  await wait(APART_MS / 2);
  b.redis?.set('pass');
  const at = now();
  const ready = (await until(RIGHT_WITHIN_MS, () => isReady(b))) ? now() - at : null;
  const converged = await field.converged(2 * RIGHT_WITHIN_MS, at);
  // Whoever had been given up with it would be shown OFFLINE by now.
  await wait(12_000);
  const shown = falseOffline(field, background);
  report(field, {
    promise: 'one instance cut off from Redis for 20 s',
    bound: '0 false OFFLINE, it alone is not ready meanwhile, right ≤ 15 s after',
    measured: `${shown} false OFFLINE, ${unready ? 'not ready meanwhile' : 'READY meanwhile'}, the others ${others ? 'ready' : 'NOT ready'}, ready again after ${seconds(ready)}, right after ${seconds(converged)}`,
    kept: shown === 0 && unready && others && ready !== null && (converged ?? Infinity) <= RIGHT_WITHIN_MS,
  });
}

/** A long and narrow wire to Redis, for one instance. */
export async function farAway(field: Field, background: Background): Promise<void> {
  const b = field.place('b');
  const at = now();
  b.redis?.stretch(FAR);
  await wait(FAR_MS);
  const ready = await isReady(b);
  const late = percentile(background.delaysSince(at), 0.99);
  b.redis?.stretch({});
  const converged = await field.converged(RIGHT_WITHIN_MS);
  const shown = falseOffline(field, background);
  report(field, {
    promise: `Redis ${FAR.delayMs} ms away from one instance, ${FAR.bytesASecond / 1000} KB/s`,
    bound: '0 false OFFLINE, ready, told ≤ 1 s (p99)',
    measured: `${shown} false OFFLINE, ${ready ? 'ready' : 'NOT ready'}, p99 ${Math.round(late)} ms`,
    kept: shown === 0 && ready && converged !== null && late <= 1000,
  });
}

async function isReady({ url }: Place): Promise<boolean> {
  const patience = AbortSignal.timeout(2000);
  return fetch(`${url}/health/ready`, { signal: patience }).then(
    ({ ok }) => ok,
    () => false,
  );
}
