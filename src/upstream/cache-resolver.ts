// A question that other servers answer: from the cache where it can be, else asked of them.
import { type Clock, realClock } from '../base/clock.ts';
import { type Counters, noCounters } from '../base/counters.ts';
import type { Name } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { type Answer, type AnswerCache, Entry, type Outcome } from './cache.ts';
import { cacheKey } from './cache-question.ts';
import { isAnswer, type Kept, type Lifetimes, lookThrough } from './cache-reply.ts';
import type { FailureKind, Upstreamed, UpstreamFailure, UpstreamReply } from './upstreamed.ts';

/** Asks other servers, or joins in where they are being asked the same. */
export type Ask = () => Promise<Upstreamed>;

export interface ResolverOptions {
  readonly lifetimes: Lifetimes;
  /** How long past their time answers may be given out when other servers fail, in seconds; 0 for not at all. */
  readonly staleMax: number;
}

export interface ResolverParts {
  /** Undefined where nothing is kept. */
  readonly cache: AnswerCache | undefined;
  readonly counters: Counters;
  readonly clock?: Clock;
}

/** How long other servers are left alone with a question that they failed at, while there is a stale answer (RFC 8767 5). */
const RECHECK_MS = 30_000;
/** How long a client waits while there is a stale answer (RFC 8767 5). */
const CLIENT_WAIT_MS = 1800;
/** How long it is remembered that nobody answered: at least a second (RFC 9520 3.2). */
const FAILURE_MS = 1000;
/** Asked for so often, an answer is fetched anew in the last tenth of its life, if that is long enough to matter. */
const POPULAR = 3;
const PREFETCH_FROM = 0.9;
const PREFETCH_LEAST_LIFE = 10;

/** Failures after which asking again at once is in vain; the others depend on who asks, and when. */
const LASTING: ReadonlySet<FailureKind> = new Set(['timeout', 'unreachable']);

export class Resolver {
  readonly #cache: AnswerCache | undefined;
  readonly #counters: Counters;
  readonly #clock: Clock;
  #options: ResolverOptions;
  /** What was asked in an earlier epoch is not kept: who answers has changed since. */
  #epoch = 0;
  /** What came last, and what was made of it: all who waited for it get the same. */
  #last: { readonly got: UpstreamReply; readonly answer: Answer } | undefined;

  constructor(options: ResolverOptions, parts: ResolverParts) {
    this.#options = options;
    this.#cache = parts.cache;
    this.#counters = parts.counters;
    this.#clock = parts.clock ?? realClock;
  }

  /** Takes new settings; what is kept already stays as it is. */
  configure(options: ResolverOptions): void {
    this.#options = options;
  }

  /** One that resolves as this one does at the moment, leaves no trace, and tells which entries it meets. */
  peeking(met: (entry: Entry) => void): Resolver {
    const cache = this.#cache;
    const peek = (key: string): Entry | undefined => cache?.peek(key)?.copy();
    const get = (key: string): Entry | undefined => {
      const entry = peek(key);
      if (entry !== undefined) met(entry);
      return entry;
    };
    const nothing = () => {};
    const view = {
      get,
      peek,
      set: nothing,
      keep: nothing,
      delete: nothing,
      clear: nothing,
      clearBelow: nothing,
    };
    return new Resolver(this.#options, { cache: view, counters: noCounters, clock: this.#clock });
  }

  /** Forgets a zone, or everything: who answers for it has changed. */
  forget(zone?: Name): void {
    this.#epoch++;
    if (zone === undefined) this.#cache?.clear();
    else this.#cache?.clearBelow(zone);
  }

  /**
   * Answers `query`, which was read from `request`, with `ask` where that is needed: it is called before this returns, or
   * never. What the cache has comes at once, without a promise; a promise never rejects.
   */
  resolve(request: Uint8Array, query: Query, ask: Ask): Outcome | Promise<Outcome> {
    const key = cacheKey(request, query);
    const entry = this.#cache?.get(key);
    const now = this.#clock.now();
    if (entry?.isFresh(now)) {
      this.#counters.cacheHits.inc();
      entry.asked++;
      if (isDue(entry, now)) this.#refresh(entry, this.#fetch(key, ask));
      return entry.outcome;
    }
    const stale = entry === undefined ? undefined : this.#staleOf(entry, now);
    if (entry === undefined || stale === undefined) {
      this.#counters.cacheMisses.inc();
      return this.#fetch(key, ask);
    }
    if (!entry.slow && now >= entry.failedUntil) return this.#orStale(entry, stale, this.#fetch(key, ask));
    this.#counters.cacheStale.inc();
    return stale;
  }

  /** The answer of an entry that is over, where it may still be given out. */
  #staleOf(entry: Entry, now: number): Answer | undefined {
    return this.#mayBeStale(entry, now) ? entry.stale : undefined;
  }

