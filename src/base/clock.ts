// Time, handed in: the real clock, one that is never set, and one that tests move by hand.

/** Stops what was scheduled; calling it again does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall-clock time, milliseconds since 1970. */
  now(): number;
  /** Runs `task` once after `ms` milliseconds. A pending task does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Fetched once: it is looked up anew each time that it is asked for. */
const { timeOrigin } = performance;

/** The wall clock as it was when the process began, which nobody sets from then on: for what is measured, and not told. */
export const steadyClock: Clock = { ...realClock, now: () => timeOrigin + performance.now() };

/**
 * What performance.now() of this thread has to be added to for the time on a clock that all threads of this machine share,
 * in milliseconds.
 */
export function sharedOffset(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6 - performance.now();
}

interface Scheduled {
  readonly at: number;
  readonly task: () => void;
}

/** A clock that stands still until `advance` is called. */
export class ManualClock implements Clock {
  #now: number;
  readonly #scheduled = new Set<Scheduled>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): Cancel {
    const entry = { at: this.#now + ms, task };
    this.#scheduled.add(entry);
    return () => this.#scheduled.delete(entry);
  }

  /** Moves time on by `ms`, running what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#scheduled].filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#scheduled.delete(due);
      this.#now = due.at;
      due.task();
    }
    this.#now = end;
  }
}
