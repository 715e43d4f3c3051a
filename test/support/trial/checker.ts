// The judge of every answer: a state that the registry really had, never older than what was answered before, and fresh.
//
// One server process is one run. Within a run the rule is strict, across names, types, threads and transports: an answer
// to a question that was asked after another one was answered is never older than that one. A process that was ended in
// order has saved all that it knew, so that its successor goes on under the same rule. One that was killed had saved the
// state of its `fingerpost_snapshot_revision`, and its successor may go back to that, not further.
import type { Journal, Span } from './journal.ts';

/** A question as it was sent. */
export interface Asked {
  readonly question: string;
  /** When, by `performance.now()`. */
  readonly at: number;
  /** What had been proved by then: an older answer is wrong. */
  readonly floor: number;
  readonly run: number;
}

/** What was counted since the last `mark`. */
export interface Tally {
  asked: number;
  /** In words, each of them. */
  readonly wrong: string[];
  /** SERVFAIL from a process that has just begun and knows nothing yet. Later it is wrong. */
  failed: number;
  /** Nobody answered, though it was asked again and again. */
  unanswered: number;
  /** Answered when asked again. */
  again: number;
  /** The longest that a write had been acknowledged when a question was asked that was answered without it, in milliseconds. */
  staleness: number;
}

const fresh = (): Tally => ({ asked: 0, wrong: [], failed: 0, unanswered: 0, again: 0, staleness: 0 });

export class Checker {
  readonly #journal: Journal;
  #run = 0;
  /** Where the run began. */
  #start = 0;
  #floor = 0;
  /** When the run knew something at the latest, by `performance.now()`. */
  #knows = Number.POSITIVE_INFINITY;
  #tally = fresh();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** The write that an answer has proved the server to know. */
  get floor(): number {
    return this.#floor;
  }

  /** What was counted since the last `mark`; it goes on counting. */
  get tally(): Readonly<Tally> {
    return this.#tally;
  }

  /** Counts anew; what was counted until now. */
  mark(): Tally {
    const tally = this.#tally;
    this.#tally = fresh();
    return tally;
  }

  /** Another process answers, which knows write `floor` at least. */
  restarted(floor = this.#floor): void {
    this.#run += 1;
    this.#start = floor;
    this.#floor = floor;
    this.#knows = Number.POSITIVE_INFINITY;
  }

  ask(question: string, at = performance.now()): Asked {
    this.#tally.asked += 1;
    return { question, at, floor: this.#floor, run: this.#run };
  }

  /** It was answered only when it was asked again. */
  again(): void {
    this.#tally.again += 1;
  }

  unanswered(): void {
    this.#tally.unanswered += 1;
  }

  answered(asked: Asked, answer: string, now = performance.now()): void {
    if (answer === 'SERVFAIL' && asked.at <= this.#knows) {
      this.#tally.failed += 1;
      return;
    }
    // Asked again of a process that has taken the other's place.
    const floor = asked.run === this.#run ? asked.floor : this.#start;
    const judged = this.#journal.judge(asked.question, answer, floor);
    if (judged.kind === 'true') this.#learn(judged.earliest, judged.latest, asked.at, now);
    else {
      const why = judged.kind === 'older' ? `true until write ${judged.latest.to}` : 'never true';
      this.#tally.wrong.push(`${asked.question} is "${answer}": ${why}; ${floor} writes were known before`);
    }
  }

  #learn(earliest: Span, latest: Span, at: number, now: number): void {
    this.#floor = Math.max(this.#floor, earliest.from);
    this.#knows = Math.min(this.#knows, now);
    this.#tally.staleness = Math.max(this.#tally.staleness, this.#journal.age(latest.to + 1, at));
  }
}
