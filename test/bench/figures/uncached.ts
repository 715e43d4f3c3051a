// Names that nobody has asked for yet: what it costs to ask another server.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import {
  type Contender,
  type Course,
  present,
  type Round,
  rateOf,
  rateRow,
  ratioOf,
  rawOf,
  roundText,
} from '../harness/contest.ts';
import { type Cost, cost, type Load } from '../harness/dnsperf.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { startUpstream, writeOutside } from '../outside-names.ts';
import { dnsmasq, forwardingDnsmasq } from '../servers/dnsmasq.ts';
import { forwardingFingerpost, workerFingerpost } from '../servers/fingerpost.ts';
import type { ServerKind, Started } from '../servers/server.ts';
import { forwardingUnbound } from '../servers/unbound.ts';

/** Of dnsmasq's rate: what issue 4 promises. */
const GOAL = 1;
const LABEL = 'every name new';
/** Answers that dnsmasq keeps: its default. */
const CACHED = 150;
const SLICES = 3;
/** Names that warm a server up: enough for a compiler. */
const WARMING = 60_000;

/** Files of names that were in none before. */
function freshNames(folder: string): (count: number) => string {
  let next = 0;
  return (count) => {
    const path = `${folder}/names-${next}`;
    writeOutside(path, next, count);
    next += count;
    return path;
  };
}

function load({ port }: Started, queries: string): Load {
  return { port, queries, edns: true };
}

/** All are asked the same names, which are new to each of them: nobody but itself keeps its answers. */
async function uncachedRound(
  bed: TestBed,
  contenders: readonly Contender[],
  fresh: () => string,
): Promise<Round> {
  const slices = new Map(contenders.map(({ name }) => [name, [] as Cost[]]));
  for (let slice = 0; slice < SLICES; slice++) {
    const queries = fresh();
    for (const one of contenders)
      slices.get(one.name)?.push(await cost(bed, one.running.pid, load(one, queries)));
  }
  return new Map([...slices].map(([name, all]) => [name, { warm: rateOf(all), slices: all }]));
}

function rowsOf(all: readonly Round[]): Row[] {
  const own = workerFingerpost.name;
  const names = [...(all[0]?.keys() ?? [])];
  const ratios = names
    .filter((name) => name !== own)
    .map((name): Row => {
      const ratio = ratioOf(all, own, name);
      const promised = name === dnsmasq.name ? goal(ratio, GOAL, 'atLeast', `${GOAL}`) : {};
      return { name: `${LABEL}: ${own} / ${name}`, value: ratio.toFixed(2), ...promised };
    });
  return [...names.map((name) => rateRow(LABEL, all, name)), ...ratios];
}

/** Starts one server, and asks it as many names as it takes to be at its best. */
async function begin(bed: TestBed, kind: ServerKind, { data }: Course, queries: string): Promise<Contender> {
  progress(`${LABEL}: ${kind.name} is asked the first ${whole(WARMING)}`);
  const started = await kind.start(bed, data);
  return { ...started, name: kind.name, first: await cost(bed, started.running.pid, load(started, queries)) };
}

export const uncached: Figure = {
  name: 'uncached',
  title: 'Every name new, asked of a Knot on the loopback: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, LABEL, addressData(1, true));
    const { port } = await startUpstream(bed, 60);
    const kinds = [forwardingFingerpost(port), forwardingDnsmasq(port, CACHED), forwardingUnbound(port)];
    const fresh = freshNames(bed.folder('names'));
    const warming = fresh(WARMING);
    const contenders: Contender[] = [];
    for (const kind of present(kinds)) contenders.push(await begin(bed, kind, course, warming));
    const all: Round[] = [];
    for (let run = 1; run <= pace.runs; run++) {
      const round = await uncachedRound(bed, contenders, () => fresh(pace.quick ? 10_000 : 40_000));
      progress(`${LABEL}, run ${run}: ${roundText(round)}`);
      all.push(round);
    }
    return { rows: rowsOf(all), raw: rawOf(all) };
  },
};
