// The pace of checks, on a clock that is moved by hand.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Checks, type Probe } from '../../src/announce/checks.ts';
import { ManualClock } from '../../src/base/clock.ts';

const PLAN = { interval: 2_000, timeout: 1_000, rise: 2, fall: 3 };

/** Checks whose outcomes are given, one after the other; without one a check never ends. */
class Desk {
  readonly clock = new ManualClock();
  readonly outcomes: ('good' | string | undefined)[] = [];
  readonly said: string[] = [];
  /** When each check began. */
  readonly began: number[] = [];
  readonly signals: AbortSignal[] = [];
  readonly checks: Checks;

  constructor(plan = PLAN) {
    const probe: Probe = (signal) => {
      this.began.push(this.clock.now());
      this.signals.push(signal);
      const outcome = this.outcomes.shift();
      if (outcome === undefined) return new Promise(() => {});
      return Promise.resolve(outcome === 'good' ? undefined : outcome);
    };
    this.checks = new Checks({
      probe,
      plan,
      clock: this.clock,
      changed: (isUp, why) => void this.said.push(`${isUp ? 'up' : `down: ${why}`} at ${this.clock.now()}`),
      failed: (why) => void this.said.push(why),
    });
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      await turn();
      this.clock.advance(100);
    }
    await turn();
  }
}

describe('checks', () => {
  it('are made every half second until it is up, and then at their interval', async () => {
    const desk = new Desk();
    desk.outcomes.push('refused', 'good', 'good', 'good', 'good');
    desk.checks.start();
    await desk.pass(4_500);
    expect(desk.said).toEqual(['refused', 'up at 1000']);
    expect(desk.began).toEqual([0, 500, 1_000, 3_000]);
  });

  it('at the start are not made more often than they are meant to be anyway', async () => {
    const desk = new Desk({ ...PLAN, interval: 200 });
    desk.outcomes.push('a', 'b', 'c');
    desk.checks.start();
    await desk.pass(500);
    expect(desk.began).toEqual([0, 200, 400]);
  });

  it('take it down after so many failures in a row, and up again', async () => {
    const desk = new Desk();
    desk.outcomes.push('good', 'good', 'a', 'a', 'good', 'a', 'b', 'c', 'good', 'good');
    desk.checks.start();
    await desk.pass(17_000);
    expect(desk.said).toEqual(['up at 500', 'a', 'a', 'a', 'b', 'c', 'down: c at 12500', 'up at 16500']);
  });

  it('that take too long have failed, are aborted, and never overlap', async () => {
    const desk = new Desk({ ...PLAN, timeout: 3_000 });
    desk.checks.start();
    await desk.pass(7_000);
    expect(desk.said).toEqual(['no answer within 3 s', 'no answer within 3 s']);
    expect(desk.began).toEqual([0, 3_000, 6_000]);
    expect(desk.signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  });

  it('say nothing any more once they are stopped, and what was under way is aborted', async () => {
    const desk = new Desk();
    desk.outcomes.push('good');
    desk.checks.start();
    await desk.pass(600);
    expect(desk.signals.at(-1)?.aborted).toBe(false);
    desk.checks.stop();
    expect(desk.signals.at(-1)?.aborted).toBe(true);
    await desk.pass(5_000);
    expect(desk.said).toEqual([]);
    expect(desk.began).toEqual([0, 500]);
  });
});
