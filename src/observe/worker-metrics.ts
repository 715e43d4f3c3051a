// What the UDP workers count beside questions and replies, as metrics: read when somebody asks.
import type { Tallies } from '../transport/tallies.ts';
import type { Tally } from '../transport/tally.ts';
import { type Family, single } from './family.ts';

/** The workers, as metrics see them. */
export interface Workers {
  readonly alive: number;
  readonly replaced: number;
  /** Queries that wait for the main thread. */
  readonly waiting: number;
}

/** `workers` are undefined where there are none. */
export function workerFamilies(tallies: Tallies, workers: () => Workers | undefined): Family[] {
  const sum = (count: (tally: Tally) => number) => () => sumOver(tallies, count);
  return [
    single(
      'counter',
      'fingerpost_misses_queued_total',
      'Queries that UDP workers handed to the main thread.',
      sum(({ misses }) => misses),
    ),
    single(
      'counter',
      'fingerpost_misses_dropped_total',
      'Queries dropped because too many waited for the main thread.',
      sum(({ overflows }) => overflows),
    ),
    single(
      'gauge',
      'fingerpost_misses_waiting',
      'Queries that wait for the main thread.',
      () => workers()?.waiting ?? 0,
    ),
    single('gauge', 'fingerpost_workers', 'UDP workers that are running.', () => workers()?.alive ?? 0),
    single(
      'counter',
      'fingerpost_workers_replaced_total',
      'UDP workers that ended and were replaced.',
      () => workers()?.replaced ?? 0,
    ),
    single(
      'counter',
      'fingerpost_worker_receive_failures_total',
      'Errors of the system while UDP workers received, time-outs and interruptions aside.',
      sum(({ receiveFailures }) => receiveFailures),
    ),
  ];
}

/** A count summed over all threads. */
export function sumOver({ all }: Tallies, count: (tally: Tally) => number): number {
  return all.reduce((total, { tally }) => total + count(tally), 0);
}
