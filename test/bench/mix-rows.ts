// What is told of a registry that is asked while it changes.
import { type Round, rateRow, ratioOf, warmOf } from './harness/contest.ts';
import type { Cost } from './harness/dnsperf.ts';
import { goal, type Row, whole } from './harness/results.ts';
import { median } from './harness/stats.ts';
import { knot } from './servers/knot.ts';

/** A second. */
export const CHANGES = 2_000;
/** Of the rate at rest: what issue 3 promises. */
const GOAL = 0.8;

export interface Changed {
  readonly changes: number;
  readonly seconds: number;
  readonly answers: number;
  readonly wrong: number;
  readonly late: number;
  readonly examples: readonly string[];
  readonly lost: number;
}

/** A load beside which the changer writes. */
export interface Loaded {
  readonly load: Cost;
  readonly changed: Changed;
  /** Answers for each second of CPU time meanwhile, those to the checker included. */
  readonly perCpuSecond: number;
}

/** At rest, and while services change. */
export interface Both extends Loaded {
  readonly rest: Round;
  /** While the changer writes keys that the server does not watch: what the generator loses to it, the server does not. */
  readonly elsewhere: Loaded;
}

/** What remains of the CPU time when the answers are paid at the price that they have at rest. */
function microsPerChange(own: string, { rest, load, changed, perCpuSecond }: Both): number {
  const answers = perCpuSecond * load.cpu;
  const changes = (changed.changes / changed.seconds) * load.seconds;
  return ((load.cpu - answers / warmOf(rest, own)) / changes) * 1e6;
}

export function mixRows(label: string, own: string, all: readonly Both[]): Row[] {
  const rests = all.map(({ rest }) => rest);
  const sum = (of: (changed: Changed) => number) =>
    all.reduce((total, { changed }) => total + of(changed), 0);
  const ratio = median(all.map(({ rest, perCpuSecond }) => perCpuSecond / warmOf(rest, own)));
  const perSecond = sum(({ changes }) => changes) / sum(({ seconds }) => seconds);
  const wrong = sum((changed) => changed.wrong);
  const knots = rests[0]?.has(knot.name) ? [rateRow(`${label}, at rest`, rests, knot.name)] : [];
  const beside = knots.map(() => ({
    name: `${label}, at rest: ${own} / ${knot.name}`,
    value: ratioOf(rests, own, knot.name).toFixed(2),
  }));
  return [
    rateRow(`${label}, at rest`, rests, own),
    ...knots,
    ...beside,
    {
      name: `${label}, changing: ${own}`,
      value: `${whole(median(all.map((both) => both.perCpuSecond)))}/s`,
    },
    { name: 'changing / at rest', value: ratio.toFixed(2), ...goal(ratio, GOAL, 'atLeast', `${GOAL}`) },
    {
      name: `${label}, the same changes of keys that are not watched: ${own}`,
      value: `${whole(median(all.map(({ elsewhere }) => elsewhere.perCpuSecond)))}/s`,
    },
    {
      name: 'changing / changing what is not watched',
      value: median(all.map(({ elsewhere, perCpuSecond }) => perCpuSecond / elsewhere.perCpuSecond)).toFixed(
        2,
      ),
    },
    {
      name: 'CPU of a change, with the answers that it makes anew',
      value: `${whole(median(all.map((both) => microsPerChange(own, both))))} us`,
    },
    {
      name: 'changes a second, the writer beside the generator',
      value: `${whole(perSecond)}/s`,
      ...goal(perSecond, CHANGES * 0.95, 'atLeast', `${whole(CHANGES * 0.95)}/s`),
    },
    {
      name: 'share of questions answered while changing',
      value: median(all.map(({ load }) => load.share)).toFixed(5),
    },
    { name: 'answers checked', value: whole(sum(({ answers }) => answers)) },
    { name: 'of them wrong', value: whole(wrong), ...goal(wrong, 0, 'atMost', '0') },
    {
      name: 'of them older than a second',
      value: whole(sum(({ late }) => late)),
      ...goal(
        sum(({ late }) => late),
        0,
        'atMost',
        '0',
      ),
    },
    { name: 'questions of the checker without an answer', value: whole(sum(({ lost }) => lost)) },
  ];
}
