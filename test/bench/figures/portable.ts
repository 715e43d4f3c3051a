// Answers for each CPU-second over portable UDP, beside a canned answer and the usual servers.
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import {
  type Contender,
  type Course,
  enter,
  measureRound,
  present,
  type Round,
  rateRow,
  ratioOf,
  roundText,
} from '../harness/contest.ts';
import type { Cost } from '../harness/dnsperf.ts';
import { fill } from '../harness/fill.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { canned } from '../servers/canned.ts';
import { portableFingerpost, workerFingerpost } from '../servers/fingerpost.ts';
import { knot } from '../servers/knot.ts';
import type { ServerKind } from '../servers/server.ts';
import { services, writeHosts, writeQuestions, writeZone } from '../services.ts';

/** Of a canned answer's rate. */
const GOAL = 0.85;
const SERVERS: readonly ServerKind[] = [portableFingerpost, canned, workerFingerpost, knot];

const OWN: readonly string[] = [portableFingerpost.name, workerFingerpost.name];

/** A round, and what the first question for each name cost each server before it. */
interface ColdRound {
  readonly round: Round;
  readonly first: ReadonlyMap<string, Cost>;
}

async function prepare(bed: TestBed, count: number): Promise<Course> {
  const label = count === 1 ? '1 name' : `${whole(count)} names`;
  progress(`${label}: writing them into etcd and zone files`);
  const all = services(count);
  const folder = bed.folder('data');
  const etcd = await bed.etcd();
  await fill(etcd.endpoint, all);
  writeZone(`${folder}/zone`, all);
  writeHosts(`${folder}/hosts`, all);
  const questions = `${folder}/questions`;
  writeQuestions(questions, all);
  return { label, questions: { all: questions }, data: { services: all, etcd: etcd.endpoint, folder } };
}

/** Servers started anew. */
async function coldRound(bed: TestBed, kinds: readonly ServerKind[], course: Course, pace: Pace) {
  const contenders: Contender[] = [];
  for (const kind of kinds) contenders.push(await enter(bed, kind, course, pace));
  const round = await measureRound(bed, contenders, course.questions, pace, 0);
  await Promise.all(contenders.map(({ running }) => running.stop()));
  return { round, first: new Map(contenders.map(({ name, first }) => [name, first])) };
}

function rowsOf({ label, data }: Course, cold: readonly ColdRound[]): Row[] {
  const rounds = cold.map(({ round }) => round);
  const names = [...(rounds[0]?.keys() ?? [])];
  const ratios = OWN.flatMap((own) => {
    const others = names.filter((name) => !OWN.includes(name));
    return others.map((name): Row => {
      const ratio = ratioOf(rounds, own, name);
      const isGoal = own === portableFingerpost.name && name === canned.name;
      const promised = isGoal ? goal(ratio, GOAL, 'atLeast', `${GOAL}`) : {};
      return { name: `${label}: ${own} / ${name}`, value: ratio.toFixed(2), ...promised };
    });
  });
  const rates = names.map((name) => rateRow(label, rounds, name));
  return [...rates, ...(data.services.length === 1 ? [] : coldRows(label, cold)), ...ratios];
}

/** What answers cost that nobody has asked for yet. */
function coldRows(label: string, cold: readonly ColdRound[]): Row[] {
  return OWN.map((name) => {
    const rates = cold.map(({ first }) => first.get(name)?.perCpuSecond ?? Number.NaN);
    return { name: `${label}: ${name}, each name for the first time`, value: `${whole(median(rates))}/s` };
  });
}

async function coldRounds(bed: TestBed, course: Course, pace: Pace): Promise<ColdRound[]> {
  const kinds = present(SERVERS);
  const all: ColdRound[] = [];
  for (let run = 1; run <= pace.runs; run++) {
    const one = await coldRound(bed, kinds, course, pace);
    progress(`${course.label}, run ${run}: ${roundText(one.round)}`);
    all.push(one);
  }
  return all;
}

export const portable: Figure = {
  name: 'portable',
  title: 'Answers a CPU-second over portable UDP (node:dgram)',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const rows: Row[] = [];
    const raw: Record<string, unknown> = {};
    for (const count of [1, pace.quick ? 20_000 : 200_000]) {
      const course = await prepare(bed, count);
      const all = await coldRounds(bed, course, pace);
      rows.push(...rowsOf(course, all));
      raw[course.label] = all.map(({ round, first }) => ({
        first: Object.fromEntries(first),
        ...Object.fromEntries(round),
      }));
    }
    return { rows, raw };
  },
};
