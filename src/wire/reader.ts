// Reads the bytes of one message: never past the end, never in a circle, never throwing.
import { at, lower, u16 } from './bytes.ts';
import { MAX_NAME, type Name, ROOT } from './name.ts';

const NOTHING = new Uint8Array(0);
/** As many as a name has labels: more are an attack, since thousands of records may all point into one long chain. */
const MAX_POINTERS = 127;
const scratch = new Uint8Array(MAX_NAME);

/**
 * A place in a message. A read that cannot be satisfied sets `failed`, moves to the end and gives zeros; check `failed`
 * once after a run of reads.
 */
export class Reader {
  readonly message: Uint8Array;
  at: number;
  failed = false;

  constructor(message: Uint8Array, start = 0) {
    this.message = message;
    this.at = start;
  }

  get left(): number {
    return this.message.length - this.at;
  }

  fail(): void {
    this.failed = true;
    this.at = this.message.length;
  }

  #room(length: number): boolean {
    if (length >= 0 && this.at + length <= this.message.length) return true;
    this.fail();
    return false;
  }

  u8(): number {
    return this.#room(1) ? at(this.message, this.at++) : 0;
  }

  u16(): number {
    if (!this.#room(2)) return 0;
    this.at += 2;
    return u16(this.message, this.at - 2);
  }

  u32(): number {
    if (!this.#room(4)) return 0;
    this.at += 4;
    return u16(this.message, this.at - 4) * 0x10000 + u16(this.message, this.at - 2);
  }

  /** A copy of the next `length` bytes. */
  take(length: number): Uint8Array {
    if (!this.#room(length)) return NOTHING;
    this.at += length;
    return this.message.slice(this.at - length, this.at);
  }

  skip(length: number): void {
    if (this.#room(length)) this.at += length;
  }

  /** A length byte and that many bytes (RFC 1035 3.3). */
  characterString(): Uint8Array {
    return this.take(this.u8());
  }

  /** A name, decompressed and lower-cased (RFC 1035 4.1.4). */
  name(): Name {
    const length = this.nameInto(scratch);
    return length === 0 ? ROOT : (scratch.slice(0, length) as Name);
  }

  /**
   * Reads a name into `into` (at least 255 bytes) as validated lower-case wire bytes and returns its length; 0 on failure.
   * A pointer must lead to a place before every byte of this name read so far, which no circle can do.
   */
  nameInto(into: Uint8Array): number {
    const { message } = this;
    let place = this.at;
    let lowest = this.at;
    let resume = -1;
    let length = 0;
    let pointers = 0;
    for (;;) {
      if (place >= message.length) return this.#badName();
      const head = at(message, place);
      if (head >= 0xc0) {
        if (place + 1 >= message.length) return this.#badName();
        const target = u16(message, place) & 0x3fff;
        if (resume < 0) resume = place + 2;
        if (target >= lowest || ++pointers > MAX_POINTERS) return this.#badName();
        place = target;
        lowest = target;
        continue;
      }
      if (head > 63 || place + 1 + head > message.length) return this.#badName();
      if (length + 1 + head > MAX_NAME - (head === 0 ? 0 : 1)) return this.#badName();
      into[length++] = head;
      for (let i = 1; i <= head; i++) into[length++] = lower(at(message, place + i));
      place += 1 + head;
      if (head === 0) break;
    }
    this.at = resume < 0 ? place : resume;
    return length;
  }

  #badName(): number {
    this.fail();
    return 0;
  }

  /** Passes over a name without following pointers. */
  skipName(): void {
    for (;;) {
      const head = this.u8();
      if (head >= 0xc0) this.skip(1);
      else if (head > 63) this.fail();
      else this.skip(head);
      if (head === 0 || head > 63) return;
    }
  }
}
