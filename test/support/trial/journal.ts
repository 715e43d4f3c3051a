// All that was ever written, in order, and whether an answer is a state that the registry really had.

/** One write: `n` is its place in the order of all writes, from 1 on. Times are of `performance.now()`. */
export interface Write {
  readonly n: number;
  /** Known once it is acknowledged. */
  revision: number | undefined;
  acknowledgedAt: number | undefined;
}

/** From write `n` on, the question is answered so. */
interface Turn {
  readonly n: number;
  readonly answer: string;
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
  readonly #turns = new Map<string, Turn[]>();

  /** A write is about to be sent: from any moment now `answers` may be seen, by question. Its number. */
  begin(answers: ReadonlyMap<string, string>): number {
    const n = this.#writes.length + 1;
    this.#writes.push({ n, revision: undefined, acknowledgedAt: undefined });
    for (const [question, answer] of answers) {
      const turns = this.#turns.get(question) ?? [];
      if (turns.at(-1)?.answer !== answer) turns.push({ n, answer });
      this.#turns.set(question, turns);
    }
    return n;
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
    const turns = this.#turns.get(question) ?? [];
    const spans = turns.flatMap((turn, i) =>
      turn.answer === answer ? [{ from: turn.n, to: (turns[i + 1]?.n ?? Number.POSITIVE_INFINITY) - 1 }] : [],
    );
    const latest = spans.at(-1);
    if (latest === undefined) return { kind: 'impossible' };
    const earliest = spans.find(({ to }) => to >= floor);
    return earliest === undefined ? { kind: 'older', latest } : { kind: 'true', earliest, latest };
  }

  /** How long write `n` had been acknowledged at `now`, in milliseconds; 0 where it was not. */
  age(n: number, now: number): number {
    return Math.max(0, now - (this.write(n)?.acknowledgedAt ?? now));
  }
}
