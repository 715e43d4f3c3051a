// The screen of `fingerpost top`: whatever a server says, it fits, and shows nothing that cannot be seen. Keys and figures.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TopReport } from '../../src/api/top-schema.ts';
import { keysIn } from '../../src/cli/full-screen.ts';
import { figuresOf, quantile } from '../../src/cli/top-figures.ts';
import { plainLines, rateText, screenLines, timeText } from '../../src/cli/top-screen.ts';
import { holds } from '../support/property.ts';

const BOUNDS = [0.001, 0.01];

function report(more: Partial<TopReport> = {}): TopReport {
  return {
    version: '1.0',
    at: 1_000_000,
    registry: {
      url: 'sqlite:x',
      state: 'synced',
      since: null,
      lag: 1,
      revision: 5,
      services: 3,
      bad: 0,
      held: 0,
      changes: 0,
    },
    received: 0,
    answered: 0,
    rcodes: {},
    types: {},
    durations: { bounds: BOUNDS, counts: [0, 0, 0] },
    table: { hits: 0, misses: 0, answers: 0, bytes: 0, capacity: 0 },
    misses: { queued: 0, dropped: 0, waiting: 0 },
    workers: { alive: 1, replaced: 0 },
    limited: { denied: 0, dropped: 0, limited: 0 },
    upstream: [],
    window: 3,
    share: 1,
    names: [],
    clients: [],
    ...more,
  };
}

const VIEW = { list: 'names', order: 'rate', from: 0, isPaused: false } as const;

describe('the screen', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  );
  const frequent = fc.record({
    key: text,
    rate: fc.double({ min: 0, max: 1e9, noNaN: true }),
    error: fc.constant(0),
  });

  it('is as high and at most as wide as the terminal, without a control character, whatever a server says', () => {
    const state = fc.record({
      url: text,
      problem: fc.option(text, { nil: undefined }),
      state: text,
      version: text,
    });
    holds(
      fc.property(
        state,
        fc.array(frequent, { maxLength: 30 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 40 }),
        (said, names, width, height, from) => {
          const upstream = [{ name: said.url, servers: [{ address: said.state, state: 'down' as const }] }];
          const { registry } = report();
          const one = report({
            version: said.version,
            registry: { ...registry, state: said.state, url: said.url },
            names,
            upstream,
            rcodes: { [said.state]: 3 },
          });
          const shown = {
            url: said.url,
            report: one,
            figures: figuresOf(undefined, one),
            problem: said.problem,
          };
          const lines = screenLines(shown, { ...VIEW, from }, width, height);
          expect(lines).toHaveLength(height);
          for (const line of [...lines.map((each) => each.text), ...plainLines(shown, 5)])
            expect(line).not.toMatch(/\p{Cc}/u);
          for (const line of lines) expect(line.text.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('has the chosen part of a list, in the chosen order', () => {
    const names = Array.from({ length: 100 }, (_, i) => ({
      key: `n${String(99 - i).padStart(2, '0')}.`,
      rate: 100 - i,
      error: 0,
    }));
    const one = report({ names, clients: [{ key: '10.0.0.1', rate: 5050, error: 0 }] });
    const state = { url: 'here', report: one, figures: figuresOf(undefined, one), problem: undefined };
    const rows = (view: object) =>
      screenLines(state, { ...VIEW, ...view }, 60, 20).flatMap(
        ({ text: line }) => / (n\d\d)\./.exec(line)?.[1] ?? [],
      );
    expect(rows({}).slice(0, 2)).toEqual(['n99', 'n98']);
    expect(rows({ from: 10 })[0]).toBe('n89');
    expect(rows({ order: 'name' })[0]).toBe('n00');
    expect(rows({ list: 'clients' })).toEqual([]);
    // With room for both, both are shown.
    expect(
      screenLines(state, VIEW, 120, 20)
        .map((line) => line.text)
        .join('\n'),
    ).toMatch(/n99\. +100 +10\.0\.0\.1 +5,050$/m);
  });
});

describe('figures', () => {
  it('are what has come in between, a second', () => {
    const before = report({ answered: 100, received: 100, rcodes: { NOERROR: 100 } });
    const now = report({
      at: before.at + 2000,
      answered: 300,
      received: 300,
      rcodes: { NOERROR: 250, NXDOMAIN: 50 },
      durations: { bounds: BOUNDS, counts: [100, 100, 0] },
      table: { ...before.table, hits: 150, misses: 50 },
    });
    const figures = figuresOf(before, now);
    expect(figures).toMatchObject({ seconds: 2, answered: 100, fromTable: 0.75 });
    expect(figures.rcodes).toEqual([
      ['NOERROR', 0.75],
      ['NXDOMAIN', 0.25],
    ]);
    expect(figures.p50).toBeCloseTo(0.001, 6);
    expect(figures.p99).toBeCloseTo(0.00982, 4);
  });

  it('are none at first, and when the server has been started anew', () => {
    for (const before of [undefined, report({ at: 0, answered: 50, received: 50 })])
      expect(figuresOf(before, report())).toMatchObject({
        seconds: 0,
        answered: 0,
        p50: undefined,
        rcodes: [],
      });
  });

  it('have the lower bound for what took longer than all bounds', () => {
    expect(quantile(BOUNDS, [0, 0, 7], 0.5)).toBe(0.01);
    expect(quantile(BOUNDS, [0, 0, 0], 0.5)).toBeUndefined();
  });

  it('are short', () => {
    expect([0, 0.5, 9.999, 12.3, 1_234_567].map(rateText)).toEqual(['0', '0.50', '10.00', '12', '1,234,567']);
    expect([undefined, 0.000123, 0.0456, 2.5].map(timeText)).toEqual(['-', '0.123 ms', '45.6 ms', '2.50 s']);
  });
});

it('reads keys in both forms, several at once, and passes over what means nothing', () => {
  expect(keysIn('q\x1b[A\x1bOBs\x1b[5~\x1b[6~\x1b[H\x1b[F\x03\x1a\x1b[1;5P\x1b[200~\x1b')).toEqual([
    ...['q', 'up', 'down', 's', 'pageUp', 'pageDown', 'home', 'end', 'interrupt', 'suspend'],
  ]);
  expect(keysIn('\x1b[D\x1bOC\t')).toEqual(['left', 'right', '\t']);
});
