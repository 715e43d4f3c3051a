// A resolver whose clock stands still and whose other servers say what the test tells them to.
import { ManualClock } from '../../src/base/clock.ts';
import {
  type Answer,
  type Failure,
  isFailure,
  type Outcome,
  UpstreamCache,
} from '../../src/upstream/cache.ts';
import type { Asked } from '../../src/upstream/cache-question.ts';
import {
  ageOf,
  type CacheCounters,
  Resolver,
  type ResolverOptions,
  STALE_TTL,
  type Way,
} from '../../src/upstream/cache-resolver.ts';
import { ask, DAY, replyTo, type Said, ttlsOf } from './cache-bytes.ts';

export const NOBODY: Failure = { failed: true, ede: 22, lasting: true };

/** What other servers do with a query: say something, fail, or nothing until they are told. */
export type Script = Said | Failure | 'wait';

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
  /** Every query that other servers got. */
  readonly queries: Uint8Array[] = [];
  /** What they do from now on. */
  script: Script = {};
  readonly #waiting: { query: Uint8Array; answer: (got: Uint8Array | Failure) => void }[] = [];

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

  readonly way: Way = {
    ask: (query) => {
      this.queries.push(query);
      const { script } = this;
      if (script === 'wait')
        return new Promise((answer) => {
          this.#waiting.push({ query, answer });
        });
      return Promise.resolve(said(query, script));
    },
  };

  /** Those who waited are answered. */
  async tell(script: Said | Failure): Promise<void> {
    for (const { query, answer } of this.#waiting.splice(0)) answer(said(query, script));
    await settled();
  }

  /** Everything that was under way has come to its end, except for who waits for time or for `tell`. */
  readonly settled = settled;

  resolve(asked: Asked = ask(), checkingDisabled = false): Outcome | Promise<Outcome> {
    return this.resolver.resolve(asked, checkingDisabled, this.way);
  }

  /** The answer as it is given out now: its TTLs, or why there is none. */
  async shown(asked?: Asked): Promise<string> {
    const got = this.resolve(asked);
    return this.show(got instanceof Promise ? await got : got);
  }

  show(outcome: Outcome): string {
    if (isFailure(outcome)) return `failure ${outcome.ede}`;
    const mark = outcome.stale ? 'stale ' : '';
    return `${mark}rcode ${outcome.reply.rcode} ttl ${this.#ttls(outcome).join(' ')}`.trim();
  }

  #ttls(answer: Answer): number[] {
    const age = ageOf(answer, this.clock.now());
    return ttlsOf(answer.reply).map((ttl) => (answer.stale ? STALE_TTL : ttl - age));
  }

  seconds(count: number): void {
    this.clock.advance(count * 1000);
  }
}

function said(query: Uint8Array, script: Said | Failure): Uint8Array | Failure {
  return 'failed' in script ? script : replyTo(query, script);
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
