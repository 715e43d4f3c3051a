// The cache in front of other servers: what is answered without them, and when they are asked again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEED } from '../support/property.ts';
import { header, name, opt, question, wire } from '../wire/packets.ts';
import { type Asked, asked } from './asked.ts';
import { a, ask, soa } from './cache-bytes.ts';
import { NOBODY, Scene } from './cache-scene.ts';

describe('an answer in its time', () => {
  it('is given out again at once, without a promise, its TTLs counted down', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(300), a(60, 2)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 300 60');
    scene.clock.advance(999);
    expect(scene.resolve()).not.toBeInstanceOf(Promise);
    expect(await scene.shown()).toBe('rcode 0 ttl 300 60');
    scene.clock.advance(1);
    expect(await scene.shown()).toBe('rcode 0 ttl 299 59');
    scene.clock.advance(58_999);
    expect(scene.questions).toHaveLength(1);
    expect(await scene.shown()).toBe('rcode 0 ttl 241 1');
    expect(scene.counted).toEqual({ cacheHits: 4, cacheMisses: 1, cacheStale: 0, cachePrefetches: 1 });
  });

  it('is asked for anew when it is over', async () => {
    const scene = new Scene({ staleMax: 0 });
    scene.script = { answers: [a(60)] };
    await scene.shown();
    scene.seconds(60);
    scene.script = { answers: [a(80)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 80');
    expect(scene.questions).toHaveLength(2);
  });

  it('is another for another type, class, DO and CD, and the same in any case', async () => {
    const scene = new Scene();
    scene.script = { authority: [soa(300, 300)] };
    const like = (flags: number, dnssec: boolean, owner: string, type = 1, rrClass = 1): Asked => {
      const asking = [
        ...question(wire(owner, 'example'), type, rrClass),
        ...opt({ flags: dnssec ? 0x8000 : 0 }),
      ];
      return asked(Uint8Array.from([...header({ flags, counts: [1, 0, 0, 1] }), ...asking]));
    };
    const same = [like(0x0100, false, 'www'), like(0x0100, false, 'WWW'), like(0, false, 'wWw')];
    for (const one of [...same, ask('www.example')]) await scene.resolve(one);
    expect(scene.questions).toHaveLength(1);
    const others = [
      like(0x0110, false, 'www'),
      like(0x0100, true, 'www'),
      like(0x0110, true, 'www'),
      like(0x0100, false, 'www', 28),
      like(0x0100, false, 'www', 1, 3),
      like(0x0100, false, 'ww'),
    ];
    for (const one of [...others, ...others]) await scene.resolve(one);
    expect(scene.questions).toHaveLength(7);
  });

  it('says that there is nothing as long as its SOA says', async () => {
    const scene = new Scene({ staleMax: 0 });
    scene.script = { flags: 0x8183, authority: [soa(3600, 60)] };
    await scene.shown();
    scene.seconds(59);
    expect(await scene.shown()).toBe('rcode 3 ttl 1');
    expect(scene.questions).toHaveLength(1);
    scene.seconds(1);
    await scene.shown();
    expect(scene.questions).toHaveLength(2);
  });

  it('is not kept where it may not be, and takes the place of what was', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(60)] };
    await scene.shown();
    scene.seconds(60);
    scene.script = { answers: [a(0)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 0');
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('timeout');
  });

  it('is over when the clock is set back', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(60)] };
    await scene.shown();
    scene.clock.advance(-1);
    await scene.shown();
    expect(scene.questions).toHaveLength(2);
  });

  it('is never kept without a cache', async () => {
    const scene = new Scene({ bytes: 0 });
    scene.script = { answers: [a(60)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
    expect(scene.questions).toHaveLength(2);
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('timeout');
  });
});

