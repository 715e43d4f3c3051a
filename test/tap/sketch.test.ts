// The sketch: whatever comes, counts are wrong by at most what the method promises, and memory is bounded.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sketch } from '../../src/tap/sketch.ts';
import { holds } from '../support/property.ts';

it('is never short, and over by at most its error, which is at most the sum divided by the capacity', () => {
  const adds = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 5 })), {
    maxLength: 400,
  });
  holds(
    fc.property(adds, fc.integer({ min: 1, max: 12 }), (added, capacity) => {
      const sketch = new Sketch(capacity);
      const truth = new Map<string, number>();
      let sum = 0;
      for (const [key, weight] of added) {
        sketch.add(`${key}`, weight);
        truth.set(`${key}`, (truth.get(`${key}`) ?? 0) + weight);
        sum += weight;
      }
      const top = sketch.top(100);
      expect(top.length).toBe(Math.min(capacity, truth.size));
      for (const { key, count, error } of top) {
        const real = truth.get(key)!;
        expect(count).toBeGreaterThanOrEqual(real);
        expect(count - error).toBeLessThanOrEqual(real);
        expect(error).toBeLessThanOrEqual(sum / capacity);
      }
      // What has more than that is in it.
      for (const [key, real] of truth)
        if (real > sum / capacity) expect(top.map((one) => one.key)).toContain(key);
      expect(top.map(({ count }) => count)).toEqual(top.map(({ count }) => count).sort((a, b) => b - a));
    }),
  );
});

it('stays as large as it is under a flood of keys that come once, and still knows the frequent ones', () => {
  const sketch = new Sketch(100);
  for (let i = 0; i < 50_000; i++) {
    sketch.add(`random-${i}`);
    if (i % 20 === 0) sketch.add('frequent');
  }
  expect(sketch.size).toBe(100);
  const found = sketch.top(100).find(({ key }) => key === 'frequent');
  expect(found!.count - found!.error).toBeGreaterThan(1500);
});

it('forgets in time, and goes on being right about what comes then', () => {
  const sketch = new Sketch(50);
  for (let i = 0; i < 50; i++) sketch.add(`old-${i}`, i + 1);
  sketch.decay(0.5);
  expect(sketch.top(1)).toEqual([{ key: 'old-49', count: 25, error: 0 }]);
  for (let i = 0; i < 20; i++) sketch.decay(0.5);
  expect(sketch.size).toBe(0);
  for (let i = 0; i < 10; i++) sketch.add(`new-${i}`, 10 - i);
  expect(sketch.top(3).map(({ key }) => key)).toEqual(['new-0', 'new-1', 'new-2']);
  sketch.decay(0.9);
  sketch.add('new-9', 100);
  expect(sketch.top(1).map(({ key }) => key)).toEqual(['new-9']);
  sketch.clear();
  expect(sketch.top(5)).toEqual([]);
});
