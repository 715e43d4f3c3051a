// How a server's speed and its silence are remembered.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { noCounters } from '../../src/base/counters.ts';
import { type Logger, silent } from '../../src/base/log.ts';
import { RoundTrip } from '../../src/upstream/round-trip.ts';
import { Standing } from '../../src/upstream/standing.ts';

describe('the time of a round trip', () => {
  it('is unknown at first, and waited for a fixed time', () => {
    const trip = new RoundTrip();
    expect(trip.mean).toBeUndefined();
    expect([0, 1, 2, 3, 9].map((round) => trip.timeout(round))).toEqual([400, 800, 1600, 2000, 2000]);
  });

  it('is smoothed, a quarter of a surprise in the deviation, an eighth in the mean', () => {
    const trip = new RoundTrip();
    trip.add(100);
    expect([trip.mean, trip.timeout(0)]).toEqual([100, 100 + 4 * 50]);
    trip.add(200);
    expect([trip.mean, trip.timeout(0)]).toEqual([112.5, 112.5 + 4 * 62.5]);
  });

  it('is waited for 200 ms at least, 2 s at most', () => {
    const trip = new RoundTrip();
    for (let i = 0; i < 50; i++) trip.add(1);
    expect([trip.timeout(0), trip.timeout(1)]).toEqual([200, 400]);
    for (let i = 0; i < 50; i++) trip.add(5000);
    expect(trip.timeout(0)).toBe(2000);
  });
});

describe('a server', () => {
  function made() {
    const clock = new ManualClock(1_000_000);
    const lines: string[] = [];
    const log: Logger = {
      ...silent,
      warn: (_fields, message) => lines.push(message),
      info: (_fields, message) => lines.push(message),
    };
    return { clock, lines, standing: new Standing('192.0.2.1:53', { clock, log, counters: noCounters }) };
  }

  it('that is unknown is the first choice, a slow one comes after a fast one', () => {
    const { standing: unknown } = made();
    const { standing: fast } = made();
    const { standing: slow } = made();
    fast.answered(10);
    slow.answered(50);
    expect(unknown.cost).toBeLessThan(fast.cost);
    expect(fast.cost).toBeLessThan(slow.cost);
  });

  it('that misses a question goes behind, and forward again with its next answer', () => {
    const { clock, standing } = made();
    standing.answered(10);
    clock.advance(1000);
    standing.missed(clock.now());
    expect(standing.cost).toBeGreaterThan(400);
    standing.answered(10);
    expect(standing.cost).toBe(10);
  });

  it('that refuses goes behind a little', () => {
    const { standing } = made();
    standing.answered(10);
    standing.helped(false);
    expect(standing.cost).toBe(60);
    for (let i = 0; i < 20; i++) standing.helped(false);
    expect(standing.cost).toBe(410);
    standing.helped(true);
    expect(standing.cost).toBe(10);
  });

  it('that answered others meanwhile did not miss a question: the question takes long', () => {
    const { clock, standing } = made();
    const sentAt = clock.now();
    clock.advance(500);
    standing.answered(10);
    standing.missed(sentAt);
    expect(standing.cost).toBe(10);
  });

  it('is down after three misses in three seconds or more, and said to be once', () => {
    const { clock, standing, lines } = made();
    for (let i = 0; i < 3; i++) standing.missed(clock.now());
    expect(standing.downSince).toBeUndefined();
    clock.advance(2999);
    standing.missed(clock.now());
    expect(standing.downSince).toBeUndefined();
    clock.advance(1);
    standing.missed(clock.now());
    standing.missed(clock.now());
    expect(standing.downSince).toBe(clock.now());
    standing.answered(1);
    standing.answered(1);
    expect(standing.downSince).toBeUndefined();
    expect(lines).toEqual([
      'an upstream server is down; it is tried again',
      'an upstream server answers again',
    ]);
  });

  it('that is down is tried after 1 s, 2 s, 4 s ... 30 s', () => {
    const { clock, standing } = made();
    standing.unreachable('ECONNREFUSED');
    const waits: number[] = [];
    for (let waited = 0; waits.length < 8; waited++) {
      if (standing.takeTurn()) {
        waits.push(waited);
        waited = 0;
      }
      clock.advance(1000);
    }
    expect(waits).toEqual([1, 1, 2, 4, 8, 16, 30, 30]);
  });

  it('that is up is measured again every 10 s', () => {
    const { clock, standing } = made();
    expect(standing.takeTurn()).toBe(true);
    expect(standing.takeTurn()).toBe(false);
    clock.advance(9999);
    expect(standing.takeTurn()).toBe(false);
    standing.answered(5);
    clock.advance(9999);
    expect(standing.takeTurn()).toBe(false);
    clock.advance(1);
    expect(standing.takeTurn()).toBe(true);
  });
});
