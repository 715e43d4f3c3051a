// Fingerpost with one worker beside Knot, which sets the goal, and the other usual servers.
import type { Pace } from '../figure.ts';
import { bind } from '../servers/bind.ts';
import { dnsmasq } from '../servers/dnsmasq.ts';
import { workerFingerpost } from '../servers/fingerpost.ts';
import { knot } from '../servers/knot.ts';
import { pdns } from '../servers/pdns.ts';
import type { ServerKind } from '../servers/server.ts';
import type { TestBed } from './bed.ts';
import {
  type Contender,
  type Course,
  enter,
  present,
  type Round,
  rateRow,
  ratioOf,
  rawOf,
  rounds,
} from './contest.ts';
import { MANY_SOCKETS, SOCKETS } from './dnsperf.ts';
import { progress } from './progress.ts';
import { goal, type Outcome, type Row } from './results.ts';
import { median } from './stats.ts';

export const OTHERS: readonly ServerKind[] = [bind, pdns, dnsmasq];

/** Starts all of them, one after the other, and asks them everything. Beside Knot none when it has to be quick. */
export async function enterAll(
  bed: TestBed,
  own: ServerKind,
  others: readonly ServerKind[],
  course: Course,
  pace: Pace,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const kind of [own, ...present([knot, ...(pace.quick ? [] : others)])]) {
    progress(`${course.label}: ${kind.name} is asked everything once`);
    contenders.push(await enter(bed, kind, course, pace));
  }
  return contenders;
}

/** Rates of all, and the ratios of fingerpost's to the others'; `least` is what the project promises beside Knot. */
export function rowsAgainst(label: string, all: readonly Round[], own: string, least?: number): Row[] {
  const names = [...(all[0]?.keys() ?? [])];
  const ratios = names
    .filter((name) => name !== own)
    .map((name): Row => {
      const ratio = ratioOf(all, own, name);
      const promised =
        least !== undefined && name === knot.name ? goal(ratio, least, 'atLeast', `${least}`) : {};
      return { name: `${label}: ${own} / ${name}`, value: ratio.toFixed(2), ...promised };
    });
  return [...names.map((name) => rateRow(label, all, name)), ...ratios, busyRow(label, all, own)];
}

/** A server that waits for questions takes them in smaller batches, at a higher price for each. */
function busyRow(label: string, all: readonly Round[], own: string): Row {
  const slices = all.flatMap((round) => round.get(own)?.slices ?? []);
  const busy = median(slices.map(({ cpu, seconds }) => cpu / seconds));
  return { name: `${label}: CPU used of the core of ${own}`, value: `${Math.round(busy * 100)} %` };
}

/** All rounds, and all of them again with many sockets; the promise is about few, which is what servers are measured with. */
export async function fewAndMany(
  bed: TestBed,
  contenders: readonly Contender[],
  course: Course,
  pace: Pace,
  least: number,
): Promise<Outcome> {
  const own = contenders[0]?.name ?? '';
  const few = { ...course, label: `${course.label}, ${SOCKETS} sockets` };
  const many = {
    ...course,
    label: `${course.label}, ${MANY_SOCKETS} sockets`,
    questions: { ...course.questions, sockets: MANY_SOCKETS },
  };
  const fewRounds = await rounds(bed, contenders, few, pace);
  const manyRounds = await rounds(bed, contenders, many, pace);
  return {
    rows: [...rowsAgainst(few.label, fewRounds, own, least), ...rowsAgainst(many.label, manyRounds, own)],
    raw: { few: rawOf(fewRounds), many: rawOf(manyRounds) },
  };
}

/** The whole figure where nothing else is measured. */
export async function againstKnot(bed: TestBed, course: Course, pace: Pace, least: number): Promise<Outcome> {
  const contenders = await enterAll(bed, workerFingerpost, OTHERS, course, pace);
  const all = await rounds(bed, contenders, course, pace);
  return { rows: rowsAgainst(course.label, all, workerFingerpost.name, least), raw: rawOf(all) };
}
