// The cache in front of other servers: what is answered without them, what they are asked, and once for all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { questionFor } from '../../src/upstream/cache-question.ts';
import { Type } from '../../src/wire/codes.ts';
import { SEED } from '../support/property.ts';
import { header, name, opt, question, wire } from '../wire/packets.ts';
import { asked } from './asked.ts';
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
    scene.script = { answers: [a(300)] };
    const www = ask();
    await scene.resolve(www);
    await scene.resolve({ ...www, bytes: Uint8Array.from(question(wire('WWW', 'eXample', 'com'))) });
    expect(scene.questions).toHaveLength(1);
    await scene.resolve(ask('www.example.com', Type.AAAA));
    await scene.resolve(ask('example.com'));
    await scene.resolve({ ...www, bytes: Uint8Array.from(question(wire('www', 'example', 'com'), 1, 3)) });
    await scene.resolve({ ...www, dnssecOk: true });
    await scene.resolve({ ...www, checkingDisabled: true });
    await scene.resolve({ ...www, dnssecOk: true, checkingDisabled: true });
    expect(scene.questions).toHaveLength(7);
  });

  it('is the same for a client and for this server itself', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(300)] };
    const forms = [
      { flags: 0x0100, additional: [] },
      { flags: 0x0110, additional: [] },
      { flags: 0x0110, additional: [opt({ flags: 0x8000 })] },
    ];
    for (const { flags, additional } of forms) {
      const head = { flags, counts: [1, 0, 0, additional.length] as const };
      const { request, query } = asked(
        Uint8Array.from([...header(head), ...question(wire('WWW', 'example')), ...additional.flat()]),
      );
      await scene.resolver.resolve(request, query, scene.ask);
    }
    expect(scene.questions.map((sent) => [sent.dnssecOk, sent.checkingDisabled])).toEqual([
      [false, false],
      [false, true],
      [true, true],
    ]);
    const own = questionFor(name('www.example'), Type.A);
    for (const [i, sent] of scene.questions.entries()) {
      expect(scene.resolve(sent)).not.toBeInstanceOf(Promise);
      expect(sent.bytes.length).toBe(own.bytes.length);
      expect(scene.resolve({ ...own, dnssecOk: i > 1, checkingDisabled: i > 0 })).not.toBeInstanceOf(Promise);
    }
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
  it('are asked once for all who wait', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const waiting = [scene.shown(), scene.shown(), scene.shown()];
    expect(scene.questions).toHaveLength(1);
    await scene.tell({ answers: [a(60)] });
    expect(await Promise.all(waiting)).toEqual(new Array(3).fill('rcode 0 ttl 60'));
  });

  it('are asked on its own what came here from another server, which may wait for the answer', async () => {
    const scene = new Scene();
    scene.script = 'wait';
    const passed = { ...ask(), marks: { stubbed: false, path: new Uint8Array(8) } };
    const stubbed = { ...ask(), marks: { stubbed: true, path: new Uint8Array(0) } };
    const waiting = [scene.shown(), scene.shown(passed), scene.shown(stubbed), scene.shown(passed)];
    expect(scene.questions).toHaveLength(3);
    await scene.tell({ answers: [a(60)] });
    expect(await Promise.all(waiting)).toEqual(new Array(4).fill('rcode 0 ttl 60'));
    expect(scene.resolve(passed)).not.toBeInstanceOf(Promise);
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
    const broken = () => Promise.reject(new Error('no'));
    expect(await scene.resolver.resolveQuestion(ask(), broken)).toEqual({ kind: 'unreachable' });
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
    const after = scene.shown();
    expect(scene.questions).toHaveLength(2);
    await scene.tell({ answers: [a(60)] });
    expect(await Promise.all([before, after])).toEqual(['rcode 0 ttl 60', 'rcode 0 ttl 60']);
    expect(scene.cache?.count).toBe(1);
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
