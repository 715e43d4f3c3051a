// What other servers answered, kept in a bounded number of bytes: the least recently asked for goes first.
import { LRUCache } from 'lru-cache';
import type { Counters } from '../base/counters.ts';
import type { Name } from '../wire/name.ts';
import { isKeyBelow } from './cache-question.ts';
import { isAnswer, type Kept } from './cache-reply.ts';
import type { UpstreamFailure } from './upstreamed.ts';

/** What is given to clients: a reply, and from when to when. */
export interface Answer extends Kept {
  readonly kind: 'answer';
  /** Milliseconds since 1970. TTLs count down from here. */
  readonly cameAt: number;
  /**
   * Until when (milliseconds since 1970) it may be given out without asking here again, by the shared table for
   * instance: never past its expiry, and not in the time in which a popular answer is fetched anew.
   */
  readonly heldUntil: number;
  /** Past its time, and given out since no better one is to be had (RFC 8767). */
  readonly stale: boolean;
}

export type Outcome = Answer | UpstreamFailure;

/** What became of one question. An entry lasts longer than its answer, which may be given out stale. */
export class Entry {
  readonly outcome: Outcome;
  readonly #cameAt: number;
  /** When its time is over, milliseconds since 1970. */
  readonly expiresAt: number;
  /** How often it was asked for since it came, the first time included. */
  asked = 1;
  /** It was fetched anew in the background, or is being. */
  refreshed = false;
  /** Until then other servers are not asked again, since they just failed. */
  failedUntil = 0;
  /** Other servers are taking so long that nobody waits for them any more. */
  slow = false;
  #stale: Answer | undefined;

  constructor(outcome: Outcome, cameAt: number, expiresAt: number) {
    this.outcome = outcome;
    this.#cameAt = cameAt;
    this.expiresAt = expiresAt;
  }

  /** One that can be used without a trace. */
  copy(): Entry {
    const copy = new Entry(this.outcome, this.#cameAt, this.expiresAt);
    const { asked, refreshed, failedUntil, slow } = this;
    return Object.assign(copy, { asked, refreshed, failedUntil, slow });
  }

  /** An entry of the future, since the clock was set back, is over: who knows how old it is. */
  isFresh(now: number): boolean {
    return now < this.expiresAt && now >= this.#cameAt;
  }

  /** The answer as it is given out past its time; undefined for what is no answer. */
  get stale(): Answer | undefined {
    if (this.outcome.kind !== 'answer' || !isAnswer(this.outcome.reply)) return undefined;
    this.#stale ??= { ...this.outcome, stale: true };
    return this.#stale;
  }
}

/** What an entry takes beside its bytes and its key: objects and places in lists, as measured. */
const ENTRY_OVERHEAD = 900;

/** What answering from a cache needs of it. */
export type AnswerCache = Pick<UpstreamCache, 'get' | 'peek' | 'set' | 'delete' | 'clear' | 'clearBelow'>;

export class UpstreamCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #counters: Counters;

  /** `bytes`: how much memory entries may take, about. */
  constructor(bytes: number, counters: Counters) {
    this.#counters = counters;
    this.#entries = new LRUCache<string, Entry>({
      maxSize: bytes,
      dispose: (_, __, reason) => {
        if (reason === 'evict') counters.cacheEvictions.inc();
      },
    });
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Bytes that all entries take, about. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Without counting as a use. */
  peek(key: string): Entry | undefined {
    return this.#entries.peek(key);
  }

  set(key: string, entry: Entry): void {
    this.#entries.set(key, entry, { size: ENTRY_OVERHEAD + key.length + sizeOf(entry.outcome) });
    this.#measure();
  }

  delete(key: string): void {
    this.#entries.delete(key);
    this.#measure();
  }

  clear(): void {
    this.#entries.clear();
    this.#measure();
  }

  /** Forgets a zone. */
  clearBelow(zone: Name): void {
    for (const key of [...this.#entries.keys()]) if (isKeyBelow(key, zone)) this.#entries.delete(key);
    this.#measure();
  }

  #measure(): void {
    this.#counters.cacheAnswers.set(this.count);
    this.#counters.cacheBytes.set(this.bytes);
  }
}

function sizeOf(outcome: Outcome): number {
  if (outcome.kind !== 'answer') return 0;
  const { reply, places } = outcome;
  return reply.errors.reduce(
    (sum, { text }) => sum + ENTRY_OVERHEAD / 4 + text.length,
    reply.message.buffer.byteLength + places.byteLength,
  );
}
