// Memory for replies between their arrival and their rendering: many of them lie in one piece, since to make a typed array of
// its own for each costs more than all else that is done with it.

import { at, copyOf } from '../wire/bytes.ts';

const PIECE = 65_536;
/** What is longer has memory of its own. */
const MOST = 4096;

export class ReplyMemory {
  #piece = new ArrayBuffer(PIECE);
  #used = 0;

  /**
   * A copy of the first `length` bytes. It keeps those near it from being given back: whoever keeps it for long copies it
   * again.
   */
  copy(bytes: Uint8Array, length: number): Uint8Array {
    if (length > MOST) return copyOf(bytes, 0, length);
    if (this.#used + length > PIECE) {
      this.#piece = new ArrayBuffer(PIECE);
      this.#used = 0;
    }
    const copy = new Uint8Array(this.#piece, this.#used, length);
    for (let i = 0; i < length; i++) copy[i] = at(bytes, i);
    this.#used += length;
    return copy;
  }
}
