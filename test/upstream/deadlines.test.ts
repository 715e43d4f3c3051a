// Deadlines that share timers: each is met once, unless it is taken back or set anew.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { Deadlines, type Waiting } from '../../src/upstream/deadlines.ts';
import { SEED } from '../support/property.ts';

class Waiter implements Waiting {
  dueAt = 0;
  place = -1;
  readonly times: number[] = [];
  readonly #clock: ManualClock;
  /** Done each time. */
  readonly #next: () => void;

  constructor(clock: ManualClock, next: () => void = () => {}) {
    this.#clock = clock;
    this.#next = next;
  }

  timeUp(): void {
    this.times.push(this.#clock.now());
    this.#next();
  }
}

describe('a deadline', () => {
  it('is met in its millisecond, once', () => {
    const clock = new ManualClock(1000);
    const deadlines = new Deadlines(clock);
    const waiters = [new Waiter(clock), new Waiter(clock), new Waiter(clock)];
    for (const waiter of waiters) deadlines.set(waiter, 9.5);
    clock.advance(9);
    expect(waiters.flatMap(({ times }) => times)).toEqual([]);
    clock.advance(100);
    expect(waiters.map(({ times }) => times)).toEqual([[1010], [1010], [1010]]);
  });

  it('may be set anew by whoever meets it, also for the same millisecond', () => {
    const clock = new ManualClock(0);
    const deadlines = new Deadlines(clock);
    let left = 3;
    const again: Waiter = new Waiter(clock, () => {
      if (--left > 0) deadlines.set(again, left === 2 ? 0 : 5);
    });
    deadlines.set(again, 5);
    clock.advance(20);
    expect(again.times).toEqual([5, 5, 10]);
  });

  it('of all that are set and taken back in any order are those met that were left', () => {
    const step = fc.record({
      who: fc.nat(4),
      ms: fc.option(fc.nat(6), { nil: undefined }),
      pause: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new ManualClock(0);
        const deadlines = new Deadlines(clock);
        const waiters = Array.from({ length: 5 }, () => new Waiter(clock));
        const wanted = new Map<Waiter, number>();
        const met = waiters.map(() => [] as number[]);
        const pass = (ms: number) => {
          clock.advance(ms);
          for (const [waiter, at] of wanted) {
            if (at > clock.now()) continue;
            met[waiters.indexOf(waiter)]!.push(at);
            wanted.delete(waiter);
          }
        };
        for (const { who, ms, pause } of steps) {
          const waiter = waiters[who]!;
          if (ms === undefined) {
            deadlines.cancel(waiter);
            wanted.delete(waiter);
          } else {
            deadlines.set(waiter, ms + 1);
            wanted.set(waiter, clock.now() + ms + 1);
          }
          pass(pause);
        }
        pass(100);
        expect(waiters.map(({ times }) => times)).toEqual(met);
      }),
      { seed: SEED },
    );
  });
});
