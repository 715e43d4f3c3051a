// The main thread's time, shared between networks of clients: one that has had its share is answered when nobody else waits.
import { randomBytes } from 'node:crypto';
import { limiterMemory, RateLimiter } from '../guard/rate-limit.ts';
import type { Client } from '../wire/client.ts';

/** The part of the time that one network (/24 of IPv4, /56 of IPv6) may take before all others. */
const SHARE = 0.25;
/** How long one stretch of answering lasts, in milliseconds, before everything else gets its turn. */
export const STRETCH_MS = 2;

/**
 * No network is ever refused for it: who has taken more than a share stands behind the others, and has all the time that
 * they leave. Times are in milliseconds, as performance.now() has them.
 */
export class FairShare {
  readonly #limiter: RateLimiter;
  /** Those who stand behind and go on by themselves, the first of them first. */
  readonly #behind: (() => void)[] = [];
  #isTurnAsked = false;

  constructor() {
    const random = randomBytes(8);
    const key = { k0: random.readInt32LE(0), k1: random.readInt32LE(4) };
    this.#limiter = new RateLimiter(limiterMemory(), key);
  }

  /** Whether the client's network has had its share for now. */
  isSpent(client: Client, now: number): boolean {
    return this.#limiter.isOverdrawn(client, now);
  }

  /** A client's question has taken `ms`, until `now`. */
  charge(client: Client, now: number, ms: number): void {
    this.#limiter.charge(client, now, ms / SHARE);
  }

  /** Calls `goOn` when it is its turn behind the others; it should take no longer than a stretch. */
  standBehind(goOn: () => void): void {
    this.#behind.push(goOn);
    this.#askForTurn();
  }

  #askForTurn(): void {
    if (this.#isTurnAsked) return;
    this.#isTurnAsked = true;
    setImmediate(() => this.#turn());
  }

  /** One stretch in each turn of the event loop, however many stand here. */
  #turn(): void {
    this.#isTurnAsked = false;
    const end = performance.now() + STRETCH_MS;
    // Those who come back meanwhile wait for the next turn.
    let left = this.#behind.length;
    do this.#behind.shift()?.();
    while (--left > 0 && performance.now() < end);
    if (this.#behind.length > 0) this.#askForTurn();
  }
}