  #mayBeStale(entry: Entry, now: number): boolean {
    return now < entry.expiresAt + this.#options.staleMax * 1000 && entry.canBeStale;
  }

  /** In the background; what comes replaces the entry. */
  #refresh(entry: Entry, fetching: Promise<Outcome>): void {
    entry.refreshed = true;
    this.#counters.cachePrefetches.inc();
    void fetching;
  }

  /** What other servers say, if they say it soon; else what they said before. */
  #orStale(entry: Entry, stale: Answer, fetching: Promise<Outcome>): Promise<Outcome> {
    const { cacheMisses, cacheStale } = this.#counters;
    return new Promise((resolve) => {
      let waiting = true;
      const give = (outcome: Outcome): void => {
        if (waiting) (outcome === stale ? cacheStale : cacheMisses).inc();
        waiting = false;
        resolve(outcome);
      };
      const cancel = this.#clock.after(CLIENT_WAIT_MS, () => {
        entry.slow = true;
        give(stale);
      });
      void fetching.then((outcome) => {
        cancel();
        entry.slow = false;
        give(outcome.kind === 'answer' && isAnswer(outcome.reply) ? outcome : stale);
      });
    });
  }

  #fetch(key: string, ask: Ask): Promise<Outcome> {
    const epoch = this.#epoch;
    const took = (got: Upstreamed): Outcome => {
      const cache = epoch === this.#epoch ? this.#cache : undefined;
      return got.kind === 'reply' ? this.#answered(key, cache, got) : this.#failed(key, cache, got);
    };
    return ask().then(took, () => took({ kind: 'unreachable' }));
  }

  /** `cache`: where to keep it, undefined for nowhere. */
  #failed(key: string, cache: AnswerCache | undefined, failure: UpstreamFailure): UpstreamFailure {
    if (!LASTING.has(failure.kind) || this.#leaveAlone(key, cache)) return failure;
    const now = this.#clock.now();
    cache?.set(key, new Entry(failure, now, now + FAILURE_MS));
    return failure;
  }

  #answered(key: string, cache: AnswerCache | undefined, got: UpstreamReply): Answer {
    if (this.#last?.got === got) return this.#last.answer;
    const kept = lookThrough(got, this.#options.lifetimes);
    const answer = this.#keep(key, cache, kept);
    this.#last = { got, answer };
    return answer;
  }

  #keep(key: string, cache: AnswerCache | undefined, kept: Kept): Answer {
    const now = this.#clock.now();
    const expiresAt = now + kept.life * 1000;
    const refreshed = isAnswer(kept.reply) && kept.life >= PREFETCH_LEAST_LIFE;
    const heldUntil = refreshed ? now + kept.life * 1000 * PREFETCH_FROM : expiresAt;
    const answer: Answer = { kind: 'answer', ...kept, cameAt: now, heldUntil, stale: false };
    if (!isAnswer(kept.reply) && this.#leaveAlone(key, cache)) return answer;
    if (kept.life > 0) cache?.keep(key, answer, expiresAt);
    // What there was is untrue by now, although this cannot be kept either.
    else if (isAnswer(kept.reply)) cache?.delete(key);
    return answer;
  }

  /** Other servers failed. Where there is an answer from before, they are not asked again soon, and it is kept. */
  #leaveAlone(key: string, cache: AnswerCache | undefined): boolean {
    const entry = cache?.peek(key);
    const now = this.#clock.now();
    if (entry === undefined || !this.#mayBeStale(entry, now)) return false;
    entry.failedUntil = now + RECHECK_MS;
    return true;
  }
}

/** Whether an entry in its time is popular, and so near its end that it is to be fetched anew. */
function isDue(entry: Entry, now: number): boolean {
  return !entry.refreshed && entry.asked >= POPULAR && entry.isLetGo(now);
}
