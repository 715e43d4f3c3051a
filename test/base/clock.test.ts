// The clock that tests move by hand: tasks run in order of time, at their time, once.
import { describe, expect, test } from 'vitest';
import { ManualClock, realClock, steadyClock } from '../../src/base/clock.ts';

/** A clock from 1000, and the times at which tasks ran. */
function started(): { clock: ManualClock; ran: string[]; note: (what: string) => () => void } {
  const clock = new ManualClock(1000);
  const ran: string[] = [];
  return { clock, ran, note: (what) => () => ran.push(`${what}@${clock.now()}`) };
}

describe('ManualClock', () => {
  test('stands still until it is moved', () => {
    const { clock } = started();
    expect(clock.now()).toBe(1000);
    clock.advance(5);
    expect(clock.now()).toBe(1005);
    expect(new ManualClock().now()).toBe(0);
  });

  test('runs what falls due, in order of time, each at its own time', () => {
    const { clock, ran, note } = started();
    clock.after(20, note('b'));
    clock.after(10, note('a'));
    clock.after(31, note('c'));
    clock.advance(30);
    expect(ran).toEqual(['a@1010', 'b@1020']);
    clock.advance(1);
    expect(ran).toEqual(['a@1010', 'b@1020', 'c@1031']);
    clock.advance(1000);
    expect(ran).toHaveLength(3);
  });

  test('tasks of one time run in the order in which they were set', () => {
    const { clock, ran, note } = started();
    for (const what of ['a', 'b', 'c']) clock.after(10, note(what));
    clock.advance(10);
    expect(ran).toEqual(['a@1010', 'b@1010', 'c@1010']);
  });

  test('a task may set another, which runs in the same move if it falls due', () => {
    const { clock, ran, note } = started();
    clock.after(10, () => {
      clock.after(5, note('in time'));
      clock.after(50, note('later'));
      clock.after(0, note('at once'));
    });
    clock.advance(20);
    expect(ran).toEqual(['at once@1010', 'in time@1015']);
    expect(clock.now()).toBe(1020);
  });

  test('what is cancelled does not run, and cancelling again does nothing', () => {
    const { clock, ran, note } = started();
    const cancel = clock.after(10, note('a'));
    clock.after(10, note('b'));
    cancel();
    cancel();
    clock.advance(10);
    cancel();
    expect(ran).toEqual(['b@1010']);
  });

  test('a task may cancel one of the same time', () => {
    const { clock, ran, note } = started();
    let cancel = () => {};
    clock.after(10, () => cancel());
    cancel = clock.after(10, note('cancelled'));
    clock.advance(10);
    expect(ran).toEqual([]);
  });
});

describe('steadyClock', () => {
  test('goes on from the time of day at which the process began', () => {
    const { timeOrigin } = performance;
    const first = steadyClock.now();
    expect(first).toBeGreaterThanOrEqual(timeOrigin);
    expect(steadyClock.now()).toBeGreaterThanOrEqual(first);
  });
});

describe('realClock', () => {
  test('tells the time of day and runs a task', async () => {
    const before = Date.now();
    expect(realClock.now()).toBeGreaterThanOrEqual(before);
    const alive = setInterval(() => {}, 1000);
    await new Promise<void>((resolve) => realClock.after(1, resolve));
    clearInterval(alive);
  });

  test('a cancelled task never runs', async () => {
    let ran = false;
    const cancel = realClock.after(1, () => {
      ran = true;
    });
    cancel();
    cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ran).toBe(false);
  });
});
