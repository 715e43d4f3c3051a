// How long a server takes to answer, smoothed, and how long it is worth waiting for it (as RFC 6298 2 does for TCP).

const UNMEASURED_TIMEOUT = 400;
const LEAST_TIMEOUT = 200;
const MOST_TIMEOUT = 2000;
/** Shares of a new sample in the mean and in the deviation. */
const MEAN_SHARE = 1 / 8;
const DEVIATION_SHARE = 1 / 4;

/** Times are in milliseconds. */
export class RoundTrip {
  #mean: number | undefined;
  #deviation = 0;

  /** The smoothed time; undefined where none was measured. */
  get mean(): number | undefined {
    return this.#mean;
  }

  add(sample: number): void {
    if (this.#mean === undefined) {
      this.#mean = sample;
      this.#deviation = sample / 2;
      return;
    }
    this.#deviation += DEVIATION_SHARE * (Math.abs(sample - this.#mean) - this.#deviation);
    this.#mean += MEAN_SHARE * (sample - this.#mean);
  }

  /** How long to wait for a reply before another server is asked, the `round`-th time round (from 0). */
  timeout(round: number): number {
    const wait = this.#mean === undefined ? UNMEASURED_TIMEOUT : this.#mean + 4 * this.#deviation;
    return Math.min(MOST_TIMEOUT, Math.max(LEAST_TIMEOUT, wait) * 2 ** round);
  }
}
