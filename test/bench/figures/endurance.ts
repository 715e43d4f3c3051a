// Half an hour (`--minutes`) of changes, questions, faults and hostile packets: every answer judged, and whether the server
// grows. Only where it is named.
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Row, table } from '../../support/trial/rows.ts';
import { hostileTcp, hostileUdp, leaseStorm, stormKeys } from '../../support/trial/storms.ts';
import { type Fault, Trial, until } from '../../support/trial/trial.ts';
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { residentBytes } from '../harness/proc.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, whole } from '../harness/results.ts';
import { slope } from '../harness/stats.ts';

const MINUTES = { usual: 30, quick: 3 };
/** Over the whole time. */
const HOSTILE = { packets: 1_000_000, connections: 16_000 };
const QUICK_SHARE = 0.1;
const STORM = { leases: 20_000, shared: 5_000, ttl: 60 };
const SAMPLE_MS = 5_000;
/** So much of the time is left out of the slopes: code is compiled by then, and the heap has its room. */
const WARM = 1 / 3;
const REST_MS = 5_000;

interface Sample {
  readonly minutes: number;
  readonly resident: number;
  readonly heap: number;
  readonly descriptors: number;
}

/** One after the other, again and again. The server is not restarted: it is what may grow. */
function faults(trial: Trial): readonly (readonly [string, Fault])[] {
  const cut = async () => {
    for (const line of trial.lines) await line.cut();
    await trial.state('stale');
    return () => Promise.all(trial.lines.map((line) => line.open()));
  };
  return [
    [
      'kill -9 of the leader',
      async () => {
        const leader = await trial.cluster.leader();
        await leader.kill();
        await trial.fresh();
        return () => leader.start();
      },
    ],
    [
      'SIGSTOP of the member that we use',
      async () => {
        const used = trial.used();
        used.freeze();
        await trial.fresh();
        return () => used.thaw();
      },
    ],
    ['connections break', cut],
    [
      'no line to any member',
      async () => {
        for (const line of trial.lines) line.silence(true);
        await trial.state('stale');
        return () => {
          for (const line of trial.lines) line.silence(false);
        };
      },
    ],
    [
      'compaction while cut off',
      async () => {
        const heal = await cut();
        await trial.compact(await trial.writer.next());
        return heal;
      },
    ],
    [
      'kill -9 of all',
      async () => {
        const { members } = trial.cluster;
        await Promise.all(members.map((member) => member.kill()));
        await trial.state('stale');
        return () => Promise.all(members.map((member) => member.start()));
      },
    ],
  ];
}

async function sample(trial: Trial, began: number): Promise<Sample> {
  const { pid } = trial.server.program;
  return {
    minutes: (performance.now() - began) / 60_000,
    resident: residentBytes(pid),
    heap: await trial.server.metric('nodejs_heap_size_used_bytes'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Waits for its turn in a stream of `count` things over `ms`, of which one is a hundred. */
function pacer(count: number, ms: number): () => Promise<unknown> {
  const began = performance.now();
  let done = 0;
  return () => delay(Math.max(1, began + (++done * ms) / count - performance.now()));
}

async function storm(trial: Trial, share: number): Promise<Row> {
  const { leases, shared, ttl } = STORM;
  return trial.fault(`${whole((leases + shared) * share)} services whose leases run out`, async () => {
    const { endpoint } = await trial.cluster.leader();
    await leaseStorm(endpoint, { leases: leases * share, shared: shared * share, ttl });
    await delay(ttl * 1_000);
    return () => until('etcd has ended them', async () => (await stormKeys(endpoint)) === 0);
  });
}

interface Endured {
  readonly rows: readonly Row[];
  readonly samples: readonly Sample[];
}

async function endure(trial: Trial, minutes: number, share: number): Promise<Endured> {
  const began = performance.now();
  const ms = minutes * 60_000;
  const rows: Row[] = [];
  const samples: Sample[] = [];
  let ended = false;
  const sampling = (async () => {
    for (; !ended; await delay(SAMPLE_MS)) samples.push(await sample(trial, began));
  })();
  const at = trial.server.address;
  const packets = Math.round(HOSTILE.packets * share);
  const connections = Math.round(HOSTILE.connections * share);
  const hostile = Promise.all([
    hostileUdp(at, packets, 1, pacer(packets / 100, ms)),
    hostileTcp(at, connections, 2, pacer(connections, ms)),
  ]);
  rows.push(await storm(trial, share));
  for (let i = 0; performance.now() - began < ms; i++) {
    const all = faults(trial);
    const [what, make] = all[i % all.length] as (typeof all)[number];
    rows.push(await trial.fault(what, make));
    progress(
      `${((performance.now() - began) / 60_000).toFixed(1)} min: ${what}, ${rows.at(-1)?.wrong.length} wrong`,
    );
    await delay(REST_MS);
  }
  await hostile;
  ended = true;
  await sampling;
  return { rows, samples };
}

function outcomeOf({ rows, samples }: Endured, share: number): Outcome {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const most = (of: (row: Row) => number) => `${whole(Math.max(...rows.map(of)))} ms`;
  const settled = samples.slice(Math.floor(samples.length * WARM));
  const over = (of: (sample: Sample) => number) => slope(settled.map((one) => [one.minutes, of(one)]));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  const wrong = sum((row) => row.wrong.length);
  const unanswered = sum((row) => row.unanswered);
  process.stdout.write(`\n${table(rows)}\n`);
  for (const words of rows.flatMap((row) => row.wrong).slice(0, 10)) progress(`wrong: ${words}`);
  return {
    rows: [
      { name: 'faults', value: whole(rows.length) },
      { name: 'hostile packets over UDP', value: whole(HOSTILE.packets * share) },
      { name: 'hostile connections over TCP', value: whole(HOSTILE.connections * share) },
      { name: 'questions asked', value: whole(sum((row) => row.asked)) },
      { name: 'wrong answers', value: whole(wrong), ...goal(wrong, 0, 'atMost', '0') },
      { name: 'unanswered', value: whole(unanswered), ...goal(unanswered, 0, 'atMost', '0') },
      { name: 'answered when asked again', value: whole(sum((row) => row.again)) },
      { name: 'longest until healed', value: most((row) => row.healedAfter) },
      { name: 'longest staleness then', value: most((row) => row.staleness) },
      { name: 'resident at the end', value: megabytes(samples.at(-1)?.resident ?? Number.NaN) },
      { name: 'resident, a minute', value: megabytes(over((one) => one.resident)) },
      { name: 'heap in use, a minute', value: megabytes(over((one) => one.heap)) },
      { name: 'descriptors, a minute', value: over((one) => one.descriptors).toFixed(3) },
    ],
    raw: { rows, samples },
  };
}

export const endurance: Figure = {
  name: 'endurance',
  title: 'Changes, questions, faults and hostile packets for long',
  onlyNamed: true,
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const minutes = pace.minutes ?? (pace.quick ? MINUTES.quick : MINUTES.usual);
    const share = Math.min(1, Math.max(QUICK_SHARE, minutes / MINUTES.usual));
    const trial = await Trial.start({ seed: Date.now() % 1_000_000 });
    bed.keep(() => trial.close());
    return outcomeOf(await endure(trial, minutes, share), share);
  },
};
