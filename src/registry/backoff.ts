// How long to wait before trying again: exponential, with full jitter, so that many clients spread out.

export interface BackoffOptions {
  /** The ceiling of the first wait, in milliseconds. */
  readonly first: number;
  /** The ceiling of every wait, in milliseconds. */
  readonly most: number;
  readonly random?: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The next wait in milliseconds: anywhere between 0 and a ceiling that doubles with every failure. */
  next(): number {
    const { first, most, random = Math.random } = this.#options;
    const ceiling = Math.min(most, first * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return random() * ceiling;
  }

  /** What follows is a first failure again. */
  reset(): void {
    this.#failures = 0;
  }
}
