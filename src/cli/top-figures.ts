// Two reports of a server, one after the other, as rates and latencies of the time between them.
import type { TopReport } from '../api/top-schema.ts';

export interface TopFigures {
  /** Of the time between both reports, in seconds; 0 where there is one only, and no rates. */
  readonly seconds: number;
  /** A second. */
  readonly answered: number;
  readonly received: number;
  readonly changes: number;
  readonly missesQueued: number;
  readonly missesDropped: number;
  readonly turnedAway: number;
  /** The part of all answers that came from the table: 0..1, undefined where nothing was answered. */
  readonly fromTable: number | undefined;
  /** Parts of all replies, the greatest first. */
  readonly rcodes: readonly (readonly [name: string, share: number])[];
  readonly types: readonly (readonly [name: string, share: number])[];
  /** Seconds; undefined where nothing was answered. */
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
}

type Counts = Readonly<Record<string, number>>;

function shares(before: Counts, now: Counts): (readonly [string, number])[] {
  const grown = Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  const sum = grown.reduce((total, [, count]) => total + count, 0);
  return grown
    .filter(([, count]) => count > 0)
    .map(([name, count]) => [name, count / sum] as const)
    .sort(([, a], [, b]) => b - a);
}

/** The duration that `part` of all took at most, between the bounds of its bucket as if spread evenly. */
export function quantile(
  bounds: readonly number[],
  counts: readonly number[],
  part: number,
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = total * part;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      const low = bounds[bucket - 1] ?? 0;
      // Of the last bucket only the lower bound is known.
      const high = bounds[bucket] ?? low;
      return low + ((high - low) * left) / count;
    }
    left -= count;
  }
  return bounds.at(-1);
}

/** A server that was started anew in between has counted less than before: then there are no rates yet. */
function isAnew(before: TopReport, now: TopReport): boolean {
  return now.at <= before.at || now.received < before.received || now.answered < before.answered;
}

export function figuresOf(earlier: TopReport | undefined, now: TopReport): TopFigures {
  const before = earlier === undefined || isAnew(earlier, now) ? now : earlier;
  const seconds = (now.at - before.at) / 1000;
  const rate = (count: (report: TopReport) => number) =>
    seconds > 0 ? (count(now) - count(before)) / seconds : 0;
  const durations = now.durations.counts.map((count, i) => count - (before.durations.counts[i] ?? 0));
  const at = (part: number) => quantile(now.durations.bounds, durations, part);
  const [hits, misses] = [rate(({ table }) => table.hits), rate(({ table }) => table.misses)];
  return {
    seconds,
    answered: rate(({ answered }) => answered),
    received: rate(({ received }) => received),
    changes: rate(({ registry }) => registry.changes),
    missesQueued: rate((one) => one.misses.queued),
    missesDropped: rate((one) => one.misses.dropped),
    turnedAway: rate(({ limited }) => limited.denied + limited.dropped + limited.limited),
    fromTable: hits + misses > 0 ? hits / (hits + misses) : undefined,
    rcodes: shares(before.rcodes, now.rcodes),
    types: shares(before.types, now.types),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
  };
}
