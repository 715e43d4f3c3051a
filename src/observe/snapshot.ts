// All that is counted, as numbers of one moment: what pages and terminals show is made of two of these.
import type { Counters } from '../base/counters.ts';
import { Count, sumOfCounts } from '../guard/counts.ts';
import type { Tallies } from '../transport/tallies.ts';
import { COUNTED_TYPES, DURATION_BOUNDS_US, FAMILIES, RCODES, Row } from '../transport/tally.ts';
import type { GroupStatus } from '../upstream/status.ts';
import { countedRcode, DURATION_BOUNDS, sumOf } from './dns-families.ts';
import type { Sources } from './metrics.ts';
import { sumOver } from './worker-metrics.ts';

/** Sums since the server was made, but for what is named otherwise. */
export interface MetricsSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Each counter and gauge of the main thread, by its name in base/counters.ts; those of all threads where they count them, too. */
  readonly counts: Readonly<Record<keyof Counters, number>>;
  /** Messages taken in, those that get no reply included. */
  readonly received: number;
  /** Questions that were answered. */
  readonly answered: number;
  /** Replies, by rcode: `NOERROR`, `NXDOMAIN`, ...; only those that there were. */
  readonly rcodes: Readonly<Record<string, number>>;
  /** Questions that were answered, by type; `other` for those that are not counted by name. */
  readonly types: Readonly<Record<string, number>>;
  /** From taking a question in to its reply. `counts` has one number more than `bounds`: of what took longer than the last. */
  readonly durations: {
    /** Upper bounds in seconds. */
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    /** Of all durations, in seconds. */
    readonly sum: number;
  };
  readonly table: {
    /** Questions answered from it, or without need of it. */
    readonly hits: number;
    /** Questions whose answers had to be computed. */
    readonly misses: number;
    /** Now: answers in it, the bytes that they take, and the most that there may be. */
    readonly answers: number;
    readonly bytes: number;
    readonly capacity: number;
  };
  /** Queries that UDP workers handed to the main thread, could not hand to it, and that wait there now. */
  readonly misses: { readonly queued: number; readonly dropped: number; readonly waiting: number };
  /** Running now, and replaced so far. */
  readonly workers: { readonly alive: number; readonly replaced: number };
  /** Questions that the access list and the rate limit turned away. */
  readonly limited: { readonly denied: number; readonly dropped: number; readonly limited: number };
  /** Whether /readyz says so now, and seconds since the last word from the registry, undefined before the first. */
  readonly registry: { readonly ready: boolean; readonly lag: number | undefined };
  /** How the servers outside stand now. */
  readonly upstream: readonly GroupStatus[];
}

function named(names: readonly string[], count: (place: number) => number): Record<string, number> {
  const counts = names.map((name, place) => [name, count(place)] as const);
  return Object.fromEntries(counts.filter(([, sum]) => sum > 0));
}

export function takeSnapshot(
  counts: MetricsSnapshot['counts'],
  tallies: Tallies,
  zones: number,
  { workers, guard, table, upstream, registry }: Sources,
): MetricsSnapshot {
  const sums = sumOf(tallies, zones);
  const sum = (place: number) => sums[place] as number;
  const types = named(COUNTED_TYPES, (place) =>
    FAMILIES.reduce((total, _, family) => total + sum(Row.TYPE + family * COUNTED_TYPES.length + place), 0),
  );
  const rcodes = Array.from({ length: RCODES }, (_, rcode) => countedRcode(rcode));
  const guarded = (field: number) => (guard === undefined ? 0 : sumOfCounts(guard, field));
  return {
    at: Date.now(),
    counts,
    received: counts.queriesUdp + counts.queriesTcp,
    answered: Object.values(types).reduce((total, count) => total + count, 0),
    rcodes: named(rcodes, (rcode) => sum(Row.RCODE + rcode)),
    types,
    durations: {
      bounds: DURATION_BOUNDS,
      counts: [...sums.subarray(Row.DURATION, Row.DURATION + DURATION_BOUNDS_US.length + 1)],
      sum: sum(Row.DURATION_US) / 1e6,
    },
    table: {
      hits: counts.tableHits,
      misses: counts.tableMisses,
      answers: table?.count ?? 0,
      bytes: table?.bytes ?? 0,
      capacity: table?.capacity ?? 0,
    },
    misses: {
      queued: sumOver(tallies, (tally) => tally.misses),
      dropped: sumOver(tallies, (tally) => tally.overflows),
      waiting: workers?.waiting ?? 0,
    },
    workers: { alive: workers?.alive ?? 0, replaced: workers?.replaced ?? 0 },
    limited: {
      denied: guarded(Count.DENIED),
      dropped: guarded(Count.DROPPED),
      limited: guarded(Count.LIMITED),
    },
    registry: { ready: registry?.ready() ?? false, lag: registry?.lag() },
    upstream: upstream?.() ?? [],
  };
}
