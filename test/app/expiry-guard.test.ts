// The guard against mass expiry: what is held, for how long, how it is marked, and what is never held.
import { describe, expect, it } from 'vitest';
import { Bench } from './expiry-bench.ts';

const WEB = 'org/example/web';
const A = 'web.example.org A';

/** A name with so many leased services. */
function world(services = 20, options: ConstructorParameters<typeof Bench>[0] = {}) {
  const bench = new Bench(options);
  return { bench, keys: bench.fill(WEB, 1, services) };
}

describe('when more than half of a name expire at once', () => {
  it('all of it comes back, with short TTLs and marked; it is counted, logged and listed', async () => {
    const { bench, keys } = world();
    await bench.lose(keys.slice(0, 10), 'gone');
    expect([bench.addresses(), bench.counts.held]).toEqual([10, 0]);
    await bench.lose(keys.slice(10, 11), 'gone');
    expect(bench.addresses()).toBe(20);
    expect(bench.counts).toEqual({ held: 11, heldTotal: 11, expiryGuards: 1 });
    expect(bench.outcome(A)).toMatchObject({ held: true });
    expect(bench.outcome('web.example.org SRV')).toMatchObject({ held: true });
    expect(bench.ask(A)[0]).toMatch(/^web\.example\.org\. 7 A /);
    expect(bench.guard.guarded).toMatchObject([{ of: 20, held: 11 }]);
    expect(bench.log).toHaveLength(1);
    expect(bench.log[0]).toMatch(/^warn most leased services of a name have expired at once: they are held/);
    await bench.lose(keys.slice(11), 'gone');
    expect([bench.addresses(), bench.counts.held]).toEqual([20, 20]);
    expect(bench.log).toHaveLength(1);
  });

  it('never are there fewer than half of them, whenever the registry tells about leases', async () => {
    const { bench, keys } = world();
    for (const key of keys) {
      bench.says.set(bench.leaseOf(key), 'silent');
      bench.drop([key]);
      expect(bench.addresses()).toBeGreaterThanOrEqual(10);
    }
    for (let answers = bench.silent.splice(0); answers.length > 0; answers = bench.silent.splice(0)) {
      for (const { answer } of answers) answer(true);
      await bench.settled();
      expect(bench.addresses()).toBeGreaterThanOrEqual(10);
    }
    expect([bench.addresses(), bench.counts.held]).toEqual([20, 20]);
  });

  it('they go after 60 s, and that is said', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'gone');
    await bench.pass(59);
    expect(bench.addresses()).toBe(20);
    await bench.pass(2);
    expect(bench.ask(A)).toEqual(['NXDOMAIN']);
    expect([bench.counts.held, bench.guard.guarded.length, bench.contents.services]).toEqual([0, 0, 0]);
    expect(bench.log.at(-1)).toMatch(
      /^info services that had expired are no longer held .*"held":20,"returned":0/,
    );
  });

  it('each that is there again is itself again, with its own TTL and unmarked', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'gone');
    for (const key of keys) bench.put(key);
    expect(bench.outcome(A)).toMatchObject({ held: false });
    expect(bench.ask(A)[0]).toMatch(/ 30 A /);
    expect([bench.counts.held, bench.contents.services]).toEqual([0, 20]);
    await bench.pass(120);
    expect(bench.contents.services).toBe(20);
    expect(bench.log.at(-1)).toMatch(/"held":20,"returned":20/);
  });

  it('one that is there again and then deleted is gone at once, whatever becomes of the others', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'gone');
    bench.put(keys[0]!, 0);
    bench.drop(keys.slice(0, 1));
    expect([bench.addresses(), bench.counts.held]).toEqual([19, 19]);
  });

  it('one that is there again with a value that is bad keeps its good one for good', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'gone');
    bench.put(keys[0]!, 60, 'bad');
    await bench.pass(120);
    expect([bench.addresses(), bench.contents.quarantined]).toEqual([1, 1]);
    expect(bench.outcome(A)).toMatchObject({ held: false });
  });

  it('also over many names of few services each, and those are logged as one', async () => {
    const bench = new Bench();
    const keys = Array.from({ length: 20 }, (_, i) => bench.fill(`org/example/east/n${i}`, 1, 3)).flat();
    await bench.lose(keys, 'gone');
    expect([bench.addresses('n3.east.example.org'), bench.counts.held]).toEqual([3, 60]);
    expect(bench.log.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    expect(bench.guard.guarded).toMatchObject([{ name: 'example.org.', of: 60 }]);
  });

  it('where the registry tells of it, nothing is asked', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'alive', true);
    expect([bench.addresses(), bench.counts.held, bench.asked]).toEqual([20, 20, []]);
  });

  it('also where a list does not name them any more, until the registry is another one', async () => {
    const { bench, keys } = world();
    for (const key of keys) {
      bench.says.set(bench.leaseOf(key), 'gone');
      bench.registry.delete(key);
    }
    bench.relist();
    await bench.settled();
    expect([bench.addresses(), bench.counts.held]).toEqual([20, 20]);
    bench.relist();
    expect(bench.addresses()).toBe(20);
    bench.guard.clear();
    expect([bench.ask(A), bench.counts.held]).toEqual([['NXDOMAIN'], 0]);
    await bench.pass(120);
    expect(bench.ask(A)).toEqual(['NXDOMAIN']);
  });
});

