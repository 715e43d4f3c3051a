// Servers beside each other: all run at once and are measured in turn, in short slices, the idle ones waiting. What makes
// the machine slower for a while, a neighbour or its clock, then slows all of them alike.
import type { Pace } from '../figure.ts';
import type { Data, ServerKind, Started } from '../servers/server.ts';
import type { TestBed } from './bed.ts';
import { type Codes, type Cost, cost, type Load } from './dnsperf.ts';
import { progress, showProgress } from './progress.ts';
import { type Row, whole } from './results.ts';
import { median } from './stats.ts';

/** Slices of a round and their length in seconds. */
function slicesOf({ quick }: Pace): readonly [number, number] {
  return quick ? [1, 1] : [3, 2];
}

/** How often everything is asked at most, until all but this share has been answered: datagrams may be lost. */
const WARM_TRIES = 3;
const WARM = 0.999;

/** What is asked. */
export interface Questions {
  /** A file with every question once, all of which have answers: what warms a server up. */
  readonly all: string;
  /** Files to measure with, one a slice in turn; `all` where left out. */
  readonly measured?: readonly string[];
  readonly edns?: boolean;
  /** A further EDNS option, `code:hexadecimal digits`. */
  readonly option?: string;
  /** Sockets that ask while it is measured. */
  readonly sockets?: number;
  /** What is due while it is measured. */
  readonly codes?: Codes;
}

export interface Course {
  readonly label: string;
  readonly data: Data;
  readonly questions: Questions;
}

export interface Contender extends Started {
  readonly name: string;
  /** What it cost to ask each question for the first time. */
  readonly first: Cost;
  /** What it is asked while it is measured, where that is not what all are asked. */
  readonly questions?: Questions;
}

/** What one server did in one round. */
export interface Measured {
  /** Answers for each second of CPU time. */
  readonly warm: number;
  readonly slices: readonly Cost[];
}

export type Round = ReadonlyMap<string, Measured>;

export function present(kinds: readonly ServerKind[]): ServerKind[] {
  return kinds.filter((kind) => {
    const why = kind.missing();
    if (why !== undefined) progress(`left out: ${kind.name}: ${why}`);
    return why === undefined;
  });
}

export function loadOf({ port }: Started, { all, measured, ...rest }: Questions, turn: number): Load {
  const files = measured ?? [all];
  return { port, queries: files[turn % files.length] as string, ...rest };
}

/** Every question once. */
export function everythingOf({ port }: Started, { all, edns = false }: Questions): Load {
  return { port, queries: all, edns };
}

/** Starts one server, asks it everything once, and then for a while. */
export async function enter(
  bed: TestBed,
  kind: ServerKind,
  { label, data, questions }: Course,
  pace: Pace,
): Promise<Contender> {
  const started = await kind.start(bed, data);
  const everything = everythingOf(started, questions);
  const first = await cost(bed, started.running.pid, everything);
  let { share } = first;
  for (let tries = 1; share < WARM && tries < WARM_TRIES; tries++) {
    progress(`${label}: ${kind.name} answered ${share} of all questions; asking them again`);
    share = (await cost(bed, started.running.pid, everything)).share;
  }
  await cost(bed, started.running.pid, { ...loadOf(started, questions, 0), seconds: slicesOf(pace)[1] });
  return { ...started, name: kind.name, first };
}

/** One round: each server's slices alternate with the others'. */
export async function measureRound(
  bed: TestBed,
  contenders: readonly Contender[],
  questions: Questions,
  pace: Pace,
  run: number,
): Promise<Round> {
  const [count, seconds] = slicesOf(pace);
  const slices = new Map(contenders.map(({ name }) => [name, [] as Cost[]]));
  for (let slice = 0; slice < count; slice++) {
    for (const contender of contenders) {
      const load = loadOf(contender, contender.questions ?? questions, run * count + slice);
      const one = await cost(bed, contender.running.pid, { ...load, seconds });
      slices.get(contender.name)?.push(one);
    }
  }
  return new Map([...slices].map(([name, all]) => [name, { warm: rateOf(all), slices: all }]));
}

export function rateOf(slices: readonly Cost[]): number {
  const sum = (of: (one: Cost) => number) => slices.reduce((all, one) => all + of(one), 0);
  return sum(({ answered }) => answered) / sum(({ cpu }) => cpu);
}

/** All rounds with the same contenders, asked everything before. */
export async function rounds(
  bed: TestBed,
  contenders: readonly Contender[],
  { label, questions }: Course,
  pace: Pace,
): Promise<Round[]> {
  const all: Round[] = [];
  const shown = showProgress(label, 'rounds');
  for (let run = 1; run <= pace.runs; run++) {
    const round = await measureRound(bed, contenders, questions, pace, run - 1);
    progress(`${label}, run ${run}: ${roundText(round)}`);
    all.push(round);
    shown.reached(run, pace.runs);
  }
  shown.end();
  return all;
}

export function roundText(round: Round): string {
  return [...round].map(([name, { warm }]) => `${name} ${whole(warm)}`).join(', ');
}

export function warmOf(round: Round, name: string): number {
  return round.get(name)?.warm ?? Number.NaN;
}

export function rateRow(label: string, all: readonly Round[], name: string): Row {
  return { name: `${label}: ${name}`, value: `${whole(median(all.map((round) => warmOf(round, name))))}/s` };
}

/** Of each round by itself, then the median: both were measured at the same time. */
export function ratioOf(all: readonly Round[], own: string, other: string): number {
  return median(all.map((round) => warmOf(round, own) / warmOf(round, other)));
}

/** Rounds as JSON can hold them. */
export function rawOf(all: readonly Round[]): unknown {
  return all.map((round) => Object.fromEntries(round));
}
