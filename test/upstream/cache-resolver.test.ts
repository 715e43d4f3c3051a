// The cache in front of other servers: what is answered without them, what they are asked, and once for all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/upstream/cache.ts';
import { ageOf } from '../../src/upstream/cache-resolver.ts';
import { Type } from '../../src/wire/codes.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { holds, SEED } from '../support/property.ts';
import { name } from '../wire/packets.ts';
import { a, ask, soa, ttlsOf } from './cache-bytes.ts';
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
    expect(scene.queries).toHaveLength(1);
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
    expect(scene.queries).toHaveLength(2);
  });

  it('is another for another type, class, DO and CD, and the same in any case', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(300)] };
    const www = ask();
    await scene.resolve(www);
    await scene.resolve(ask('WWW.example.COM'));
    expect(scene.queries).toHaveLength(1);
    await scene.resolve(ask('www.example.com', Type.AAAA));
    await scene.resolve(ask('example.com'));
    await scene.resolve({ ...www, class: 3 });
    await scene.resolve({ ...www, dnssecOk: true });
    await scene.resolve(www, true);
    await scene.resolve({ ...www, dnssecOk: true }, true);
    expect(scene.queries).toHaveLength(7);
  });

  it('says that there is nothing as long as its SOA says', async () => {
    const scene = new Scene({ staleMax: 0 });
    scene.script = { flags: 0x8183, authority: [soa(3600, 60)] };
    await scene.shown();
    scene.seconds(59);
    expect(await scene.shown()).toBe('rcode 3 ttl 1');
    expect(scene.queries).toHaveLength(1);
    scene.seconds(1);
    await scene.shown();
    expect(scene.queries).toHaveLength(2);
  });

  it('is not kept where it may not be, and takes the place of what was', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(60)] };
    await scene.shown();
    scene.seconds(60);
    scene.script = { answers: [a(0)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 0');
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('failure 22');
  });

  it('is over when the clock is set back', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(60)] };
    await scene.shown();
    scene.clock.advance(-1);
    await scene.shown();
    expect(scene.queries).toHaveLength(2);
  });

  it('is never kept without a cache', async () => {
    const scene = new Scene({ bytes: 0 });
    scene.script = { answers: [a(60)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
    expect(scene.queries).toHaveLength(2);
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('failure 22');
  });
});

describe('what other servers are asked', () => {
  it('is the question with EDNS, DO and CD as the client had them', async () => {
    const scene = new Scene();
    await scene.resolver.resolve({ ...ask(), dnssecOk: true }, true, scene.way);
    const [sent = new Uint8Array(0)] = scene.queries;
    const query = new Query();
    expect(query.read(sent, sent.length)).toBe(Verdict.OK);
    expect(query.name()).toEqual(name('www.example.com'));
    expect([query.type, query.class, query.udpSize, query.dnssecOk]).toEqual([1, 1, 1232, true]);
    expect([sent[2], sent[3]]).toEqual([0x01, 0x10]);
  });

  it('carries the options of its way', async () => {
    const scene = new Scene();
    const options = Uint8Array.of(0xfd, 0xf3, 0, 1, 1);
    await scene.resolver.resolve(ask(), false, { ...scene.way, options });
    const [sent = new Uint8Array(0)] = scene.queries;
    expect(new Query().read(sent, sent.length)).toBe(Verdict.OK);
    expect(sent.subarray(-5)).toEqual(options);
  });

  it('is asked once for all who wait for it', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const waiting = [scene.shown(), scene.shown(), scene.shown()];
    expect(scene.queries).toHaveLength(1);
    await scene.tell({ answers: [a(60)] });
    expect(await Promise.all(waiting)).toEqual(new Array(3).fill('rcode 0 ttl 60'));
  });

  it('is asked again after a reply to something else, and after no reply, but not at once', async () => {
    const scene = new Scene();
    scene.script = { questions: 0 };
    expect(await scene.shown()).toBe('failure 24');
    expect(scene.resolve()).toEqual({ failed: true, ede: 24, lasting: true });
    scene.seconds(1);
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('failure 22');
    scene.clock.advance(999);
    expect(await scene.shown()).toBe('failure 22');
    expect(scene.queries).toHaveLength(2);
    scene.clock.advance(1);
    scene.script = { ...NOBODY, lasting: false };
    await scene.shown();
    await scene.shown();
    expect(scene.queries).toHaveLength(4);
  });

  it('is asked again five seconds after SERVFAIL, and at once after REFUSED', async () => {
    const scene = new Scene();
    scene.script = { flags: 0x8182 };
    expect(await scene.shown()).toBe('rcode 2 ttl');
    scene.clock.advance(4999);
    expect(await scene.shown()).toBe('rcode 2 ttl');
    expect(scene.queries).toHaveLength(1);
    scene.clock.advance(1);
    scene.script = { flags: 0x8185 };
    expect(await scene.shown()).toBe('rcode 5 ttl');
    expect(await scene.shown()).toBe('rcode 5 ttl');
    expect(scene.queries).toHaveLength(3);
  });

  it('survives a way that breaks its promise', async () => {
    const scene = new Scene();
    const way = { ask: () => Promise.reject(new Error('no')) };
    expect(await scene.resolver.resolve(ask(), false, way)).toEqual({ failed: true, ede: 0, lasting: false });
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
    expect(scene.queries).toHaveLength(4);
    scene.resolver.forget();
    expect(scene.cache?.count).toBe(0);
  });

  it('includes what is on its way', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const before = scene.shown();
    scene.resolver.forget();
    const after = scene.shown();
    expect(scene.queries).toHaveLength(2);
    await scene.tell({ answers: [a(60)] });
    expect(await Promise.all([before, after])).toEqual(['rcode 0 ttl 60', 'rcode 0 ttl 60']);
    expect(scene.cache?.count).toBe(1);
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
        const outcome = await scene.resolve(ask(`www${host}.example.com`));
        if (isFailure(outcome)) throw new Error('there is an answer');
        const age = ageOf(outcome, scene.clock.now());
        const given = ttlsOf(outcome.reply).map((ttl) => ttl - age);
        for (const [i, ttl] of given.entries()) {
          expect(ttl).toBeGreaterThanOrEqual(1);
          expect(ttl).toBeLessThanOrEqual(seconds[i] ?? 0);
        }
      }
    };
    await fc.assert(fc.asyncProperty(steps, ttls, shown), { numRuns: 100, seed: SEED });
  });

  it('takes whole seconds off', () => {
    const scene = new Scene();
    holds(
      fc.property(fc.nat(100_000), (ms) => {
        const answer = { cameAt: scene.clock.now() - ms } as Parameters<typeof ageOf>[0];
        expect(ageOf(answer, scene.clock.now())).toBe(Math.floor(ms / 1000));
        expect(ageOf(answer, scene.clock.now() - 200_000)).toBe(0);
      }),
    );
  });
});
