// When those who wait are to be looked at again: all of one millisecond share a timer, since nearly all of them are answered
// long before, and a timer for each cost as much to set and to take back as the sending of its question.
import type { Clock } from '../base/clock.ts';

/** Who waits; only `Deadlines` writes the two numbers. */
export interface Waiting {
  /** The millisecond, since 1970, that it waits for. */
  dueAt: number;
  /** Its place among those that wait for the same; negative while it waits for nothing. */
  place: number;
  timeUp(): void;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #rows = new Map<number, Waiting[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `timeUp` in `ms` milliseconds, up to one later; in place of what it waited for before. */
  set(waiting: Waiting, ms: number): void {
    this.cancel(waiting);
    const now = this.#clock.now();
    waiting.dueAt = Math.ceil(now + ms);
    const row = this.#rows.get(waiting.dueAt) ?? this.#begin(waiting.dueAt, now);
    waiting.place = row.length;
    row.push(waiting);
  }

  #begin(dueAt: number, now: number): Waiting[] {
    const row: Waiting[] = [];
    this.#rows.set(dueAt, row);
    this.#clock.after(dueAt - now, () => this.#run(dueAt, row));
    return row;
  }

  #run(dueAt: number, row: readonly Waiting[]): void {
    this.#rows.delete(dueAt);
    for (const waiting of row) waiting.place = -1;
    // One may set another's deadline anew, or its own.
    for (const waiting of row) if (waiting.place < 0) waiting.timeUp();
  }

  cancel(waiting: Waiting): void {
    if (waiting.place < 0) return;
    const row = this.#rows.get(waiting.dueAt);
    const last = row?.pop();
    if (row !== undefined && last !== undefined && last !== waiting) {
      row[waiting.place] = last;
      last.place = waiting.place;
    }
    waiting.place = -1;
  }
}
