// A resolver whose clock stands still and whose other servers say what the test tells them to.
import { ManualClock } from '../../src/base/clock.ts';
import { type Counters, noCounters } from '../../src/base/counters.ts';
import { type Outcome, UpstreamCache } from '../../src/upstream/cache.ts';
import { renderAnswer } from '../../src/upstream/cache-render.ts';
import { Resolver, type ResolverOptions } from '../../src/upstream/cache-resolver.ts';
import type { Upstreamed, UpstreamFailure } from '../../src/upstream/upstreamed.ts';
import { isOpt, readMessage } from '../../src/wire/message.ts';
import type { Asked } from './asked.ts';
import { ask, DAY, reply, type Said } from './cache-bytes.ts';

export const NOBODY: UpstreamFailure = { kind: 'timeout' };

/** What other servers do when they are asked: say something, fail, or nothing until they are told. */
export type Script = Said | UpstreamFailure | 'wait';

type Counted = Record<'cacheHits' | 'cacheMisses' | 'cacheStale' | 'cachePrefetches', number>;

export interface SceneOptions extends Partial<ResolverOptions> {
  /** 0 for no cache. */
  readonly bytes?: number;
}

export class Scene {
  readonly clock = new ManualClock(1_000_000_000_000);
  readonly counted: Counted = { cacheHits: 0, cacheMisses: 0, cacheStale: 0, cachePrefetches: 0 };
  readonly cache: UpstreamCache | undefined;
  readonly resolver: Resolver;
  /** Every question that other servers were asked. */
  readonly questions: Uint8Array[] = [];
  /** What they do from now on. */
  script: Script = {};
  readonly #waiting: { question: Uint8Array; answer: (got: Upstreamed) => void }[] = [];

  constructor({ bytes = 2 ** 20, ...options }: SceneOptions = {}) {
    const counter = (name: keyof Counted) => ({
      inc: () => {
        this.counted[name]++;
      },
    });
    const counters: Counters = {
      ...noCounters,
      cacheHits: counter('cacheHits'),
      cacheMisses: counter('cacheMisses'),
      cacheStale: counter('cacheStale'),
      cachePrefetches: counter('cachePrefetches'),
    };
    this.cache = bytes === 0 ? undefined : new UpstreamCache(bytes, counters);
    this.resolver = new Resolver(
      { lifetimes: DAY, staleMax: 86_400, ...options },
      { cache: this.cache, clock: this.clock, counters },
    );
  }

  /** The way to other servers. As the forwarder does, it hands the same reply to all who wait for it. */
  #ask({ request, query }: Asked): Promise<Upstreamed> {
    const question = request.slice(12, query.questionEnd);
    this.questions.push(question);
    const { script } = this;
    if (script !== 'wait') return Promise.resolve(said(question, script));
    return new Promise((answer) => {
      this.#waiting.push({ question, answer });
    });
  }

  /** Those who waited for the same question are answered with the same reply. */
  async tell(script: Said | UpstreamFailure): Promise<void> {
    const replies = new Map<string, Upstreamed>();
    for (const { question, answer } of this.#waiting.splice(0)) {
      const key = question.join();
      const reply = replies.get(key) ?? said(question, script);
      replies.set(key, reply);
      answer(reply);
    }
    await settled();
  }

  /** Everything that was under way has come to its end, except for who waits for time or for `tell`. */
  readonly settled = settled;

  resolve(asked: Asked = ask()): Outcome | Promise<Outcome> {
    return this.resolver.resolve(asked.request, asked.query, () => this.#ask(asked));
  }

  /** The answer as a client gets it now: rcode and TTLs, or why there is none. */
  async shown(asked: Asked = ask()): Promise<string> {
    const outcome = await this.resolve(asked);
    if (outcome.kind !== 'answer') return outcome.kind;
    const bytes = new Uint8Array(1232);
    const { request, query } = asked;
    const length = renderAnswer(outcome, request, query, this.clock.now(), bytes.length, bytes);
    const message = readMessage(bytes.subarray(0, length));
    const records = [
      ...(message?.answers ?? []),
      ...(message?.authority ?? []),
      ...(message?.additional ?? []),
    ].filter((record) => !isOpt(record));
    const mark = outcome.stale ? 'stale ' : '';
    return `${mark}rcode ${(message?.flags ?? 0) & 15} ttl ${records.map(({ ttl }) => ttl).join(' ')}`.trim();
  }

  seconds(count: number): void {
    this.clock.advance(count * 1000);
  }
}

function said(question: Uint8Array, script: Said | UpstreamFailure): Upstreamed {
  return 'kind' in script ? script : reply(script, question);
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
