// How old knowledge may be told, and how: by the clock, through reloads, and however late the registry comes back.
import { expect, it } from 'vitest';
import { type StaleOptions, StalePolicy } from '../../src/app/stale-policy.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EXPIRED, ZoneWords } from '../../src/wire/negative.ts';
import { Zones } from '../../src/zone/zones.ts';

const DAY = 86_400;

class Bench {
  readonly clock = new ManualClock(DAY * 1000);
  readonly warnings: string[] = [];
  readonly policy: StalePolicy;
  readonly #zones = new Zones([{ name: 'example.org' }]);

  constructor(staleMax: StaleOptions['staleMax'] = 'never', staleTtl = 30) {
    const logger = { ...silent, warn: (_: unknown, message: string) => void this.warnings.push(message) };
    this.policy = new StalePolicy({ staleTtl, staleMax }, { zones: this.#zones, logger, clock: this.clock });
  }

  get word(): number {
    return this.#zones.words[ZoneWords.STALE_TTL]!;
  }

  /** The registry has been cut off for so many seconds. */
  cutOff(seconds = 0): this {
    this.policy.state({ kind: 'stale', since: this.clock.now() - seconds * 1000, cause: 'gone' });
    return this;
  }

  pass(seconds: number): this {
    this.clock.advance(seconds * 1000);
    return this;
  }
}

it('limits TTLs while the registry is cut off, and not before or after', () => {
  const bench = new Bench('never', 7);
  expect(bench.word).toBe(0);
  expect(bench.cutOff().word).toBe(7);
  expect(bench.pass(1_000 * DAY).word).toBe(7);
  bench.policy.state({ kind: 'synced' });
  expect(bench.word).toBe(0);
  expect(bench.warnings).toEqual([]);
});

it('tells nothing any more after stale-max, says so once, and everything again afterwards', () => {
  const bench = new Bench(60).cutOff(5);
  expect(bench.pass(54).word).toBe(30);
  expect(bench.policy.expired).toBe(false);
  expect(bench.pass(1).word).toBe(EXPIRED);
  expect(bench.policy.expired).toBe(true);
  expect(bench.pass(DAY).warnings).toHaveLength(1);
  bench.policy.state({ kind: 'synced' });
  expect(bench.word).toBe(0);
  expect(bench.policy.expired).toBe(false);
  expect(bench.pass(DAY).word).toBe(0);
});

it('a snapshot that is older than stale-max is never told', () => {
  expect(new Bench(60).cutOff(60).word).toBe(EXPIRED);
});

it('a registry that comes back in time leaves no timer behind', () => {
  const bench = new Bench(60).cutOff();
  bench.policy.state({ kind: 'synced' });
  expect(bench.pass(60).word).toBe(0);
  expect(bench.cutOff().pass(59).word).toBe(30);
});

it('times longer than timers run are kept', () => {
  const bench = new Bench(100 * DAY).cutOff();
  expect(bench.pass(100 * DAY - 1).word).toBe(30);
  expect(bench.pass(1).word).toBe(EXPIRED);
});

it('new settings count at once', () => {
  const bench = new Bench().cutOff(100);
  bench.policy.configure({ staleTtl: 5, staleMax: 'never' });
  expect(bench.word).toBe(5);
  bench.policy.configure({ staleTtl: 5, staleMax: 99 });
  expect(bench.word).toBe(EXPIRED);
  bench.policy.configure({ staleTtl: 5, staleMax: 101 });
  expect(bench.word).toBe(5);
  expect(bench.pass(1).word).toBe(EXPIRED);
});
