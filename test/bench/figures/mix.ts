// What a registry in use is asked, at rest and while it changes; and whether any answer is wrong meanwhile.
import { fileURLToPath } from 'node:url';
import { prepare } from '../course.ts';
import type { Figure, Pace } from '../figure.ts';
import { enterAll } from '../harness/against-knot.ts';
import type { TestBed } from '../harness/bed.ts';
import {
  type Contender,
  type Course,
  everythingOf,
  loadOf,
  measureRound,
  warmOf,
} from '../harness/contest.ts';
import { cost, dnsperf, LOAD_CORE } from '../harness/dnsperf.ts';
import { progress } from '../harness/progress.ts';
import { type Outcome, whole } from '../harness/results.ts';
import type { Running } from '../harness/running.ts';
import { type Both, CHANGES, type Changed, type Loaded, mixRows } from '../mix-rows.ts';
import { mixData } from '../mix-services.ts';
import { fingerpost } from '../servers/fingerpost.ts';

const CHANGER = fileURLToPath(new URL('../processes/mix-changer.ts', import.meta.url));
const CHECKS = 2_000;
const own = fingerpost('fingerpost, one worker', ['--workers', '1']);

/** The load, `go` or `go elsewhere`: what the changer does beside it. */
async function underChange(
  bed: TestBed,
  contender: Contender,
  course: Course,
  changer: Running,
  go: string,
  pace: Pace,
  run: number,
): Promise<Loaded> {
  changer.tell(go);
  await changer.line(/changing/);
  const load = await cost(bed, contender.running.pid, {
    ...loadOf(contender, course.questions, run),
    seconds: pace.quick ? 3 : 10,
  });
  changer.tell('stop');
  const changed = JSON.parse(await changer.line(/^\{/)) as Changed;
  const checked = (changed.answers / changed.seconds) * load.seconds;
  return { load, changed, perCpuSecond: (load.answered + checked) / load.cpu };
}

async function round(
  bed: TestBed,
  all: readonly Contender[],
  course: Course,
  changer: Running,
  pace: Pace,
  run: number,
): Promise<Both> {
  const contender = all[0] as Contender;
  // What changed in the round before is asked for again first; the last of it may be on its way still.
  await dnsperf(bed, { ...everythingOf(contender, course.questions), codes: {} });
  const rest = await measureRound(bed, all, course.questions, pace, run);
  const elsewhere = await underChange(bed, contender, course, changer, 'go elsewhere', pace, run);
  const here = await underChange(bed, contender, course, changer, 'go', pace, run);
  return { rest, elsewhere, ...here };
}

export const mix: Figure = {
  name: 'mix',
  title: `70 % addresses, 20 % SRV, 10 % NXDOMAIN, EDNS, and ${whole(CHANGES)} changes a second: answers a CPU-second`,
  async measure(bed, pace): Promise<Outcome> {
    const count = pace.quick ? 20_000 : 100_000;
    const label = `${whole(count)} services`;
    const course = await prepare(bed, label, mixData(count));
    const contenders = await enterAll(bed, own, [], course, pace);
    const port = contenders[0]?.port;
    const arguments_ = [course.data.etcd, port, count, CHANGES, CHECKS].map(String);
    const changer = bed.start([process.execPath, CHANGER, ...arguments_], { core: LOAD_CORE });
    await changer.line(/waiting/);
    const all: Both[] = [];
    for (let run = 0; run < pace.runs; run++) {
      const both = await round(bed, contenders, course, changer, pace, run);
      const { changed, elsewhere, perCpuSecond, rest } = both;
      progress(
        `run ${run + 1}: ${whole(warmOf(rest, own.name))} at rest, ` +
          `${whole(elsewhere.perCpuSecond)} with changes of other keys, ${whole(perCpuSecond)} with ` +
          `${whole(changed.changes / changed.seconds)} changes/s; ${changed.wrong} of ${changed.answers} wrong`,
      );
      for (const example of changed.examples) progress(`wrong: ${example}`);
      all.push(both);
    }
    return {
      rows: mixRows(label, own.name, all),
      raw: all.map((both) => ({ ...both, rest: Object.fromEntries(both.rest) })),
    };
  },
};
