// The server that ours asks falls silent under load: what becomes of zone names, of names in the cache, of new names.
import { setTimeout as delay } from 'node:timers/promises';
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { Client, Type } from '../harness/ask.ts';
import type { TestBed } from '../harness/bed.ts';
import { type Course, everythingOf } from '../harness/contest.ts';
import { dnsperf, dnsperfCommand, LOAD_CORE } from '../harness/dnsperf.ts';
import { extendedErrors } from '../harness/extended-errors.ts';
import { type Latency, latency } from '../harness/latency.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { median, spread } from '../harness/stats.ts';
import { outsideName, startUpstream, writeOutside } from '../outside-names.ts';
import { forwardingFingerpost } from '../servers/fingerpost.ts';
import type { Started } from '../servers/server.ts';

const NAMES = 1_000;
const CACHED = 200;
/** Of answers from outside, in seconds: short, so that they are over soon after the server has stopped. */
const TTL = 2;
/** Questions a second for zone names, whose latency is measured, and for new names outside, all the while. */
const RATE = 5_000;
const NEW_RATE = 150;
/** More than any run asks for. */
const NEW_NAMES = 200_000;
/** Said by --forward-timeout, in seconds, and what is granted on top for the machine's sake. */
const TIMEOUT = 4;
const SLACK_MS = 250;
const PATIENCE_MS = 10_000;
/** RFC 8914 4.4. */
const STALE = 3;
const SERVFAIL = 2;

interface StoppedRound {
  readonly before: Latency;
  readonly during: Latency;
  /** Until the first new name that was asked when the server had stopped got its SERVFAIL, in milliseconds. */
  readonly failedMs: number;
  /** Names in the cache that were answered, marked as stale, and how long the slowest took. */
  readonly stale: number;
  readonly slowestMs: number;
}

/** How long it takes until a name that nobody has asked for is answered SERVFAIL. */
async function untilFailed(client: Client, name: string): Promise<number> {
  const begun = performance.now();
  const reply = await client.ask(name, Type.A, PATIENCE_MS, true);
  const code = (reply?.[3] ?? 0) & 15;
  if (code !== SERVFAIL) throw new Error(`${name}: code ${reply === undefined ? 'none' : code}`);
  return performance.now() - begun;
}

async function askStale(client: Client): Promise<{ stale: number; slowestMs: number }> {
  const begun = performance.now();
  const times: number[] = [];
  const one = async (i: number) => {
    const reply = await client.ask(outsideName(i), Type.A, PATIENCE_MS, true);
    if (reply === undefined || ((reply[3] ?? 0) & 15) !== 0 || reply.readUInt16BE(6) === 0) return;
    if (extendedErrors(reply).includes(STALE)) times.push(performance.now() - begun);
  };
  await Promise.all(Array.from({ length: CACHED }, (_, i) => one(i)));
  return { stale: times.length, slowestMs: Math.max(0, ...times) };
}

class Scene {
  readonly #bed: TestBed;
  readonly #upstream: Started;
  readonly #own: Started;
  readonly #course: Course;
  readonly #client: Client;
  readonly #seconds: number;

  constructor(
    bed: TestBed,
    upstream: Started,
    own: Started,
    course: Course,
    client: Client,
    seconds: number,
  ) {
    this.#bed = bed;
    this.#upstream = upstream;
    this.#own = own;
    this.#course = course;
    this.#client = client;
    this.#seconds = seconds;
  }

  #latency(): Promise<Latency> {
    const load = everythingOf(this.#own, this.#course.questions);
    return latency(this.#bed, { ...load, seconds: this.#seconds, rate: RATE });
  }

  /** `newName` is asked by nobody else. */
  async round(newName: string): Promise<StoppedRound> {
    for (let i = 0; i < CACHED; i++) await this.#client.ask(outsideName(i), Type.A, PATIENCE_MS, true);
    const before = await this.#latency();
    await this.#upstream.running.pause();
    try {
      const failing = untilFailed(this.#client, newName);
      const [during, failedMs] = await Promise.all([this.#latency(), failing]);
      await delay(TTL * 1_000);
      return { before, during, failedMs, ...(await askStale(this.#client)) };
    } finally {
      this.#upstream.running.resume();
    }
  }
}

function rowsOf(all: readonly StoppedRound[]): Row[] {
  const p99 = (of: (round: StoppedRound) => Latency) => all.map((round) => of(round).p99);
  const before = p99((round) => round.before);
  const during = median(p99((round) => round.during));
  const [least, most] = spread(before);
  const lost = all.reduce((sum, round) => sum + round.during.lost, 0);
  const failed = Math.max(...all.map(({ failedMs }) => failedMs));
  const stale = Math.min(...all.map((round) => round.stale));
  const limit = TIMEOUT * 1_000 + SLACK_MS;
  return [
    {
      name: 'zone names, p99 before',
      value: `${median(before).toFixed(3)} ms`,
    },
    { name: 'of the rounds', value: `${least.toFixed(3)} to ${most.toFixed(3)} ms` },
    {
      name: 'zone names, p99 while the server outside is stopped',
      value: `${during.toFixed(3)} ms`,
      ...goal(during, most, 'atMost', `${most.toFixed(3)} ms`),
    },
    { name: 'zone names without an answer', value: whole(lost), ...goal(lost, 0, 'atMost', '0') },
    {
      name: `names in the cache answered as stale (EDE ${STALE}), of ${CACHED}`,
      value: whole(stale),
      ...goal(stale, CACHED, 'atLeast', whole(CACHED)),
    },
    {
      name: 'the slowest of them',
      value: `${whole(Math.max(...all.map(({ slowestMs }) => slowestMs)))} ms`,
    },
    {
      name: `first new name answered SERVFAIL (--forward-timeout ${TIMEOUT})`,
      value: `${whole(failed)} ms`,
      ...goal(failed, limit, 'atMost', `${whole(limit)} ms`),
    },
  ];
}

export const upstreamStopped: Figure = {
  name: 'upstream-stopped',
  title: `The server outside stops, ${whole(RATE)} zone names and ${NEW_RATE} new names outside a second`,
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, `${whole(NAMES)} names`, addressData(NAMES, true));
    const upstream = await startUpstream(bed, TTL);
    const flags = ['--forward-timeout', `${TIMEOUT}`];
    const own = await forwardingFingerpost(upstream.port, flags).start(bed, course.data);
    await dnsperf(bed, everythingOf(own, course.questions));
    const queries = `${course.data.folder}/new`;
    writeOutside(queries, CACHED, NEW_NAMES);
    const load = { port: own.port, queries, rate: NEW_RATE, seconds: 3_600, underWay: 1_000, edns: true };
    const asking = bed.start(dnsperfCommand(load), { core: LOAD_CORE });
    const client = await Client.open(own.port);
    const scene = new Scene(bed, upstream, own, course, client, pace.quick ? 2 : 5);
    const all: StoppedRound[] = [];
    try {
      for (let run = 1; run <= pace.runs; run++) {
        const round = await scene.round(outsideName(CACHED + NEW_NAMES + run));
        const { before, during, failedMs, stale } = round;
        progress(
          `run ${run}: p99 ${before.p99.toFixed(3)} ms, ${during.p99.toFixed(3)} ms while stopped; ` +
            `failed after ${whole(failedMs)} ms; ${stale} of ${CACHED} stale`,
        );
        all.push(round);
      }
    } finally {
      client.close();
      await asking.stop();
    }
    return { rows: rowsOf(all), raw: all };
  },
};