describe('other servers', () => {
  it('give one reply to all who wait for it', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const waiting = [scene.resolve(), scene.resolve(), scene.resolve()];
    await scene.tell({ answers: [a(60)] });
    const [first, ...others] = await Promise.all(waiting);
    for (const other of others) expect(other).toBe(first);
    expect(scene.resolve()).toEqual(first);
  });

  it('are left alone for a second when nobody answered', async () => {
    for (const script of [NOBODY, { kind: 'unreachable' }] as const) {
      const scene = new Scene();
      scene.script = script;
      expect(await scene.shown()).toBe(script.kind);
      scene.clock.advance(999);
      expect(scene.resolve()).toEqual(script);
      expect(scene.questions).toHaveLength(1);
      scene.clock.advance(1);
      scene.script = { answers: [a(60)] };
      expect(await scene.shown()).toBe('rcode 0 ttl 60');
    }
  });

  it('are asked again at once where the failure was of the moment', async () => {
    for (const kind of ['overload', 'loop'] as const) {
      const scene = new Scene();
      scene.script = { kind };
      expect(await scene.shown()).toBe(kind);
      scene.script = { answers: [a(60)] };
      expect(await scene.shown()).toBe('rcode 0 ttl 60');
    }
  });

  it('are asked again five seconds after SERVFAIL, and at once after REFUSED', async () => {
    const scene = new Scene();
    scene.script = { flags: 0x8182 };
    expect(await scene.shown()).toBe('rcode 2 ttl');
    scene.clock.advance(4999);
    expect(await scene.shown()).toBe('rcode 2 ttl');
    expect(scene.questions).toHaveLength(1);
    scene.clock.advance(1);
    scene.script = { flags: 0x8185 };
    expect(await scene.shown()).toBe('rcode 5 ttl');
    expect(await scene.shown()).toBe('rcode 5 ttl');
    expect(scene.questions).toHaveLength(3);
  });

  it('may fail by a defect: nobody waits for ever', async () => {
    const scene = new Scene();
    const { request, query } = ask();
    const broken = () => Promise.reject(new Error('no'));
    expect(await scene.resolver.resolve(request, query, broken)).toEqual({ kind: 'unreachable' });
    scene.seconds(1);
    scene.script = { answers: [a(60)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
  });
});

describe('forgetting', () => {
  it('takes out a zone and leaves the rest', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(300)] };
    for (const text of ['a.example.com', 'example.com', 'example.org', 'anexample.com'])
      await scene.shown(ask(text));
    scene.resolver.forget(name('example.com'));
    expect(scene.cache?.count).toBe(2);
    for (const text of ['example.org', 'anexample.com']) await scene.shown(ask(text));
    expect(scene.questions).toHaveLength(4);
    scene.resolver.forget();
    expect(scene.cache?.count).toBe(0);
  });

  it('includes what is on its way', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const before = scene.shown();
    scene.resolver.forget();
    await scene.tell({ answers: [a(60)] });
    expect(await before).toBe('rcode 0 ttl 60');
    expect(scene.cache?.count).toBe(0);
    scene.script = { answers: [a(50)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 50');
  });
});

describe('settings', () => {
  it('count from now on', async () => {
    const scene = new Scene();
    scene.resolver.configure({ lifetimes: { min: 100, max: 200 }, staleMax: 0 });
    scene.script = { answers: [a(60), a(300)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 100 200');
    scene.seconds(100);
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('timeout');
  });
});

describe('counting down', () => {
  it('never shows a TTL below 1 or above the first one of an answer in its time', async () => {
    const steps = fc.array(fc.tuple(fc.nat(3000), fc.nat(2)), { minLength: 1, maxLength: 30 });
    const ttls = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });
    const shown = async (walk: [number, number][], seconds: number[]): Promise<void> => {
      const scene = new Scene({ staleMax: 0 });
      scene.script = { answers: seconds.map((ttl, i) => a(ttl, i)) };
      for (const [ms, host] of walk) {
        scene.clock.advance(ms);
        const text = await scene.shown(ask(`www${host}.example.com`));
        const given = text.split(' ').slice(3).map(Number);
        expect(given).toHaveLength(seconds.length);
        for (const [i, ttl] of given.entries()) {
          expect(ttl).toBeGreaterThanOrEqual(1);
          expect(ttl).toBeLessThanOrEqual(seconds[i] ?? 0);
        }
      }
    };
    await fc.assert(fc.asyncProperty(steps, ttls, shown), { numRuns: 100, seed: SEED });
  });
});
