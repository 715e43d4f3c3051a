// Whether a service is up, as its checks tell: it rises after so many good ones in a row, and falls after so many bad ones.

export interface Thresholds {
  /** Good checks in a row that make it up, 1 or more. */
  readonly rise: number;
  /** Bad checks in a row that make it down, 1 or more. */
  readonly fall: number;
}

export class Health {
  readonly #thresholds: Thresholds;
  #isUp = false;
  /** Checks in a row that speak against what it is. */
  #against = 0;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** It begins down. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Takes the outcome of one check; whether it changed. */
  saw(good: boolean): boolean {
    if (good === this.#isUp) {
      this.#against = 0;
      return false;
    }
    this.#against += 1;
    if (this.#against < (good ? this.#thresholds.rise : this.#thresholds.fall)) return false;
    this.#isUp = good;
    this.#against = 0;
    return true;
  }
}
