// What other servers answered, kept in a bounded number of bytes: the least recently asked for goes first.
import { LRUCache } from 'lru-cache';
import type { Counters } from '../base/counters.ts';
import { latin1 } from '../wire/bytes.ts';
import type { Name } from '../wire/name.ts';
import { isKeyBelow } from './cache-question.ts';
import { isAnswerCode, type Kept } from './cache-reply.ts';
import { type Newcomer, Newcomers } from './newcomers.ts';
import type { UpstreamFailure, UpstreamReply } from './upstreamed.ts';

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

/**
 * What became of one question. An entry lasts longer than its answer, which may be given out stale.
 *
 * Most entries are never asked for again, and each is moved twice by the collector before it stays where it is. So an
 * answer is kept as few objects: its message as a string of one character a byte, its times as whole numbers from when
 * it came; it is put together again when it is asked for.
 */
export class Entry {
  readonly #failure: UpstreamFailure | undefined;
  readonly #message: string;
  readonly #rcode: number;
  readonly #errors: UpstreamReply['errors'];
  readonly #life: number;
  readonly #cameAt: number;
  readonly #lastsMs: number;
  readonly #heldMs: number;
  /** How often it was asked for since it came, the first time included. */
  asked = 1;
  /** It was fetched anew in the background, or is being. */
  refreshed = false;
  /** Until then other servers are not asked again, since they just failed. */
  failedUntil = 0;
  /** Other servers are taking so long that nobody waits for them any more. */
  slow = false;

  /** `expiresAt`: when its time is over, milliseconds since 1970. */
  constructor(outcome: Outcome, cameAt: number, expiresAt: number) {
    const answer = outcome.kind === 'answer' ? outcome : undefined;
    this.#failure = outcome.kind === 'answer' ? undefined : outcome;
    this.#message = answer === undefined ? '' : textOf(answer.reply.message);
    this.#rcode = answer?.reply.rcode ?? 0;
    this.#errors = answer?.reply.errors ?? [];
    this.#life = answer?.life ?? 0;
    this.#cameAt = cameAt;
    this.#lastsMs = Math.round(expiresAt - cameAt);
    this.#heldMs = answer === undefined ? 0 : Math.round(answer.heldUntil - cameAt);
  }

  /** When its time is over, milliseconds since 1970. */
  get expiresAt(): number {
    return this.#cameAt + this.#lastsMs;
  }

  get outcome(): Outcome {
    return this.#failure ?? this.#answer(false);
  }

  /** Whether it is an answer of which more than what the shared table holds is over: see `Answer.heldUntil`. */
  isLetGo(now: number): boolean {
    return this.#failure === undefined && now >= this.#cameAt + this.#heldMs;
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

  /** Whether it may be given out past its time: what is no answer may not. */
  get canBeStale(): boolean {
    return this.#failure === undefined && isAnswerCode(this.#rcode);
  }

  /** The answer as it is given out past its time; undefined for what is no answer. */
  get stale(): Answer | undefined {
    return this.canBeStale ? this.#answer(true) : undefined;
  }

  /** Bytes that it takes beside its key, about. */
  get size(): number {
    return this.#errors.reduce(
      (sum, { text }) => sum + ERROR_SIZE + text.length,
      ENTRY_SIZE + this.#message.length,
    );
  }

  #answer(stale: boolean): Answer {
    const message = bytesOf(this.#message);
    const reply: UpstreamReply = { kind: 'reply', message, rcode: this.#rcode, errors: this.#errors };
    const heldUntil = this.#cameAt + this.#heldMs;
    return { kind: 'answer', reply, life: this.#life, cameAt: this.#cameAt, heldUntil, stale };
  }
}

/** A character a byte, and back. */
function textOf(message: Uint8Array): string {
  return latin1(message, 0, message.length);
}

function bytesOf(text: string): Uint8Array {
  const { length } = text;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** What an entry takes beside its message and its key, and an extended error beside its text: objects, and places in lists. */
const ENTRY_SIZE = 320;
const ERROR_SIZE = 225;

/** Of its memory a newcomer's share; small caches have none for them. */
const NEWCOMERS_SHARE = 1 / 4;
const NEWCOMERS_FROM = 65_536;

/** An answer that was asked for once, as it lasts when it is asked for again. */
function entryOf({ message, rcode, life, cameAt, heldUntil, expiresAt }: Newcomer): Entry {
  const reply: UpstreamReply = { kind: 'reply', message, rcode, errors: [] };
  return new Entry({ kind: 'answer', reply, life, cameAt, heldUntil, stale: false }, cameAt, expiresAt);
}

/** What answering from a cache needs of it. */
export type AnswerCache = Pick<
  UpstreamCache,
  'get' | 'peek' | 'set' | 'keep' | 'delete' | 'clear' | 'clearBelow'
>;

export class UpstreamCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #newcomers: Newcomers;
  readonly #counters: Counters;

  /** `bytes`: how much memory entries may take, about. */
  constructor(bytes: number, counters: Counters) {
    this.#counters = counters;
    const share = bytes < NEWCOMERS_FROM ? 0 : Math.floor(bytes * NEWCOMERS_SHARE);
    this.#newcomers = new Newcomers(share, () => counters.cacheEvictions.inc());
    this.#entries = new LRUCache<string, Entry>({
      maxSize: bytes - share,
      dispose: (_, __, reason) => {
        if (reason === 'evict') counters.cacheEvictions.inc();
      },
    });
  }

  get count(): number {
    return this.#entries.size + this.#newcomers.count;
  }

  /** Bytes that all entries take, about. */
  get bytes(): number {
    return this.#entries.calculatedSize + this.#newcomers.bytes;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) return entry;
    const newcomer = this.#newcomers.take(key);
    if (newcomer === undefined) return undefined;
    const moved = entryOf(newcomer);
    this.set(key, moved);
    return moved;
  }

  /** Without counting as a use. What is changed of an answer that was asked for once only is forgotten. */
  peek(key: string): Entry | undefined {
    const entry = this.#entries.peek(key);
    if (entry !== undefined) return entry;
    const newcomer = this.#newcomers.peek(key);
    return newcomer === undefined ? undefined : entryOf(newcomer);
  }

  set(key: string, entry: Entry): void {
    this.#newcomers.delete(key);
    this.#entries.set(key, entry, { size: key.length + entry.size });
    this.#measure();
  }

  /** Keeps an answer that has just come. `expiresAt`: when its time is over, milliseconds since 1970. */
  keep(key: string, answer: Answer, expiresAt: number): void {
    if (this.#entries.has(key) || !this.#newcomers.put(key, answer, expiresAt))
      this.set(key, new Entry(answer, answer.cameAt, expiresAt));
    else this.#measure();
  }

  delete(key: string): void {
    this.#newcomers.delete(key);
    this.#entries.delete(key);
    this.#measure();
  }

  clear(): void {
    this.#newcomers.clear();
    this.#entries.clear();
    this.#measure();
  }

  /** Forgets a zone. */
  clearBelow(zone: Name): void {
    for (const key of [...this.#entries.keys(), ...this.#newcomers.keys()])
      if (isKeyBelow(key, zone)) this.delete(key);
    this.#measure();
  }

  #measure(): void {
    this.#counters.cacheAnswers.set(this.count);
    this.#counters.cacheBytes.set(this.bytes);
  }
}
