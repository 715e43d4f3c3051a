// Answers past their time, given out when other servers fail (RFC 8767), and popular ones fetched before it comes to that.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/upstream/cache.ts';
import { staleErrors } from '../../src/upstream/cache-render.ts';
import { a, ask, soa } from './cache-bytes.ts';
import { NOBODY, Scene, type SceneOptions } from './cache-scene.ts';

/** An answer of 60 s, come and gone. */
async function over(options: SceneOptions = {}): Promise<Scene> {
  const scene = new Scene(options);
  scene.script = { answers: [a(60)] };
  await scene.shown();
  scene.seconds(60);
  return scene;
}

const errorsOf = (outcome: Outcome): number[] =>
  outcome.kind === 'answer' ? staleErrors(outcome).map(({ code }) => code) : [];

const heldUntil = (outcome: Outcome): number => (outcome.kind === 'answer' ? outcome.heldUntil : 0);

describe('an answer past its time', () => {
  it('is given out with a TTL of 30 when nobody answers', async () => {
    const scene = await over();
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
  });

  it('is given out when the reply is SERVFAIL, REFUSED or too many are asked', async () => {
    for (const script of [{ flags: 0x8182 }, { flags: 0x8185 }, { kind: 'overload' }] as const) {
      const scene = await over();
      scene.script = script;
      expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
    }
  });

  it('gives way to NXDOMAIN and to an answer', async () => {
    const scene = await over();
    scene.script = { flags: 0x8183, authority: [soa(60, 60)] };
    expect(await scene.shown()).toBe('rcode 3 ttl 60');
    scene.seconds(60);
    scene.script = { answers: [a(9)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 9');
  });

  it('says why it is given out: EDE 3, and 19 for NXDOMAIN', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(60)] };
    expect(errorsOf(await scene.resolve())).toEqual([]);
    scene.script = { flags: 0x8183, authority: [soa(60, 60)] };
    await scene.resolve(ask('gone.example.com'));
    scene.seconds(60);
    scene.script = NOBODY;
    expect(errorsOf(await scene.resolve())).toEqual([3]);
    expect(errorsOf(await scene.resolve(ask('gone.example.com')))).toEqual([19]);
  });

  it('is given out at once for 30 s after a failure, then other servers are asked again', async () => {
    const scene = await over();
    scene.script = NOBODY;
    await scene.shown();
    expect(scene.questions).toHaveLength(2);
    scene.clock.advance(29_999);
    expect(scene.resolve()).not.toBeInstanceOf(Promise);
    expect(scene.questions).toHaveLength(2);
    scene.clock.advance(1);
    expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
    expect(scene.questions).toHaveLength(3);
    scene.seconds(30);
    scene.script = { answers: [a(60)] };
    expect(await scene.shown()).toBe('rcode 0 ttl 60');
    expect(scene.counted.cacheStale).toBe(3);
  });

  it('is given out after 1.8 s of silence, and at once as long as the silence lasts', async () => {
    const scene = await over();
    scene.script = 'wait';
    const first = scene.shown();
    const second = scene.shown();
    scene.clock.advance(1799);
    await scene.settled();
    expect(scene.counted.cacheStale).toBe(0);
    scene.clock.advance(1);
    expect(await Promise.all([first, second])).toEqual(['stale rcode 0 ttl 30', 'stale rcode 0 ttl 30']);
    expect(scene.resolve()).not.toBeInstanceOf(Promise);
    expect(scene.questions).toHaveLength(3);
    await scene.tell({ answers: [a(50)] });
    expect(await scene.shown()).toBe('rcode 0 ttl 50');
    expect(scene.questions).toHaveLength(3);
    expect(scene.counted.cacheStale).toBe(3);
  });

  it('is asked for again 30 s after a failure that nobody waited for', async () => {
    const scene = await over();
    scene.script = 'wait';
    const first = scene.shown();
    scene.clock.advance(1800);
    await first;
    await scene.tell(NOBODY);
    scene.seconds(29);
    expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
    expect(scene.questions).toHaveLength(2);
    scene.seconds(1);
    void scene.shown();
    expect(scene.questions).toHaveLength(3);
  });

  it('is given out no longer than it may be', async () => {
    const scene = await over({ staleMax: 100 });
    scene.script = NOBODY;
    scene.clock.advance(99_999);
    expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
    scene.clock.advance(1);
    expect(await scene.shown()).toBe('timeout');
  });

  it('is not given out where that is off', async () => {
    const scene = await over({ staleMax: 0 });
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('timeout');
  });

  it('is no SERVFAIL', async () => {
    const scene = new Scene();
    scene.script = { flags: 0x8182 };
    await scene.shown();
    scene.seconds(5);
    scene.script = NOBODY;
    expect(await scene.shown()).toBe('timeout');
  });
});

describe('an answer near its end', () => {
  /** Asked for twice, an answer of 100 s, so many seconds old. */
  async function near(age: number, options?: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    scene.script = { answers: [a(100)] };
    await scene.shown();
    await scene.shown();
    scene.seconds(age);
    scene.script = { answers: [a(200)] };
    return scene;
  }

  it('is fetched anew, once, where it is popular', async () => {
    const scene = await near(90);
    expect(await scene.shown()).toBe('rcode 0 ttl 10');
    await scene.settled();
    expect(scene.questions).toHaveLength(2);
    expect(await scene.shown()).toBe('rcode 0 ttl 200');
    expect(scene.counted).toEqual({ cacheHits: 3, cacheMisses: 1, cacheStale: 0, cachePrefetches: 1 });
  });

  it('is not fetched before the last tenth of its life', async () => {
    const scene = await near(89);
    await scene.shown();
    await scene.settled();
    expect(scene.questions).toHaveLength(1);
  });

  it('is not fetched where it is not popular', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(100)] };
    await scene.shown();
    scene.seconds(95);
    await scene.shown();
    await scene.settled();
    expect(scene.questions).toHaveLength(1);
  });

  it('is not fetched again when that fails, and stays to its end', async () => {
    const scene = await near(90);
    scene.script = { flags: 0x8182 };
    await scene.shown();
    await scene.settled();
    scene.seconds(5);
    expect(await scene.shown()).toBe('rcode 0 ttl 5');
    expect(scene.questions).toHaveLength(2);
    scene.seconds(5);
    expect(await scene.shown()).toBe('stale rcode 0 ttl 30');
    expect(scene.questions).toHaveLength(2);
  });

  it('may be given out elsewhere until then, and no longer', async () => {
    const scene = new Scene();
    scene.script = { answers: [a(100)] };
    const answer = await scene.resolve();
    expect(heldUntil(answer) - scene.clock.now()).toBe(90_000);
    scene.script = { answers: [a(5)] };
    const short = await scene.resolve(ask('short.example.com'));
    expect(heldUntil(short) - scene.clock.now()).toBe(5000);
  });
});
