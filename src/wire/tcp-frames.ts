// DNS messages out of a TCP byte stream: each is preceded by its length in two bytes (RFC 1035 section 4.2.2).

const EMPTY: Buffer = Buffer.alloc(0);
const PREFIX = 2;
const FIRST_HOLD = 512;

/** A copy of a message with its length in front. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, PREFIX);
  return frame;
}

/**
 * Cuts a stream into messages. Whole messages are handed out as views of what was read; only the incomplete rest of
 * it is copied, into memory that grows with what has really arrived, not with what the length promises.
 */
export class Frames {
  #chunk = EMPTY;
  #at = 0;
  #held = EMPTY;
  #heldLength = 0;

  /** Adds what was read. To be called only when `next` has returned undefined since the last call. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Whether the beginning of a message is held whose end has not arrived. */
  get incomplete(): boolean {
    return this.#heldLength > 0;
  }

  /** The next whole message, valid until the next call; undefined when more must be read first. */
  next(): Buffer | undefined {
    if (this.#heldLength > 0) return this.#completeHeld();
    const rest = this.#chunk.length - this.#at;
    if (rest >= PREFIX) {
      const from = this.#at + PREFIX;
      const to = from + this.#chunk.readUInt16BE(this.#at);
      if (to <= this.#chunk.length) {
        this.#at = to;
        return this.#chunk.subarray(from, to);
      }
    }
    this.#hold(rest);
    this.#chunk = EMPTY;
    this.#at = 0;
    return undefined;
  }

  #completeHeld(): Buffer | undefined {
    if (!this.#fill(PREFIX)) return undefined;
    const whole = PREFIX + this.#held.readUInt16BE(0);
    if (!this.#fill(whole)) return undefined;
    const message = this.#held.subarray(PREFIX, whole);
    this.#held = EMPTY;
    this.#heldLength = 0;
    return message;
  }

  /** Moves bytes from the chunk until `length` are held; false when there are not enough. */
  #fill(length: number): boolean {
    const missing = length - this.#heldLength;
    if (missing > 0) this.#hold(Math.min(missing, this.#chunk.length - this.#at));
    return this.#heldLength >= length;
  }

  #hold(count: number): void {
    const needed = this.#heldLength + count;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#held.length * 2, FIRST_HOLD));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    this.#chunk.copy(this.#held, this.#heldLength, this.#at, this.#at + count);
    this.#heldLength = needed;
    this.#at += count;
  }
}
