// How a server stands: how fast it answers, whether it answers at all, and when to try it again.
import type { UpstreamDeps } from './deps.ts';
import { RoundTrip } from './round-trip.ts';

/** So many questions without a reply, over so many milliseconds, make a server down. */
const MISSES = 3;
const MISSING_MS = 3000;
/** Between attempts at a server that is down, in milliseconds: the first, doubling up to the last. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** A server that is not the first choice is measured again after so many milliseconds. */
const REMEASURE_MS = 10_000;
/** What a miss and a refusal count in the order of servers, in milliseconds, and how many of them count. */
const MISS_COST = 400;
const REFUSAL_COST = 50;
const MOST_COUNTED = 8;
const DOWN_COST = 1_000_000;
/** How long a server that could not read EDNS is asked without it, in milliseconds. */
const PLAIN_MS = 15 * 60_000;

export class Standing {
  readonly roundTrip = new RoundTrip();
  readonly #text: string;
  readonly #deps: UpstreamDeps;
  /** Since when it has not answered; undefined while it does. */
  #downSince: number | undefined;
  #misses = 0;
  #firstMiss = 0;
  #refusals = 0;
  #heard = Number.NEGATIVE_INFINITY;
  #tryAt = Number.NEGATIVE_INFINITY;
  #retryMs = FIRST_RETRY_MS;
  #plainUntil = Number.NEGATIVE_INFINITY;

  /** `text` names the server in the log. */
  constructor(text: string, deps: UpstreamDeps) {
    this.#text = text;
    this.#deps = deps;
  }

  get downSince(): number | undefined {
    return this.#downSince;
  }

  /** What asking it costs, in milliseconds as it were: the least is asked first. */
  get cost(): number {
    const misses = MISS_COST * Math.min(this.#misses, MOST_COUNTED);
    const refusals = REFUSAL_COST * Math.min(this.#refusals, MOST_COUNTED);
    return (this.roundTrip.mean ?? 0) + misses + refusals + (this.#downSince === undefined ? 0 : DOWN_COST);
  }

  /** It is asked without EDNS for now. */
  get plain(): boolean {
    return this.#deps.clock.now() < this.#plainUntil;
  }

  /** It could read a question only without EDNS. */
  readsNoEdns(): void {
    this.#plainUntil = this.#deps.clock.now() + PLAIN_MS;
  }

  /**
   * Whether it is time to ask it beside the one that is asked first, to see how it stands; if so, the time of the next
   * such attempt is set.
   */
  takeTurn(): boolean {
    const now = this.#deps.clock.now();
    if (now < this.#tryAt) return false;
    this.#tryAt = now + (this.#downSince === undefined ? REMEASURE_MS : this.#retryMs);
    if (this.#downSince !== undefined) this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    return true;
  }

  /** It answered, `ms` milliseconds after it was asked; undefined where that says nothing of its speed. */
  answered(ms: number | undefined): void {
    const now = this.#deps.clock.now();
    this.#heard = now;
    this.#misses = 0;
    if (ms !== undefined) {
      this.roundTrip.add(Math.max(0, ms));
      this.#tryAt = now + REMEASURE_MS;
    }
    if (this.#downSince === undefined) return;
    this.#downSince = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#deps.log.info({ upstream: this.#text }, 'an upstream server answers again');
  }

  /** Its answer was an answer (or, false, a refusal to give one). */
  helped(helped: boolean): void {
    this.#refusals = helped ? 0 : this.#refusals + 1;
  }

  /** A question that it was asked at `sentAt` is without a reply for longer than it should be. */
  missed(sentAt: number): void {
    // Others may have been answered meanwhile: then it is this question that takes long.
    if (this.#heard >= sentAt) return;
    const now = this.#deps.clock.now();
    if (this.#misses === 0) this.#firstMiss = now;
    this.#misses += 1;
    if (this.#misses >= MISSES && now - this.#firstMiss >= MISSING_MS) this.#down('it does not answer');
  }

  /** The system says that there is nobody. */
  unreachable(reason: string): void {
    this.#misses += 1;
    this.#down(reason);
  }

  #down(reason: string): void {
    if (this.#downSince !== undefined) return;
    this.#downSince = this.#deps.clock.now();
    this.#tryAt = this.#downSince + this.#retryMs;
    this.#deps.log.warn({ upstream: this.#text, reason }, 'an upstream server is down; it is tried again');
  }
}
