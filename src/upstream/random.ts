// Numbers that nobody can guess, for ids and the choice of a port: the system's, fetched many at a time.
import { randomFillSync } from 'node:crypto';

const WORDS = 2048;

export class RandomWords {
  readonly #words = new Uint16Array(WORDS);
  #next = WORDS;

  /** 0..65535. */
  u16(): number {
    if (this.#next === WORDS) {
      randomFillSync(this.#words);
      this.#next = 0;
    }
    return this.#words[this.#next++] as number;
  }

  /** 0..`count` - 1, for counts far below 65536. */
  below(count: number): number {
    return this.u16() % count;
  }
}
