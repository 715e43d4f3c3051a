// Whom a question comes from, and whether it is answered: access by network, cookies, the limit of replies. Each thread has
// a guard of its own over the same memory; nothing is allocated for a question.
import { randomBytes } from 'node:crypto';
import type { HashKey } from '../base/hash.ts';
import type { Client } from '../wire/client.ts';
import { type Query, type Transport, Verdict } from '../wire/query.ts';
import { Cookies } from './cookies.ts';
import { Count, countsMemory, ThreadCounts } from './counts.ts';
import { findNetwork } from './network-map.ts';
import { limiterMemory, RateLimiter } from './rate-limit.ts';
import { ACTION, Action, EXEMPT, SettingsReader, settingsMemory, Word } from './settings.ts';

/** What is done with a question. PASS: it is answered. TRUNCATE: an empty reply with TC, so that the client comes over TCP. */
export const Ruling = { PASS: 0, DROP: 1, REFUSE: 2, TRUNCATE: 3, BADCOOKIE: 4 } as const;
export type Ruling = (typeof Ruling)[keyof typeof Ruling];

/** Who asks. */
export interface Visitor {
  readonly transport: Transport;
  readonly client: Client;
  /** Another thread's guard has let the question pass. */
  readonly admitted?: boolean;
}

/** The memory that the guards of all threads share. */
export interface GuardMemory {
  readonly settings: SharedArrayBuffer;
  readonly limiter: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
  readonly hashKey: HashKey;
}

/** For threads numbered below `threads`. Until settings are written everything passes. */
export function guardMemory(threads: number): GuardMemory {
  const random = randomBytes(8);
  return {
    settings: settingsMemory(),
    limiter: limiterMemory(),
    counts: countsMemory(threads),
    hashKey: { k0: random.readInt32LE(0), k1: random.readInt32LE(4) },
  };
}

/** The same rules for somebody who only wants to know: what they count and limit, they do in memory of their own. */
export function withoutTrace(memory: GuardMemory): GuardMemory {
  return { ...memory, limiter: limiterMemory(), counts: countsMemory(1) };
}

export class Guard {
  readonly #settings: SettingsReader;
  readonly #limiter: RateLimiter;
  readonly #counts: ThreadCounts;
  readonly #cookies = new Cookies();
  /** Milliseconds since 1970, and whole seconds. */
  #now = 0;
  #seconds = 0;
  /** Replies over the limit since one slipped through. */
  #held = 0;

  constructor(memory: GuardMemory, thread: number) {
    this.#settings = new SettingsReader(memory.settings);
    this.#limiter = new RateLimiter(memory.limiter, memory.hashKey);
    this.#counts = new ThreadCounts(memory.counts, thread);
  }

  /** To be called from time to time, before a batch at the least: it is `now` (milliseconds since 1970). */
  tick(now: number): void {
    this.#now = now;
    this.#seconds = Math.floor(now / 1000);
    if (!this.#settings.refresh()) return;
    const { words } = this.#settings;
    this.#cookies.setSecrets(words, Word.SECRET, words[Word.SECRETS] as number);
  }

  /** What is done with this client's questions. Nothing is counted. */
  actionFor(client: Client): number {
    return this.#numberOf(client) & ACTION;
  }

  /** Whether nothing of this client is to be looked at; counted where it is so. */
  drops(client: Client): boolean {
    if ((this.#numberOf(client) & ACTION) !== Action.DROP) return false;
    this.#counts.inc(Count.DROPPED);
    return true;
  }

  /**
   * Rules on a query that was read with `verdict`. Sets what its reply has beside records: the cookie, and why it is
   * refused.
   */
  rule(request: Uint8Array, query: Query, verdict: Verdict, visitor: Visitor): Ruling {
    const { client } = visitor;
    // Of a malformed query the cookie may not even be there.
    const isSound = verdict === Verdict.OK || verdict === Verdict.BADVERS;
    if (visitor.admitted === true) {
      if (isSound) this.#cookies.answer(request, query, client, this.#seconds);
      return Ruling.PASS;
    }
    const number = this.#numberOf(client);
    const action = number & ACTION;
    if (action === Action.DROP) {
      this.#counts.inc(Count.DROPPED);
      return Ruling.DROP;
    }
    const isKnown = isSound && this.#cookies.answer(request, query, client, this.#seconds);
    if (isKnown) this.#counts.inc(Count.KNOWN);
    else if (visitor.transport === 'udp' && (number & EXEMPT) === 0 && this.#isOver(client))
      return this.#hold(query, verdict);
    if (action === Action.ALLOW) return Ruling.PASS;
    this.#counts.inc(Count.DENIED);
    return Ruling.REFUSE;
  }

  #numberOf(client: Client): number {
    const { words } = this.#settings;
    const length = words[Word.ROW_LENGTH] as number;
    return length === 0 ? 0 : findNetwork(words, Word.ROW, length, client);
  }

  #isOver(client: Client): boolean {
    const rate = this.#settings.words[Word.RATE] as number;
    return rate > 0 && !this.#limiter.take(client, this.#now, 1000 / rate);
  }

  /** Over the limit: every so often one is told how to be answered, by TCP or with the cookie that it is given. */
  #hold(query: Query, verdict: Verdict): Ruling {
    this.#counts.inc(Count.LIMITED);
    const slip = this.#settings.words[Word.SLIP] as number;
    if (slip === 0 || verdict !== Verdict.OK || ++this.#held < slip) return Ruling.DROP;
    this.#held = 0;
    this.#counts.inc(Count.SLIPPED);
    return query.sendsCookie ? Ruling.BADCOOKIE : Ruling.TRUNCATE;
  }
}
