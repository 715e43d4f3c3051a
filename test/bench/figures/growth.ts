// The same server with a thousand services and with a million, all asked for before: whether size costs anything.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import {
  type Contender,
  type Course,
  enter,
  measureRound,
  present,
  type Round,
  warmOf,
} from '../harness/contest.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { fingerpost } from '../servers/fingerpost.ts';
import { knot } from '../servers/knot.ts';
import { TABLE } from './million.ts';

/** Of the rate with few services: what issue 3 promises. */
const GOAL = 0.85;
const FEW = 1_000;

interface Side {
  readonly course: Course;
  readonly contenders: readonly Contender[];
}

interface Both {
  readonly few: Round;
  readonly many: Round;
}

function rowsFor(name: string, all: readonly Both[], promised: boolean, many: number): Row[] {
  const ratio = median(all.map((both) => warmOf(both.many, name) / warmOf(both.few, name)));
  const rate = (of: (both: Both) => Round) => `${whole(median(all.map((both) => warmOf(of(both), name))))}/s`;
  return [
    { name: `${name}: ${whole(FEW)} services`, value: rate(({ few }) => few) },
    { name: `${name}: ${whole(many)} services`, value: rate((both) => both.many) },
    {
      name: `${name}: many / few`,
      value: ratio.toFixed(2),
      ...(promised ? goal(ratio, GOAL, 'atLeast', `${GOAL}`) : {}),
    },
  ];
}

export const growth: Figure = {
  name: 'growth',
  title: 'From 1,000 services to 1,000,000 (quick: 50,000), random A, EDNS, all warm: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const many = pace.quick ? 50_000 : 1_000_000;
    const own = fingerpost('fingerpost, one worker', TABLE);
    const kinds = present(pace.quick ? [own] : [own, knot]);
    const side = async (count: number): Promise<Side> => {
      const course = await prepare(bed, `${whole(count)} services`, addressData(count, true));
      const contenders: Contender[] = [];
      for (const kind of kinds) contenders.push(await enter(bed, kind, course, pace));
      return { course, contenders };
    };
    const [few, more] = [await side(FEW), await side(many)];
    const all: Both[] = [];
    for (let run = 0; run < pace.runs; run++) {
      const round = ({ course, contenders }: Side) =>
        measureRound(bed, contenders, course.questions, pace, run);
      const both = { few: await round(few), many: await round(more) };
      const rate = (of: Round) => whole(warmOf(of, own.name));
      progress(`run ${run + 1}: ${own.name} ${rate(both.few)} with few, ${rate(both.many)} with many`);
      all.push(both);
    }
    const rows = kinds.flatMap(({ name }) => rowsFor(name, all, name === own.name, many));
    const raw = all.map((both) => ({
      few: Object.fromEntries(both.few),
      many: Object.fromEntries(both.many),
    }));
    return { rows, raw };
  },
};
