// A million services, asked for at random, every one asked for before: rate, memory, and the time to start.
import { freePort } from '../../support/ports.ts';
import { addressData, prepare } from '../course.ts';
import type { Figure, Pace } from '../figure.ts';
import { enterAll, fewAndMany, OTHERS } from '../harness/against-knot.ts';
import type { TestBed } from '../harness/bed.ts';
import type { Contender, Course } from '../harness/contest.ts';
import { type BareRun, bareRun, type ServerRun, serverRun } from '../harness/loading.ts';
import { type Memory, memoryOf, memoryRows } from '../harness/memory.ts';
import { residentBytes } from '../harness/proc.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { fingerpost } from '../servers/fingerpost.ts';

/** Of Knot's rate, and of memory: what issue 3 promises for a million. */
const GOAL = 1.5;
const MEMORY_GOAL = 900 * 2 ** 20;
/** Room for all answers. */
export const TABLE: readonly string[] = ['--workers', '1', '--table-size', '256MiB'];

async function memory(contenders: readonly Contender[], http: string): Promise<[Row[], Memory]> {
  const [own, ...others] = contenders;
  if (own === undefined) throw new Error('nobody runs');
  const used = await memoryOf(own.running.pid, http);
  const rows = others.map(({ name, running }) => ({
    name: `memory: ${name}`,
    value: mebibytes(residentBytes(running.pid)),
  }));
  const promised = goal(used.resident, MEMORY_GOAL, 'atMost', mebibytes(MEMORY_GOAL));
  const whole = { name: `memory: ${own.name}, all warm`, value: mebibytes(used.resident), ...promised };
  return [[whole, ...memoryRows(used), ...rows], used];
}

function mebibytes(bytes: number): string {
  return `${whole(bytes / 2 ** 20)} MiB`;
}

async function start(bed: TestBed, { data }: Course, pace: Pace): Promise<[Row[], unknown]> {
  const runs: { bare: BareRun; own: ServerRun }[] = [];
  for (let run = 1; run <= (pace.quick ? 1 : 3); run++) {
    const bare = await bareRun(bed, data.etcd);
    if (bare.keys !== data.services.length) throw new Error(`etcd holds ${bare.keys} keys`);
    const own = await serverRun(bed, data.etcd, 0);
    progress(`start, run ${run}: ready after ${whole(own.readyMs)} ms, bare read ${whole(bare.ms)} ms`);
    runs.push({ bare, own });
  }
  const ms = (of: (run: { bare: BareRun; own: ServerRun }) => number): string =>
    `${whole(median(runs.map(of)))} ms`;
  const share = median(runs.map(({ bare, own }) => bare.ms / own.readyMs));
  const rows = [
    { name: 'start: from process to ready', value: ms(({ own }) => own.readyMs) },
    { name: 'start: bare etcd3 read of the same keys, 10,000 a page', value: ms(({ bare }) => bare.ms) },
    { name: "start: etcd3's reading as a share of it", value: `${whole(share * 100)} %` },
  ];
  return [rows, runs];
}

export const million: Figure = {
  name: 'million',
  title:
    'A million services (quick: 50,000), random A, EDNS, every name asked once before: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const count = pace.quick ? 50_000 : 1_000_000;
    const label = `${whole(count)} names`;
    const course = await prepare(bed, label, addressData(count, true));
    const http = `127.0.0.1:${await freePort()}`;
    const own = fingerpost('fingerpost, one worker, table of 256 MiB', [...TABLE, '--http', http]);
    const contenders = await enterAll(bed, own, OTHERS, course, pace);
    const rates = await fewAndMany(bed, contenders, course, pace, GOAL);
    const [memoryRows, used] = await memory(contenders, http);
    await Promise.all(contenders.map(({ running }) => running.stop()));
    const [startRows, starts] = await start(bed, course, pace);
    return {
      rows: [...rates.rows, ...memoryRows, ...startRows],
      raw: { rounds: rates.raw, memory: used, starts },
    };
  },
};
