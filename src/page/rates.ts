// From sums to rates: what happened between two statuses. Pure.
import type { LiveCounts, LiveStatus } from '../api/live-format.ts';

/** What happened in about one second. */
export interface Sample {
  /** Per second. */
  readonly answers: number;
  readonly rcodes: Readonly<Record<string, number>>;
  readonly changes: number;
  /** In seconds; undefined where nothing was answered. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** What happened between two statuses of one server; undefined where they tell nothing of it. */
export function sampleOf(before: LiveStatus, after: LiveStatus): Sample | undefined {
  const seconds = (after.now - before.now) / 1000;
  const [a, b] = [before.counts, after.counts];
  // A server that was started again counts from nought; clocks may be set.
  if (a === undefined || b === undefined || seconds <= 0 || total(b) < total(a)) return undefined;
  const rcodes: Record<string, number> = {};
  for (const [rcode, sum] of Object.entries(b.rcodes)) {
    const more = (sum - (a.rcodes[rcode] ?? 0)) / seconds;
    if (more > 0) rcodes[rcode] = more;
  }
  const times = b.latency.map((sum, i) => Math.max(0, sum - (a.latency[i] ?? 0)));
  return {
    answers: (total(b) - total(a)) / seconds,
    rcodes,
    changes: Math.max(0, b.changes - a.changes) / seconds,
    p50: quantile(times, b.bounds, 0.5),
    p99: quantile(times, b.bounds, 0.99),
  };
}

function total({ rcodes }: LiveCounts): number {
  return Object.values(rcodes).reduce((sum, one) => sum + one, 0);
}

/** A quantile of a histogram, interpolated within its bucket as Prometheus does it. */
export function quantile(
  times: readonly number[],
  bounds: readonly number[],
  share: number,
): number | undefined {
  const all = times.reduce((sum, one) => sum + one, 0);
  if (all === 0) return undefined;
  let left = all * share;
  for (const [i, inBucket] of times.entries()) {
    const lower = bounds[i - 1] ?? 0;
    const upper = bounds[i];
    if (upper === undefined) return lower;
    if (left <= inBucket) return lower + (upper - lower) * (left / inBucket);
    left -= inBucket;
  }
  return bounds.at(-1);
}

/** The next of 1, 2, 5, 10, 20 ... that is no less. */
export function niceAbove(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((by) => by * power >= value * 0.999) ?? 10) * power;
}
