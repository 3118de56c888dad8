import { GROWTH_MAX } from '../../checker/quiet.js';
import type { Field } from '../harness/field.js';
import type { Place } from '../harness/place.js';
import { report } from '../harness/report.js';
import { retained } from '../harness/retained.js';

interface Noted {
  readonly pid: number;
  readonly bytes: number;
}

/** What the instances keep in memory, from some moment to a later one. */
export class Footprint {
  private readonly noted = new Map<Place, Noted>();

  /** Once those who come have filled what remembers them. */
  async note({ places }: Field): Promise<void> {
    for (const place of places) this.noted.set(place, { pid: place.pid, bytes: await retained(place) });
  }

  /** Of those that have lived since. */
  async compare(field: Field): Promise<void> {
    const grown: string[] = [];
    let kept = true;
    for (const [place, { pid, bytes }] of this.noted) {
      if (place.pid !== pid) continue;
      const now = await retained(place);
      field.history.keeps(place.name, bytes, now);
      grown.push(`${place.name} ${mebibytes(bytes)} to ${mebibytes(now)} MiB`);
      kept &&= now <= bytes * (1 + GROWTH_MAX);
    }
    report(field, {
      promise: 'memory of the instances after all this',
      bound: `≤ ${GROWTH_MAX * 100} % more than before, without garbage`,
      measured: grown.join(', '),
      kept: kept && grown.length > 0,
    });
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
