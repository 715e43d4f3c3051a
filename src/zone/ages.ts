// When revisions were seen, so that the age of a key can be told: registries such as etcd keep no times.
import type { Clock } from '../base/clock.ts';

/** How long ago a key was last written, in seconds; `atLeast` where it was written before we began to look. */
export interface Age {
  readonly seconds: number;
  readonly atLeast: boolean;
}

interface Mark {
  /** Every revision up to here had been seen by `at`, in milliseconds since 1970. */
  revision: number;
  readonly at: number;
}

/** Revisions of one second share a mark. */
const RESOLUTION_MS = 1000;
/** Where there are more marks, every second one of the older half goes: what is long ago is told less exactly. */
const MOST_MARKS = 2048;

export class Ages {
  readonly #clock: Clock;
  #marks: Mark[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything up to `revision` is known now. A lower one than before begins another history. */
  note(revision: number): void {
    const at = this.#clock.now();
    const last = this.#marks.at(-1);
    if (last !== undefined && revision < last.revision) this.#marks = [];
    const isNear = this.#marks.length > 1 && last !== undefined && Math.abs(at - last.at) < RESOLUTION_MS;
    if (isNear) last.revision = revision;
    else this.#marks.push({ revision, at });
    if (this.#marks.length > MOST_MARKS) this.#marks = thinned(this.#marks);
  }

  /** The age of what was written at `revision`; undefined where that has not been seen. */
  of(revision: number): Age | undefined {
    const i = this.#marks.findIndex((mark) => mark.revision >= revision);
    const mark = this.#marks[i];
    if (mark === undefined) return undefined;
    const seconds = Math.max(0, Math.floor((this.#clock.now() - mark.at) / 1000));
    return { seconds, atLeast: i === 0 };
  }
}

function thinned(marks: readonly Mark[]): Mark[] {
  return marks.filter((_, i) => i === 0 || i >= marks.length / 2 || i % 2 === 0);
}