describe('they go at once', () => {
  it('where they are half of the name, or fewer than ten', async () => {
    const { bench, keys } = world();
    await bench.lose(keys.slice(0, 10), 'gone');
    expect([bench.addresses(), bench.counts.held]).toEqual([10, 0]);
    const few = world(9);
    await few.bench.lose(few.keys, 'gone');
    expect(few.bench.ask(A)).toEqual(['NXDOMAIN']);
    const ten = world(10);
    await ten.bench.lose(ten.keys, 'gone');
    expect(ten.bench.addresses()).toBe(10);
  });

  it('where they expire one after the other', async () => {
    const { bench, keys } = world();
    for (const key of keys) {
      await bench.lose([key], 'gone');
      await bench.pass(2);
    }
    expect([bench.ask(A), bench.counts.heldTotal]).toEqual([['NXDOMAIN'], 0]);
  });

  it('where as many others have come in their place', async () => {
    const { bench, keys } = world();
    bench.fill(WEB, 101, 120);
    await bench.lose(keys, 'gone');
    expect([bench.addresses(), bench.counts.heldTotal]).toEqual([20, 0]);
  });

  it('where a writer deletes them, one by one: none comes back', async () => {
    const { bench, keys } = world();
    for (const [i, key] of keys.entries()) {
      await bench.lose([key], 'alive');
      expect(bench.addresses()).toBe(19 - i);
    }
    await bench.pass(120);
    expect([bench.ask(A), bench.counts.heldTotal]).toEqual([['NXDOMAIN'], 0]);
  });

  it('where their leases are revoked, one by one', async () => {
    const { bench, keys } = world();
    for (const key of keys) await bench.lose([key], 'revoked');
    expect([bench.ask(A), bench.counts.heldTotal]).toEqual([['NXDOMAIN'], 0]);
  });

  it('where a writer deletes them all together, and nothing is asked', async () => {
    const { bench, keys } = world();
    bench.drop(keys);
    expect([bench.ask(A), bench.asked]).toEqual([['NXDOMAIN'], []]);
  });

  it('where a writer deletes them while others are held', async () => {
    const { bench, keys } = world();
    await bench.lose(keys.slice(0, 15), 'gone');
    await bench.lose(keys.slice(15, 17), 'alive');
    expect([bench.addresses(), bench.counts.held]).toEqual([18, 15]);
    bench.drop(keys.slice(17));
    expect(bench.addresses()).toBe(15);
  });

  it('where they have no leases', async () => {
    const { bench, keys } = world(15);
    for (let i = 0; i < 20; i++) bench.put(`${WEB}/plain${i}`, 0, { host: '10.9.0.1' });
    for (let i = 0; i < 20; i++) bench.drop([`${WEB}/plain${i}`]);
    expect([bench.addresses(), bench.asked]).toEqual([keys.length, []]);
  });

  it('where it is off, and when it is turned off', async () => {
    const off = world(20, { expiryGuard: 'off' });
    await off.bench.lose(off.keys, 'gone');
    expect(off.bench.ask(A)).toEqual(['NXDOMAIN']);
    const { bench, keys } = world();
    await bench.lose(keys, 'gone');
    bench.guard.configure({ expiryGuard: 'off', staleTtl: 7 });
    expect([bench.ask(A), bench.counts.held]).toEqual([['NXDOMAIN'], 0]);
  });

  it('at another share, where that is given', async () => {
    const { bench, keys } = world(20, { expiryGuard: 80 });
    await bench.lose(keys.slice(0, 16), 'gone');
    expect([bench.addresses(), bench.counts.held]).toEqual([4, 0]);
    await bench.lose(keys.slice(16, 17), 'gone');
    expect(bench.addresses()).toBe(20);
  });
});

