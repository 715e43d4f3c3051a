// All that was ever written, in order, and whether an answer is a state that the registry really had.

/** One write: `n` is its place in the order of all writes, from 1 on. Times are of `performance.now()`. */
export interface Write {
  readonly n: number;
  /** Known once it is acknowledged. */
  revision: number | undefined;
  acknowledgedAt: number | undefined;
}

/** The answers to one question, in order. */
interface Course {
  /** The last of them. */
  answer: string | undefined;
  /** The writes from which on they were true. */
  readonly turns: number[];
  /** Places in `turns`, by answer. */
  readonly places: Map<string, number[]>;
}

/** The states in which an answer is true: after write `from` until after write `to` (without an end, where none ended it). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Judgement =
  /** `earliest` and `latest` differ where the same answer was true more than once. */
  | { readonly kind: 'true'; readonly earliest: Span; readonly latest: Span }
  /** It was true, but before write `floor`. */
  | { readonly kind: 'older'; readonly latest: Span }
  /** It never was, and is not about to be. */
  | { readonly kind: 'impossible' };

export class Journal {
  readonly #writes: Write[] = [];
  readonly #courses = new Map<string, Course>();

  /** A write is about to be sent: from any moment now `answers` may be seen, by question. Its number. */
  begin(answers: ReadonlyMap<string, string>): number {
    const n = this.#writes.length + 1;
    this.#writes.push({ n, revision: undefined, acknowledgedAt: undefined });
    for (const [question, answer] of answers) this.#turn(question, answer, n);
    return n;
  }

  #turn(question: string, answer: string, n: number): void {
    const course: Course = this.#courses.get(question) ?? { answer: undefined, turns: [], places: new Map() };
    this.#courses.set(question, course);
    if (course.answer === answer) return;
    course.answer = answer;
    const place = course.turns.push(n) - 1;
    const places = course.places.get(answer);
    if (places === undefined) course.places.set(answer, [place]);
    else places.push(place);
  }

  acknowledge(n: number, revision: number, at: number): void {
    const write = this.write(n);
    if (write === undefined) throw new RangeError(`write ${n} was never begun`);
    write.revision = revision;
    write.acknowledgedAt = at;
  }

  write(n: number): Write | undefined {
    return this.#writes[n - 1];
  }

  /** The last write that etcd had made at `revision`; 0 where there was none. */
  at(revision: number): number {
    return this.#writes.findLast((write) => (write.revision ?? Number.POSITIVE_INFINITY) <= revision)?.n ?? 0;
  }

  /** Whether `answer` was true at some time at or after write `floor`. */
  judge(question: string, answer: string, floor: number): Judgement {
    const course = this.#courses.get(question);
    if (course === undefined) return { kind: 'impossible' };
    const { turns, places } = course;
    const spans = { latest: undefined as Span | undefined, earliest: undefined as Span | undefined };
    for (const place of backwards(places.get(answer) ?? [])) {
      const from = turns[place] ?? Number.NaN;
      const span = { from, to: (turns[place + 1] ?? Number.POSITIVE_INFINITY) - 1 };
      spans.latest ??= span;
      if (span.to < floor) break;
      spans.earliest = span;
    }
    const { latest, earliest } = spans;
    if (latest === undefined) return { kind: 'impossible' };
    return earliest === undefined ? { kind: 'older', latest } : { kind: 'true', earliest, latest };
  }

  /** How long write `n` had been acknowledged at `now`, in milliseconds; 0 where it was not. */
  age(n: number, now: number): number {
    return Math.max(0, now - (this.write(n)?.acknowledgedAt ?? now));
  }
}

function* backwards(all: readonly number[]): Generator<number> {
  for (let i = all.length - 1; i >= 0; i--) yield all[i] as number;
}
