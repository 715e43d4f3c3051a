// What the UDP workers have counted in shared memory, as metrics: read when somebody asks, at no cost to any query.
import { Counter, Gauge, type Histogram, type Registry } from 'prom-client';
import { COUNTED_TYPES, LATENCY_BOUNDS_US, RCODES, type Tally } from '../transport/udp-batch/tally.ts';
import { Rcode } from '../wire/codes.ts';

/** The workers, as metrics see them. */
export interface Workers {
  readonly tallies: readonly Tally[];
  readonly alive: number;
  readonly replaced: number;
}

const RCODE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Rcode).map(([name, code]) => [code, name]),
);

function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`;
}

/** Name and help of each metric, for the documentation to be held against. */
export const workerMetricRows = {
  replies: ['fingerpost_worker_replies_total', 'Replies that UDP workers sent from the table, by rcode.'],
  types: [
    'fingerpost_worker_types_total',
    'Replies that UDP workers sent from the table, by type asked for.',
  ],
  latency: [
    'fingerpost_worker_latency_seconds',
    'Time from taking a query in to its reply being sent, of replies from the table.',
  ],
  misses: ['fingerpost_worker_misses_total', 'Queries that UDP workers handed to the main thread.'],
  overflows: [
    'fingerpost_worker_overflows_total',
    'Queries dropped because too many waited for the main thread.',
  ],
  dropped: ['fingerpost_worker_dropped_total', 'Packets that UDP workers could not or need not reply to.'],
  receiveFailures: [
    'fingerpost_worker_receive_failures_total',
    'Errors of the system while UDP workers received, time-outs and interruptions aside.',
  ],
  alive: ['fingerpost_workers', 'UDP workers that are running.'],
  replaced: ['fingerpost_workers_replaced_total', 'UDP workers that ended and were replaced.'],
} as const;

function sum(workers: Workers, count: (tally: Tally) => number): number {
  return workers.tallies.reduce((total, tally) => total + count(tally), 0);
}

/** Shows the workers' counts in `registry`. */
export function showWorkers(registry: Registry, workers: Workers): void {
  const registers = [registry];
  const shape = ([name, help]: readonly [string, string]) => ({ name, help, registers });
  new Counter({
    ...shape(workerMetricRows.replies),
    labelNames: ['rcode'],
    collect() {
      this.reset();
      for (let rcode = 0; rcode < RCODES; rcode++) {
        const replies = sum(workers, (tally) => tally.rcode(rcode));
        if (replies > 0) this.inc({ rcode: rcodeName(rcode) }, replies);
      }
    },
  });
  new Counter({
    ...shape(workerMetricRows.types),
    labelNames: ['type'],
    collect() {
      this.reset();
      for (const [row, type] of COUNTED_TYPES.entries())
        this.inc(
          { type },
          sum(workers, (tally) => tally.typeAt(row)),
        );
    },
  });
  for (const what of ['misses', 'overflows', 'dropped', 'receiveFailures'] as const) {
    new Counter({
      ...shape(workerMetricRows[what]),
      collect() {
        this.reset();
        this.inc(sum(workers, (tally) => tally[what]));
      },
    });
  }
  new Counter({
    ...shape(workerMetricRows.replaced),
    collect() {
      this.reset();
      this.inc(workers.replaced);
    },
  });
  new Gauge({
    ...shape(workerMetricRows.alive),
    collect() {
      this.set(workers.alive);
    },
  });
  showLatency(registry, workers);
}

/** A histogram whose buckets are counted elsewhere: prom-client's own can only count by itself. */
function showLatency(registry: Registry, workers: Workers): void {
  const [name, help] = workerMetricRows.latency;
  const get = async () => {
    const values = [];
    let total = 0;
    for (const [bucket, us] of [...LATENCY_BOUNDS_US, Number.POSITIVE_INFINITY].entries()) {
      total += sum(workers, (tally) => tally.latencyAt(bucket));
      const le = us === Number.POSITIVE_INFINITY ? '+Inf' : us / 1e6;
      values.push({ labels: { le }, value: total, metricName: `${name}_bucket` });
    }
    values.push({
      labels: {},
      value: sum(workers, (tally) => tally.latencySumUs) / 1e6,
      metricName: `${name}_sum`,
    });
    values.push({ labels: {}, value: total, metricName: `${name}_count` });
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  };
  // All that a registry asks of a metric is its name and `get`.
  const metric: unknown = { name, get };
  registry.registerMetric(metric as Histogram);
}
