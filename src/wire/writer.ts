// Writes one message and owns its size limit: what does not fit is noticed, and taken back to a mark.
import { at, putU16, putU32 } from './bytes.ts';
import { HEADER_LENGTH } from './codes.ts';
import { type Name, ROOT } from './name.ts';

/**
 * Writes into `buffer` from `start`. Every write that would pass the limit leaves the buffer as it was there and sets
 * `overflowed`, until `rollback`. Names compress against the question only, since records after it may be reordered.
 */
export class Writer {
  readonly buffer: Uint8Array;
  at: number;
  overflowed = false;
  #limit: number;
  #question: Name | undefined;

  constructor(buffer: Uint8Array, start = 0, limit = buffer.length) {
    this.buffer = buffer;
    this.at = start;
    this.#limit = Math.min(limit, buffer.length);
  }

  /** Holds back `length` bytes at the end for something that must be written later. */
  reserve(length: number): void {
    this.#limit -= length;
  }

  /** Gives back what was reserved. */
  release(length: number): void {
    this.#limit += length;
  }

  mark(): number {
    return this.at;
  }

  /** Back to a mark: what was written since is gone, overflow forgiven. */
  rollback(mark: number): void {
    this.at = mark;
    this.overflowed = false;
  }

  /** Names from here on may point into this question name, which stands at offset 12. */
  compressAgainst(question: Name): void {
    this.#question = question;
  }

  #room(length: number): boolean {
    if (!this.overflowed && this.at + length <= this.#limit) return true;
    this.overflowed = true;
    return false;
  }

  u8(value: number): void {
    if (this.#room(1)) this.buffer[this.at++] = value;
  }

  u16(value: number): void {
    if (!this.#room(2)) return;
    putU16(this.buffer, this.at, value);
    this.at += 2;
  }

  u32(value: number): void {
    if (!this.#room(4)) return;
    putU32(this.buffer, this.at, value);
    this.at += 4;
  }

  bytes(bytes: Uint8Array): void {
    if (!this.#room(bytes.length)) return;
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A length byte and at most 255 bytes (RFC 1035 3.3). */
  characterString(bytes: Uint8Array): void {
    this.u8(bytes.length);
    this.bytes(bytes);
  }

  /** A name, its longest tail shared with the question as a pointer (RFC 1035 4.1.4). */
  name(name: Name): void {
    const question = this.#question ?? ROOT;
    for (let i = 0; at(name, i) !== 0; i += at(name, i) + 1) {
      const place = tailIn(question, name, i);
      if (place < 0) continue;
      this.bytes(name.subarray(0, i));
      this.u16(0xc000 | (HEADER_LENGTH + place));
      return;
    }
    this.bytes(name);
  }
}

/** Where the tail of `name` from `i` stands in `whole` as a tail on a label boundary; -1 where it does not. */
function tailIn(whole: Name, name: Name, i: number): number {
  const length = name.length - i;
  const place = whole.length - length;
  if (place < 0) return -1;
  for (let k = 0; k < length; k++) if (at(whole, place + k) !== at(name, i + k)) return -1;
  let label = 0;
  while (label < place) label += at(whole, label) + 1;
  return label === place ? place : -1;
}
