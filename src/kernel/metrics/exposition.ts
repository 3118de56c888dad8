import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { MetricRow } from './metrics.table.js';

/** What a gauge says now: one number, or one for each value of its label. */
export type Reading = () => number | Readonly<Record<string, number>>;

// They list every socket of the process at every scrape.
const COSTLY = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

/** How often the lag of the event loop is looked at. Each look wakes a process that has nothing to do; usual is 10. */
const LAG_PRECISION_MS = 50;

/** The instruments of this process, as Prometheus reads them. */
export class Exposition {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;

  constructor() {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
    for (const name of COSTLY) this.registry.removeSingleMetric(name);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Every combination of labels is there from the start, so that a first event is a rise from 0, which a rate sees. */
  counter(row: MetricRow): Counter {
    const counter = new Counter(this.options(row));
    for (const labels of combinations(row)) counter.inc(labels, 0);
    return counter;
  }

  histogram(row: MetricRow): Histogram {
    return new Histogram({ ...this.options(row), buckets: [...(row.buckets ?? [])] });
  }

  /** `readings` is looked at with every scrape; what several say is added up. */
  gauge(row: MetricRow, readings: ReadonlySet<Reading>): Gauge {
    const [label = ''] = Object.keys(row.labels);
    const all = combinations(row);
    return new Gauge({
      ...this.options(row),
      collect() {
        for (const labels of all) this.set(labels, 0);
        for (const reading of readings) {
          const value = reading();
          if (typeof value === 'number') this.inc(value);
          else for (const [of, part] of Object.entries(value)) this.inc({ [label]: of }, part);
        }
      },
    });
  }

  private options({ name, help, labels }: MetricRow) {
    return { name, help, labelNames: Object.keys(labels), registers: [this.registry] };
  }
}

function combinations({ labels }: MetricRow): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [label]: value })));
  }
  return all;
}
