// From the acknowledgement of a put to the new answer on the wire, beside the bare watch event of the same put.
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/ports.ts';
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { fill } from '../harness/fill.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome } from '../harness/results.ts';
import type { Running } from '../harness/running.ts';
import { percentile } from '../harness/stats.ts';
import { spawnFingerpost } from '../servers/fingerpost.ts';
import { serviceAt, services } from '../services.ts';

const script = (name: string): string => fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url));
/** How much later than the bare watch event the new answer may be on the wire, in milliseconds. */
const GOAL_MS = 2;
const SERVICES = 1_000;

/** All times are milliseconds on the monotonic clock. */
interface Put {
  readonly address: string;
  readonly sent: number;
  readonly acknowledged: number;
}

interface Arrival {
  readonly address: string;
  readonly at: number;
}

/** The new answer; `unanswered` queries so far had no reply within 100 ms. */
interface Answer extends Arrival {
  readonly unanswered: number;
}

/** Lines of JSON until the one that tells of `address`. */
async function until<T extends { readonly address: string }>(
  running: Running,
  address: string,
): Promise<T[]> {
  const all: T[] = [];
  while (all.at(-1)?.address !== address) all.push(JSON.parse(await running.line(/^\{/)) as T);
  return all;
}

interface Delays {
  /** From the acknowledgement of the put, in milliseconds; below zero where it came earlier. */
  readonly event: number[];
  readonly answer: number[];
  /** From the sending of the put. */
  readonly eventFromSent: number[];
  readonly answerFromSent: number[];
}

function delaysOf(puts: readonly Put[], events: readonly Arrival[], answers: readonly Arrival[]): Delays {
  const delays: Delays = { event: [], answer: [], eventFromSent: [], answerFromSent: [] };
  for (const { address, sent, acknowledged } of puts) {
    const event = arrivalOf(events, address);
    const answer = arrivalOf(answers, address);
    delays.event.push(event - acknowledged);
    delays.answer.push(answer - acknowledged);
    delays.eventFromSent.push(event - sent);
    delays.answerFromSent.push(answer - sent);
  }
  return delays;
}

function arrivalOf(arrivals: readonly Arrival[], address: string): number {
  const arrival = arrivals.find((one) => one.address === address);
  // The next put followed 10 ms later at the earliest; an answer that was never seen was late by more than that.
  return arrival?.at ?? Number.POSITIVE_INFINITY;
}

function outcomeOf(delays: Delays, resent: number): Outcome {
  const ms = (values: readonly number[], p: number): string => `${percentile(values, p).toFixed(2)} ms`;
  const rows = [0.5, 0.99].flatMap((p) => {
    const later = percentile(delays.answer, p) - percentile(delays.event, p);
    const label = `p${p * 100}`;
    return [
      { name: `${label}, acknowledged to bare watch event`, value: ms(delays.event, p) },
      { name: `${label}, acknowledged to new answer`, value: ms(delays.answer, p) },
      {
        name: `${label}, answer later than event by`,
        value: `${later.toFixed(2)} ms`,
        ...goal(later, GOAL_MS, 'atMost', `${GOAL_MS} ms`),
      },
      { name: `${label}, sent to bare watch event`, value: ms(delays.eventFromSent, p) },
      { name: `${label}, sent to new answer`, value: ms(delays.answerFromSent, p) },
    ];
  });
  const counts = [
    { name: 'puts', value: `${delays.answer.length}` },
    { name: 'queries without a reply', value: `${resent}` },
  ];
  return { rows: [...counts, ...rows], raw: { ...delays, resent } };
}

export const freshness: Figure = {
  name: 'freshness',
  title: 'From a put in etcd to the new answer on the wire',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const count = pace.quick ? 200 : 2_000;
    const etcd = await bed.etcd();
    await fill(etcd.endpoint, services(SERVICES));
    const { key, name } = serviceAt(0);
    const port = await freePort();
    await spawnFingerpost(bed, { port, etcd: etcd.endpoint }).line(/ready/);
    const watcher = bed.start([process.execPath, script('watcher'), etcd.endpoint, key]);
    await watcher.line(/watching/);
    const prober = bed.start([process.execPath, script('prober'), `${port}`, name]);
    await prober.line(/address/);
    progress(`${count} puts`);
    const putter = bed.start([process.execPath, script('putter'), etcd.endpoint, `${count}`]);
    const last = `10.9.${count >> 8}.${count & 255}`;
    const puts = await until<Put>(putter, last);
    const events = await until<Arrival>(watcher, last);
    const answers = await until<Answer>(prober, last);
    return outcomeOf(delaysOf(puts, events, answers), answers.at(-1)?.unanswered ?? 0);
  },
};
