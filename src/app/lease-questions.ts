// Whether leases ran out, asked for a few at a time.
import { FingerpostError } from '../base/errors.ts';
import type { Loss } from '../zone/losses.ts';

const CONCURRENT = 32;

export class LeaseQuestions {
  readonly #hasExpired: (lease: string) => Promise<boolean>;
  readonly #learnt: (loss: Loss, expired: boolean) => void;
  /** All that are open, with the beat since which they are; in order. */
  readonly #open = new Map<Loss, number>();
  readonly #waiting = new Set<Loss>();
  /** Under way, by lease: one may have had thousands of keys. */
  readonly #asked = new Map<string, Promise<boolean>>();
  #running = 0;

  constructor(
    hasExpired: (lease: string) => Promise<boolean>,
    learnt: (loss: Loss, expired: boolean) => void,
  ) {
    this.#hasExpired = hasExpired;
    this.#learnt = learnt;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Once for each loss, however often it is called. */
  ask(loss: Loss, beat: number): void {
    if (this.#open.has(loss)) return;
    this.#open.set(loss, beat);
    this.#waiting.add(loss);
    this.#next();
  }

  /** Nobody wants the answer any more. */
  forget(loss: Loss): void {
    this.#open.delete(loss);
    this.#waiting.delete(loss);
  }

  clear(): void {
    this.#open.clear();
    this.#waiting.clear();
  }

  /** Those that have been open since `beat` or longer. */
  *olderThan(beat: number): Iterable<Loss> {
    for (const [loss, since] of this.#open) {
      if (since > beat) return;
      yield loss;
    }
  }

  #next(): void {
    for (const loss of this.#waiting) {
      if (this.#running === CONCURRENT) return;
      this.#waiting.delete(loss);
      this.#running++;
      void this.#ask(loss);
    }
  }

  async #ask(loss: Loss): Promise<void> {
    const expired = await this.#answer(loss.lost.stored.lease?.id);
    this.#running--;
    // An answer that does not come leaves the question open.
    if (expired !== undefined && this.#open.delete(loss)) this.#learnt(loss, expired);
    this.#next();
  }

  #askOnce(lease: string): Promise<boolean> {
    const asked = this.#asked.get(lease);
    if (asked !== undefined) return asked;
    const answer = this.#hasExpired(lease).finally(() => this.#asked.delete(lease));
    this.#asked.set(lease, answer);
    return answer;
  }

  /** Undefined where nobody answers. A registry that refuses to tell cannot make us hold back what a writer did. */
  async #answer(lease: string | undefined): Promise<boolean | undefined> {
    if (lease === undefined) return false;
    try {
      return await this.#askOnce(lease);
    } catch (thrown) {
      return thrown instanceof FingerpostError && thrown.code === 'unavailable' ? undefined : false;
    }
  }
}
