// A resolver whose clock stands still and whose other servers say what the test tells them to.
import { ManualClock } from '../../src/base/clock.ts';
import { type Outcome, UpstreamCache } from '../../src/upstream/cache.ts';
import { renderAnswer } from '../../src/upstream/cache-render.ts';
import {
  type Ask,
  type CacheCounters,
  Resolver,
  type ResolverOptions,
} from '../../src/upstream/cache-resolver.ts';
import { packetOf, type Question } from '../../src/upstream/question.ts';
import type { Upstreamed, UpstreamFailure } from '../../src/upstream/upstreamed.ts';
import { readMessage } from '../../src/wire/message.ts';
import { asked } from './asked.ts';
import { ask, DAY, reply, type Said } from './cache-bytes.ts';

export const NOBODY: UpstreamFailure = { kind: 'timeout' };

/** What other servers do with a question: say something, fail, or nothing until they are told. */
export type Script = Said | UpstreamFailure | 'wait';

type Counted = Record<keyof CacheCounters, number>;

export interface SceneOptions extends Partial<ResolverOptions> {
  /** 0 for no cache. */
  readonly bytes?: number;
}

export class Scene {
  readonly clock = new ManualClock(1_000_000_000_000);
  readonly counted: Counted = { cacheHits: 0, cacheMisses: 0, cacheStale: 0, cachePrefetches: 0 };
  readonly cache: UpstreamCache | undefined;
  readonly resolver: Resolver;
  /** Every question that other servers got. */
  readonly questions: Question[] = [];
  /** What they do from now on. */
  script: Script = {};
  readonly #waiting: { question: Question; answer: (got: Upstreamed) => void }[] = [];

  constructor({ bytes = 2 ** 20, ...options }: SceneOptions = {}) {
    this.cache = bytes === 0 ? undefined : new UpstreamCache(bytes);
    const counter = (name: keyof Counted) => ({
      inc: () => {
        this.counted[name]++;
      },
    });
    this.resolver = new Resolver(
      { lifetimes: DAY, staleMax: 86_400, ...options },
      {
        cache: this.cache,
        clock: this.clock,
        counters: {
          cacheHits: counter('cacheHits'),
          cacheMisses: counter('cacheMisses'),
          cacheStale: counter('cacheStale'),
          cachePrefetches: counter('cachePrefetches'),
        },
      },
    );
  }

  readonly ask: Ask = (question) => {
    this.questions.push(question);
    const { script } = this;
    if (script !== 'wait') return Promise.resolve(said(question, script));
    return new Promise((answer) => {
      this.#waiting.push({ question, answer });
    });
  };

  /** Those who waited are answered. */
  async tell(script: Said | UpstreamFailure): Promise<void> {
    for (const { question, answer } of this.#waiting.splice(0)) answer(said(question, script));
    await settled();
  }

  /** Everything that was under way has come to its end, except for who waits for time or for `tell`. */
  readonly settled = settled;

  resolve(question: Question = ask()): Outcome | Promise<Outcome> {
    return this.resolver.resolveQuestion(question, this.ask);
  }

  /** The answer as a client gets it now: rcode and TTLs, or why there is none. */
  async shown(question: Question = ask()): Promise<string> {
    return this.show(await this.resolve(question), question);
  }

  show(outcome: Outcome, question: Question = ask()): string {
    if (outcome.kind !== 'answer') return outcome.kind;
    const { request, query } = asked(packetOf(question, undefined));
    const bytes = new Uint8Array(1232);
    const length = renderAnswer(outcome, request, query, this.clock.now(), bytes.length, bytes);
    const message = readMessage(bytes.subarray(0, length));
    const records = [
      ...(message?.answers ?? []),
      ...(message?.authority ?? []),
      ...(message?.additional ?? []),
    ];
    const mark = outcome.stale ? 'stale ' : '';
    return `${mark}rcode ${(message?.flags ?? 0) & 15} ttl ${records.map(({ ttl }) => ttl).join(' ')}`.trim();
  }

  seconds(count: number): void {
    this.clock.advance(count * 1000);
  }
}

function said(question: Question, script: Said | UpstreamFailure): Upstreamed {
  return 'kind' in script ? script : reply(script, question.bytes);
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
