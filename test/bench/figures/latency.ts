// How long an answer takes while a server is half as busy as Knot can be.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { enterAll } from '../harness/against-knot.ts';
import type { TestBed } from '../harness/bed.ts';
import { type Contender, type Course, loadOf } from '../harness/contest.ts';
import { dnsperf } from '../harness/dnsperf.ts';
import { type Latency, latency } from '../harness/latency.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { workerFingerpost } from '../servers/fingerpost.ts';
import { knot } from '../servers/knot.ts';

const SERVICES = 10_000;
/**
 * Servers alternate after so many seconds, and percentiles are taken of each stretch by itself: one that something else on
 * the machine disturbed does not count more than another.
 */
const SECONDS = 1;
/** Such rounds for each run that is asked for. */
const SLICES = 5;

/** Of each round, by the server's name. */
type Round = ReadonlyMap<string, Latency>;

function value(rounds: readonly Round[], name: string, of: (one: Latency) => number): number {
  return median(rounds.map((round) => of(round.get(name) as Latency)));
}

function rowsOf(rate: number, rounds: readonly Round[], names: readonly string[]): Row[] {
  const ofEach = (label: string, of: (one: Latency) => number): Row[] => {
    const knots = value(rounds, knot.name, of);
    return names.map((name) => {
      const own = value(rounds, name, of);
      const promised =
        name === workerFingerpost.name ? goal(own, knots, 'atMost', `${knots.toFixed(3)} ms`) : {};
      return { name: `${label}: ${name}`, value: `${own.toFixed(3)} ms`, ...promised };
    });
  };
  return [
    { name: "half of Knot's highest rate", value: `${whole(rate)}/s` },
    ...ofEach('p50', ({ p50 }) => p50),
    ...ofEach('p99', ({ p99 }) => p99),
    ...names.map((name) => ({
      name: `answers measured in a run, at least: ${name}`,
      value: whole(Math.min(...rounds.map((round) => round.get(name)?.answers ?? 0))),
    })),
  ];
}

/** Answers a second of the clock when it is asked as fast as it answers. */
async function highestRate(bed: TestBed, contender: Contender, course: Course): Promise<number> {
  const { answered, seconds: took } = await dnsperf(bed, {
    ...loadOf(contender, course.questions, 0),
    seconds: SECONDS,
  });
  return answered / took;
}

export const latencyFigure: Figure = {
  name: 'latency',
  title: `Latency at half of Knot's highest rate, ${whole(SERVICES)} names, random A, EDNS`,
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, `${whole(SERVICES)} names`, addressData(SERVICES, true));
    const contenders = await enterAll(bed, workerFingerpost, [], course, pace);
    const rival = contenders.find(({ name }) => name === knot.name);
    if (rival === undefined) throw new Error('half of the highest rate of Knot cannot be known without it');
    const rates: number[] = [];
    for (let run = 0; run < 3; run++) rates.push(await highestRate(bed, rival, course));
    const rate = median(rates) / 2;
    const rounds: Round[] = [];
    for (let run = 0; run < pace.runs * (pace.quick ? 1 : SLICES); run++) {
      const round = new Map<string, Latency>();
      for (const contender of contenders) {
        const load = { ...loadOf(contender, course.questions, run), seconds: SECONDS, rate };
        round.set(contender.name, await latency(bed, load));
      }
      const text = [...round].map(([name, { p50, p99 }]) => `${name} ${p50.toFixed(3)}/${p99.toFixed(3)} ms`);
      progress(`run ${run + 1}, p50/p99: ${text.join(', ')}`);
      rounds.push(round);
    }
    const names = contenders.map(({ name }) => name);
    return {
      rows: rowsOf(rate, rounds, names),
      raw: { rates, rounds: rounds.map((r) => Object.fromEntries(r)) },
    };
  },
};
