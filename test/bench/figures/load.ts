// Time and memory that many services take: from etcd to ready, beside a bare read of the same keys.
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { fill } from '../harness/fill.ts';
import { type BareRun, bareRun, type ServerRun, serverRun } from '../harness/loading.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { services } from '../services.ts';

/** Of the bare read's time, and bytes for each service: what issue 2 promises. */
const TIME_GOAL = 3;
const BYTES_GOAL = 600;

interface Runs {
  readonly loaded: ServerRun[];
  readonly empty: ServerRun[];
  readonly bare: BareRun[];
}

async function alternate(bed: TestBed, full: string, none: string, pace: Pace): Promise<Runs> {
  const runs: Runs = { loaded: [], empty: [], bare: [] };
  const settleMs = pace.quick ? 3_000 : 15_000;
  for (let run = 1; run <= pace.runs; run++) {
    const bare = await bareRun(bed, full);
    const loaded = await serverRun(bed, full, settleMs);
    const empty = await serverRun(bed, none, settleMs);
    runs.bare.push(bare);
    runs.loaded.push(loaded);
    runs.empty.push(empty);
    progress(
      `run ${run}: bare ${whole(bare.ms)} ms (process ${whole(bare.processMs)}), ` +
        `ready ${whole(loaded.readyMs)} ms (empty ${whole(empty.readyMs)}), ` +
        `resident ${whole(loaded.residentBytes / 1e6)} MB (empty ${whole(empty.residentBytes / 1e6)})`,
    );
  }
  return runs;
}

/** The ratio of each run by itself, then the median: both were measured one after the other. */
function ofEach(
  loaded: readonly ServerRun[],
  bare: readonly BareRun[],
  ratio: (own: ServerRun, other: BareRun) => number,
): number {
  return median(loaded.map((own, i) => ratio(own, bare[i] as BareRun)));
}

function outcomeOf(count: number, { loaded, empty, bare }: Runs): Outcome {
  const ready = median(loaded.map((run) => run.readyMs));
  const start = median(empty.map((run) => run.readyMs));
  const bareMs = median(bare.map((run) => run.ms));
  const bareProcess = median(bare.map((run) => run.processMs));
  const memory = (runs: readonly ServerRun[]) => median(runs.map((run) => run.residentBytes));
  const each = (memory(loaded) - memory(empty)) / count;
  // Both processes whole, and both without what they take to start: node, modules, an empty list.
  const processRatio = ofEach(loaded, bare, (own, other) => own.readyMs / other.processMs);
  const loadRatio = ofEach(loaded, bare, (own, other) => (own.readyMs - start) / other.ms);
  const rows = [
    { name: 'services', value: whole(count) },
    { name: 'bare etcd3 read, process start to end', value: `${whole(bareProcess)} ms` },
    { name: 'bare etcd3 read, connect to last key', value: `${whole(bareMs)} ms` },
    { name: 'fingerpost, process start to ready', value: `${whole(ready)} ms` },
    { name: 'fingerpost with an empty etcd, process start to ready', value: `${whole(start)} ms` },
    {
      name: 'fingerpost / bare, process start to end',
      value: processRatio.toFixed(2),
      ...goal(processRatio, TIME_GOAL, 'atMost', `${TIME_GOAL}`),
    },
    {
      name: 'fingerpost / bare, loading alone',
      value: loadRatio.toFixed(2),
      ...goal(loadRatio, TIME_GOAL, 'atMost', `${TIME_GOAL}`),
    },
    { name: 'resident, empty', value: `${whole(memory(empty) / 1e6)} MB` },
    { name: 'resident, loaded', value: `${whole(memory(loaded) / 1e6)} MB` },
    {
      name: 'resident for each service',
      value: `${whole(each)} B`,
      ...goal(each, BYTES_GOAL, 'atMost', `${BYTES_GOAL} B`),
    },
  ];
  return { rows, raw: { loaded, empty, bare } };
}

export const load: Figure = {
  name: 'load',
  title: 'Loading services from etcd',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const count = pace.quick ? 50_000 : 200_000;
    const full = await bed.etcd();
    const none = await bed.etcd();
    progress(`writing ${whole(count)} services into etcd`);
    await fill(full.endpoint, services(count));
    const runs = await alternate(bed, full.endpoint, none.endpoint, pace);
    for (const { keys } of runs.bare) if (keys !== count) throw new Error(`${keys} keys instead of ${count}`);
    return outcomeOf(count, runs);
  },
};
