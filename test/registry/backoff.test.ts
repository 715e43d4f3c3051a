// Waiting between attempts: ceilings that double, chance below them, and a fresh start.
import { expect, it } from 'vitest';
import { Backoff } from '../../src/registry/backoff.ts';

it('waits anywhere below a ceiling that doubles up to its bound', () => {
  const highest = new Backoff({ first: 50, most: 5_000, random: () => 1 });
  const waits = Array.from({ length: 10 }, () => highest.next());
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  highest.reset();
  expect(highest.next()).toBe(50);
  expect(new Backoff({ first: 50, most: 5_000, random: () => 0 }).next()).toBe(0);
});

it('stays at its bound, however long it fails', () => {
  const backoff = new Backoff({ first: 50, most: 5_000, random: () => 1 });
  for (let i = 0; i < 5_000; i++) backoff.next();
  expect(backoff.next()).toBe(5_000);
});