describe('a registry that does not tell', () => {
  it('for two seconds: they are held meanwhile; told later that it was a writer, they go', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'silent');
    expect(bench.addresses()).toBe(10);
    await bench.pass(2);
    expect([bench.addresses(), bench.counts.expiryGuards]).toEqual([20, 1]);
    for (const { answer } of bench.silent) answer(false);
    await bench.settled();
    expect([bench.ask(A), bench.counts.held]).toEqual([['NXDOMAIN'], 0]);
  });

  it('since it cannot be reached: they are held, and it is not asked for ever', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'away');
    await bench.pass(2);
    expect([bench.addresses(), bench.counts.held]).toEqual([20, 20]);
    await bench.pass(130);
    expect([bench.ask(A), bench.counts.held]).toEqual([['NXDOMAIN'], 0]);
    expect(bench.asked).toHaveLength(20);
  });

  it('since it may not: a writer could be meant, and they go', async () => {
    const { bench, keys } = world();
    await bench.lose(keys, 'refused');
    await bench.pass(3);
    expect([bench.ask(A), bench.counts.heldTotal]).toEqual([['NXDOMAIN'], 0]);
  });

  it('at once, and most of them were deleted: what did expire goes as well', async () => {
    const { bench, keys } = world();
    for (const [i, key] of keys.slice(0, 12).entries()) {
      bench.says.set(bench.leaseOf(key), i < 9 ? 'alive' : 'gone');
      bench.drop([key]);
    }
    await bench.settled();
    await bench.pass(1);
    expect([bench.addresses(), bench.counts.heldTotal]).toEqual([8, 0]);
  });
});

it('one lease of 2,000 services is not asked for 2,000 times', async () => {
  const bench = new Bench();
  const keys = Array.from({ length: 2_000 }, (_, i) => `${WEB}/${i}`);
  for (const key of keys) bench.put(key, 60, { host: '10.0.0.1' }, 'shared');
  bench.says.set('shared', 'gone');
  bench.drop(keys);
  await expect.poll(async () => (await bench.settled()).counts.held, { timeout: 30_000 }).toBe(2_000);
  expect(bench.asked.length).toBeLessThanOrEqual(100);
});

it('20,000 that expire at once come back and go again some at a time, and few questions are open at one time', async () => {
  const bench = new Bench();
  const keys = bench.fill(WEB, 1, 20_000);
  for (const key of keys) {
    bench.says.set(bench.leaseOf(key), 'gone');
    bench.drop([key]);
  }
  await expect.poll(async () => (await bench.settled()).counts.held, { timeout: 30_000 }).toBe(20_000);
  expect(bench.contents.services).toBe(20_000);
  expect(bench.most).toBeLessThanOrEqual(32);
  await bench.pass(70);
  expect([bench.contents.services, bench.counts.held]).toEqual([0, 0]);
  const steps = bench.steps.map((services, i) => Math.abs(services - (bench.steps[i - 1] ?? services)));
  expect(Math.max(...steps)).toBeLessThanOrEqual(500);
});
