// What is counted, as Prometheus metrics. Counting is a plain addition; sums are taken when somebody asks.
import type { Counter, Counters, Gauge } from '../base/counters.ts';
import { Tallies } from '../transport/tallies.ts';
import type { GroupStatus } from '../upstream/status.ts';
import { dnsFamilies } from './dns-families.ts';
import { CONTENT_TYPE, type Family, labelText, textOf } from './family.ts';
import { guardFamilies } from './guard-metrics.ts';
import { type MetricRow, metricRows } from './metric-rows.ts';
import { processMetrics } from './process-metrics.ts';
import { buildFamily, type RegistryState, registryFamilies } from './registry-metrics.ts';
import { type MetricsSnapshot, takeSnapshot } from './snapshot.ts';
import { type TableState, tableFamilies } from './table-metrics.ts';
import { upstreamFamilies } from './upstream-metrics.ts';
import { sumOver, type Workers, workerFamilies } from './worker-metrics.ts';

/** A sum that costs an addition to keep: it sits on the path of every query. */
class Sum implements Counter, Gauge {
  #value = 0;
  /** What was counted somewhere else, to be added. */
  elsewhere: () => number = () => 0;

  get value(): number {
    return this.#value + this.elsewhere();
  }

  inc(by = 1): void {
    this.#value += by;
  }

  set(value: number): void {
    this.#value = value;
  }
}

/** What is looked at when somebody asks; absent where there is no such thing, or not yet. */
export interface Sources {
  readonly workers?: Workers;
  /** What the guards of all threads have counted. */
  readonly guard?: SharedArrayBuffer;
  readonly table?: TableState;
  readonly registry?: RegistryState;
  readonly upstream?: () => readonly GroupStatus[];
}

export interface Metrics {
  readonly counters: Counters;
  /** Where every thread counts what it answers. */
  readonly tallies: Tallies;
  /** All families of the server's own, those of the process aside. */
  readonly families: readonly Family[];
  /** Shows these too. */
  show(sources: Sources): void;
  /** All of it as numbers, for those who show rates: at a cost of less than a millisecond for a hundred zones. */
  snapshot(): MetricsSnapshot;
  /** All metrics in the Prometheus text format, piece by piece. */
  chunks(): AsyncIterable<string>;
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Also the process: CPU, memory, event loop, garbage collection. One server a process should. */
  readonly process?: boolean;
  /** The zones, in order of their numbers, with the final dot. */
  readonly zones?: readonly string[];
  readonly version?: string;
}

type Sums = { readonly [K in keyof Counters]: Sum };
type Shown = readonly (readonly [MetricRow, Sum])[];

/** A family for all rows of a name. */
function familyOf(rows: Shown): Family {
  const [{ name, help, kind }] = rows[0] as Shown[number];
  return {
    name,
    help,
    kind,
    *lines() {
      for (const [{ label }, sum] of rows)
        yield `${name}${labelText(label === undefined ? [] : [label])} ${sum.value}\n`;
    },
  };
}

function countedFamilies(sums: Sums): Family[] {
  const fields = Object.keys(metricRows) as (keyof Counters)[];
  const rows = fields.map((field) => [metricRows[field], sums[field]] as const);
  return [...Map.groupBy(rows, ([{ name }]) => name).values()].map(familyOf);
}

/** The metrics of one server. */
export function createMetrics({ zones = [], version = '', ...options }: MetricsOptions = {}): Metrics {
  const ofProcess = options.process === false ? async () => '' : processMetrics();
  const tallies = new Tallies(zones.length);
  // Made from the rows, which have exactly the fields of Counters.
  const sums = Object.fromEntries(
    Object.keys(metricRows).map((field) => [field, new Sum()]),
  ) as unknown as Sums;
  sums.queriesUdp.elsewhere = () => sumOver(tallies, ({ queries }) => queries);
  sums.tableHits.elsewhere = () => sumOver(tallies, ({ replies }) => replies);
  sums.dropped.elsewhere = () => sumOver(tallies, ({ dropped }) => dropped);
  let sources: Sources = {};
  const families = [
    ...dnsFamilies(tallies, zones),
    ...countedFamilies(sums),
    ...registryFamilies(() => sources.registry),
    ...tableFamilies(() => sources.table),
    ...workerFamilies(tallies, () => sources.workers),
    ...guardFamilies(() => sources.guard),
    ...upstreamFamilies(() => sources.upstream?.() ?? []),
    buildFamily(version),
  ];
  const chunks = async function* () {
    yield* textOf(families);
    const text = await ofProcess();
    if (text !== '') yield text;
  };
  const values = () => Object.fromEntries(Object.entries(sums).map(([field, { value }]) => [field, value]));
  return {
    counters: sums,
    tallies,
    families,
    show(more) {
      sources = { ...sources, ...more };
    },
    snapshot: () => takeSnapshot(values() as MetricsSnapshot['counts'], tallies, zones.length, sources),
    chunks,
    async text() {
      let all = '';
      for await (const chunk of chunks()) all += chunk;
      return all;
    },
    contentType: CONTENT_TYPE,
  };
}
