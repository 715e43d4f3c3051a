// A question that other servers answer: from the cache where it can be, else asked, once for all who wait for it.
import { type Clock, realClock } from '../base/clock.ts';
import type { Counter } from '../base/counters.ts';
import { Rcode } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import { type Answer, Entry, type Failure, isFailure, type Outcome, type UpstreamCache } from './cache.ts';
import { type Asked, keyOf, upstreamQuery } from './cache-question.ts';
import { isAnswer, type Lifetimes, lookThrough, type UpstreamReply } from './cache-reply.ts';

/** A way to other servers. */
export interface Way {
  /** Sends a query; its id is replaced on the way and is not that of the reply. Does not reject. */
  readonly ask: (query: Uint8Array) => Promise<Uint8Array | Failure>;
  /** EDNS options that queries on this way carry, in wire form. */
  readonly options?: Uint8Array | undefined;
}

export interface ResolverOptions {
  readonly lifetimes: Lifetimes;
  /** How long past their time answers may be given out when other servers fail, in seconds; 0 for not at all. */
  readonly staleMax: number;
}

export interface CacheCounters {
  /** Answered from the cache, its time not over. */
  readonly cacheHits: Counter;
  readonly cacheMisses: Counter;
  /** Answered from the cache although its time was over. */
  readonly cacheStale: Counter;
  /** Answers fetched anew before their time was over. */
  readonly cachePrefetches: Counter;
}

export interface ResolverParts {
  /** Undefined where nothing is kept. */
  readonly cache: UpstreamCache | undefined;
  readonly counters: CacheCounters;
  readonly clock?: Clock;
}

/** The TTL of everything that is past its time, in seconds (RFC 8767 4). */
export const STALE_TTL = 30;
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

/** RFC 8914 4.25: a reply came that is none to the question. */
const INVALID_DATA: Failure = { failed: true, ede: 24, lasting: true };
/** RFC 8914 4.1: whoever asked broke its promise. */
const OTHER: Failure = { failed: true, ede: 0, lasting: false };

/** The extended DNS error that goes with an answer (RFC 8914 4.4, 4.20); undefined for one that is in its time. */
export function edeOf(answer: Answer): number | undefined {
  if (!answer.stale) return undefined;
  return answer.reply.rcode === Rcode.NXDOMAIN ? 19 : 3;
}

/** What is to be taken off every TTL of an answer that is in its time: its age in seconds. */
export function ageOf(answer: Answer, now: number): number {
  return Math.max(0, Math.floor((now - answer.cameAt) / 1000));
}

export class Resolver {
  readonly #cache: UpstreamCache | undefined;
  readonly #counters: CacheCounters;
  readonly #clock: Clock;
  /** Questions under way. */
  readonly #pending = new Map<string, Promise<Outcome>>();
  #options: ResolverOptions;
  /** What was asked in an earlier epoch is not kept: who answers has changed since. */
  #epoch = 0;

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

  /** Forgets a zone, or everything: who answers for it has changed. */
  forget(zone?: Name): void {
    this.#epoch++;
    this.#pending.clear();
    if (zone === undefined) this.#cache?.clear();
    else this.#cache?.clearBelow(zone);
  }

  /**
   * Answers a question, asking on `way` where that is needed. What the cache has comes at once, without a promise; a
   * promise never rejects.
   */
  resolve(asked: Asked, checkingDisabled: boolean, way: Way): Outcome | Promise<Outcome> {
    const key = keyOf(asked, checkingDisabled);
    const entry = this.#cache?.get(key);
    const now = this.#clock.now();
    if (entry?.isFresh(now)) {
      this.#counters.cacheHits.inc();
      entry.asked++;
      if (isDue(entry, now)) this.#refresh(entry, this.#fetch(key, asked, checkingDisabled, way));
      return entry.outcome;
    }
    const stale = entry === undefined ? undefined : this.#staleOf(entry, now);
    if (entry === undefined || stale === undefined) {
      this.#counters.cacheMisses.inc();
      return this.#fetch(key, asked, checkingDisabled, way);
    }
    if (!entry.slow && now >= entry.failedUntil)
      return this.#orStale(entry, stale, this.#fetch(key, asked, checkingDisabled, way));
    this.#counters.cacheStale.inc();
    return stale;
  }

  /** The answer of an entry that is over, where it may still be given out. */
  #staleOf(entry: Entry, now: number): Answer | undefined {
    return now < entry.expiresAt + this.#options.staleMax * 1000 ? entry.stale : undefined;
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
        give(isFailure(outcome) || !isAnswer(outcome.reply) ? stale : outcome);
      });
    });
  }

  /** Asks other servers, or joins in where they are being asked the same. */
  #fetch(key: string, asked: Asked, checkingDisabled: boolean, way: Way): Promise<Outcome> {
    const known = this.#pending.get(key);
    if (known !== undefined) return known;
    const query = upstreamQuery(asked, checkingDisabled, way.options);
    const epoch = this.#epoch;
    const fetching: Promise<Outcome> = way
      .ask(query)
      .catch(() => OTHER)
      .then((got) => {
        if (this.#pending.get(key) === fetching) this.#pending.delete(key);
        const cache = epoch === this.#epoch ? this.#cache : undefined;
        return this.#took(key, cache, query, got);
      });
    this.#pending.set(key, fetching);
    return fetching;
  }

  /** `cache`: where to keep it, undefined for nowhere. */
  #took(
    key: string,
    cache: UpstreamCache | undefined,
    query: Uint8Array,
    got: Uint8Array | Failure,
  ): Outcome {
    if (!(got instanceof Uint8Array)) return this.#failed(key, cache, got);
    const reply = lookThrough(got, query, this.#options.lifetimes);
    return reply === undefined ? this.#failed(key, cache, INVALID_DATA) : this.#answered(key, cache, reply);
  }

  #failed(key: string, cache: UpstreamCache | undefined, failure: Failure): Failure {
    if (this.#leaveAlone(key, cache) || !failure.lasting) return failure;
    const now = this.#clock.now();
    cache?.set(key, new Entry(failure, now, now + FAILURE_MS));
    return failure;
  }

  #answered(key: string, cache: UpstreamCache | undefined, reply: UpstreamReply): Answer {
    const now = this.#clock.now();
    const expiresAt = now + reply.life * 1000;
    const refreshed = isAnswer(reply) && reply.life >= PREFETCH_LEAST_LIFE;
    const heldUntil = refreshed ? now + reply.life * 1000 * PREFETCH_FROM : expiresAt;
    const answer: Answer = { reply, cameAt: now, heldUntil, stale: false };
    if (!isAnswer(reply) && this.#leaveAlone(key, cache)) return answer;
    if (reply.life > 0) cache?.set(key, new Entry(answer, now, expiresAt));
    // What there was is untrue by now, although this cannot be kept either.
    else if (isAnswer(reply)) cache?.delete(key);
    return answer;
  }

  /** Other servers failed. Where there is an answer from before, they are not asked again soon, and it is kept. */
  #leaveAlone(key: string, cache: UpstreamCache | undefined): boolean {
    const entry = cache?.peek(key);
    const now = this.#clock.now();
    if (entry === undefined || this.#staleOf(entry, now) === undefined) return false;
    entry.failedUntil = now + RECHECK_MS;
    return true;
  }
}

/** Whether an entry in its time is popular, and so near its end that it is to be fetched anew. */
function isDue(entry: Entry, now: number): boolean {
  if (entry.refreshed || entry.asked < POPULAR || isFailure(entry.outcome)) return false;
  return now >= entry.outcome.heldUntil;
}
