// When a quiet watch is a dead one: asked on every beat, probed when in doubt, given up in time.
import { GRPCUnavailableError } from 'etcd3';
import { expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { EtcdPulse } from '../../src/registry/etcd-pulse.ts';

const PROBE_MS = 2_500;

/** A pulse by a clock that is moved by hand; `probe` is what etcd does beside the watch. */
class Bench {
  readonly clock = new ManualClock(1_000_000);
  readonly causes: unknown[] = [];
  readonly pulse: EtcdPulse;
  asked = 0;
  quiet = 0;

  constructor(probe: (clock: ManualClock) => Promise<unknown>) {
    this.pulse = new EtcdPulse({
      clock: this.clock,
      ask: () => (this.asked += 1),
      probe: () => probe(this.clock),
      quiet: () => (this.quiet += 1),
      dead: (cause) => this.causes.push(cause),
    });
  }

  /** Lets time pass, a quarter of a second at a time, until it is dead; how long that took, in milliseconds. */
  async pass(ms: number, each = () => {}): Promise<number> {
    const start = this.clock.now();
    while (this.clock.now() - start < ms && this.causes.length === 0) {
      this.clock.advance(250);
      each();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    return this.clock.now() - start;
  }
}

const timesOut = (clock: ManualClock) =>
  new Promise((_, reject) => clock.after(PROBE_MS, () => reject(new GRPCUnavailableError('no answer'))));
const answers = async () => {};

it('an etcd that answers nothing is dead within six seconds, with the reason', async () => {
  const bench = new Bench(timesOut);
  expect(await bench.pass(60_000)).toBeLessThanOrEqual(6_000);
  expect(bench.causes).toMatchObject([{ message: 'no answer' }]);
});

it('an etcd that answers in time is never dead, and never probed', async () => {
  const bench = new Bench(async () => expect.unreachable());
  await bench.pass(60_000, () => {
    if (bench.asked === 0) return;
    bench.asked = 0;
    bench.pulse.answered();
    bench.pulse.heard();
  });
  expect(bench.causes).toEqual([]);
  expect(bench.quiet).toBe(0);
});

it('answers that take five seconds are answers', async () => {
  const bench = new Bench(timesOut);
  bench.pulse.heard();
  let seen = 0;
  const late = () => {
    while (seen < bench.asked) {
      seen += 1;
      bench.clock.after(5_000, () => bench.pulse.heard());
    }
  };
  // The watch was there before etcd became slow, and it still is.
  for (let ms = 0; ms <= 5_000; ms += 1_250) bench.clock.after(ms, () => bench.pulse.heard());
  await bench.pass(60_000, late);
  expect(bench.causes).toEqual([]);
});

it('a watch that is silent beside an etcd that answers is given a minute, where it has answered before', async () => {
  const bench = new Bench(answers);
  bench.pulse.answered();
  const ms = await bench.pass(120_000);
  expect(ms).toBeGreaterThan(30_000);
  expect(ms).toBeLessThanOrEqual(65_000);
  expect(bench.causes).toMatchObject([{ message: 'the watch is silent, though etcd answers' }]);
});

it('an etcd that does not know the question is left in peace while it answers others', async () => {
  const bench = new Bench(answers);
  await bench.pass(600_000);
  expect(bench.causes).toEqual([]);
  expect(bench.quiet).toBeGreaterThan(100);
});

it('silence that we keep ourselves is none, and neither is being stopped', async () => {
  const bench = new Bench(timesOut);
  bench.pulse.hold(true);
  await bench.pass(60_000);
  bench.pulse.hold(false);
  bench.pulse.stop();
  await bench.pass(60_000);
  expect(bench.causes).toEqual([]);
});
