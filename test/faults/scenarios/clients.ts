import { setTimeout as wait } from 'node:timers/promises';
import type { Field } from '../harness/field.js';
import { now } from '../harness/history.js';
import type { Place } from '../harness/place.js';
import { type Outcome, report, seconds } from '../harness/report.js';
import { observe, offlineOf, until } from './instances.js';

const EACH = 10;

const LEAVES = [
  { name: 'half-open', promise: 'half-open client', boundMs: 25_000 },
  { name: 'explicit', promise: 'explicit goOffline', boundMs: 2000 },
  { name: 'clean', promise: 'clean close', boundMs: 4000 },
  { name: 'abrupt', promise: 'abrupt loss', boundMs: 18_000 },
] as const;

/** The ways in which a client goes, side by side. */
export async function leaving(field: Field, places: readonly Place[] = field.places): Promise<void> {
  const outcomes = await Promise.all(
    LEAVES.map(async ({ name, promise, boundMs }): Promise<Outcome> => {
      const ids = await field.people(name, EACH);
      const clients = ids.map((id) => field.client(id, {}, places));
      await field.open(clients);
      const observers = await observe(field, name, ids);
      // At any moment between two signs of life.
      await wait(field.random() * 5000);
      const at = now();
      await Promise.all(
        clients.map((client) => {
          if (name === 'explicit') return client.goOffline();
          if (name !== 'clean') field.history.broke(client.userId);
          return client.leave(name === 'half-open' ? 'silent' : name);
        }),
      );
      const wanted = observers.length * ids.length;
      await until(boundMs + 10_000, () => offlineOf(field, observers, ids, at).length >= wanted);
      const events = offlineOf(field, observers, ids, at);
      const last = Math.max(...events.map((told) => told.at - at));
      // A client that went silently was seen for the last time some moment before.
      if (name !== 'half-open') field.history.checkLastSeen(new Set(ids));
      for (const client of clients) client.destroy();
      return {
        promise,
        bound: `OFFLINE ≤ ${seconds(boundMs)}`,
        measured: `${events.length} of ${wanted}, last after ${seconds(last)}`,
        kept: events.length === wanted && last <= boundMs,
      };
    }),
  );
  report(field, ...outcomes);
}
