// A ring of records in shared memory: one thread writes, another reads, neither waits. What finds no room is counted and lost.

/** Words of 4 bytes, a power of two. The system gives the memory out page by page as it is written: unused it costs nothing. */
const CAPACITY = 1 << 20;
const MASK = CAPACITY - 1;
/** Words: how far it was written and how far read, each on a cache line of its own; then the counts of what was lost. */
const PUT = 0;
const TAKEN = 16;
const LOST_BYTES = 128;
const HEAD_BYTES = 192;
/** Kinds of what is lost that are counted apart, at most. */
const LOST_KINDS = (HEAD_BYTES - LOST_BYTES) / 8;
/** In place of a record's length: nothing more up to the end of the memory. */
const SKIP = -1;
/** Instead of a place: there is none. */
export const NONE = -1;

export function ringMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_BYTES + CAPACITY * 4);
}

function endsOf(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, LOST_BYTES / 4);
}

function lostIn(memory: SharedArrayBuffer): Float64Array {
  return new Float64Array(memory, LOST_BYTES, LOST_KINDS);
}

/** The writer's side. A record is a number of words, of which the first is that number. */
export class RingWriter {
  readonly words: Int32Array;
  /** The same memory. */
  readonly bytes: Uint8Array;
  readonly #ends: Int32Array;
  readonly #lost: Float64Array;
  #put: number;
  /** How far the reader had come when it was looked at last. */
  #taken: number;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, HEAD_BYTES);
    this.bytes = new Uint8Array(memory, HEAD_BYTES);
    this.#ends = endsOf(memory);
    this.#lost = lostIn(memory);
    this.#put = Atomics.load(this.#ends, PUT);
    this.#taken = Atomics.load(this.#ends, TAKEN);
  }

  /** Makes room for a record of so many words, which is seen when it is published; its place in `words`, or NONE. */
  reserve(length: number): number {
    const at = this.#put & MASK;
    const tail = CAPACITY - at;
    // A record is in one piece, so that it can be read where it stands.
    const needed = length <= tail ? length : tail + length;
    if (!this.#hasRoom(needed)) return NONE;
    this.#put = (this.#put + needed) | 0;
    if (needed === length) {
      this.words[at] = length;
      return at;
    }
    this.words[at] = SKIP;
    this.words[0] = length;
    return 0;
  }

  #hasRoom(needed: number): boolean {
    if (CAPACITY - ((this.#put - this.#taken) | 0) >= needed) return true;
    this.#taken = Atomics.load(this.#ends, TAKEN);
    return CAPACITY - ((this.#put - this.#taken) | 0) >= needed;
  }

  /** Shows the reader all that was written. */
  publish(): void {
    Atomics.store(this.#ends, PUT, this.#put);
  }

  /** Counts what is lost, by kind. */
  lose(kind: number, count: number): void {
    this.#lost[kind] = (this.#lost[kind] as number) + count;
  }
}

/** The reader's side. */
export class RingReader {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly #ends: Int32Array;
  readonly #lost: Float64Array;
  #put: number;
  #taken: number;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, HEAD_BYTES);
    this.bytes = new Uint8Array(memory, HEAD_BYTES);
    this.#ends = endsOf(memory);
    this.#lost = lostIn(memory);
    this.#put = Atomics.load(this.#ends, PUT);
    this.#taken = Atomics.load(this.#ends, TAKEN);
  }

  /** The place of the next record, which stays there until it is released; NONE where there is none. */
  next(): number {
    if (this.#taken === this.#put) {
      this.#put = Atomics.load(this.#ends, PUT);
      if (this.#taken === this.#put) return NONE;
    }
    let at = this.#taken & MASK;
    if (this.words[at] === SKIP) {
      this.#taken = (this.#taken + CAPACITY - at) | 0;
      at = 0;
    }
    this.#taken = (this.#taken + (this.words[at] as number)) | 0;
    return at;
  }

  /** Gives the writer back the room of all that was taken. */
  release(): void {
    Atomics.store(this.#ends, TAKEN, this.#taken);
  }

  /** Passes over all that is there. */
  clear(): void {
    this.#put = Atomics.load(this.#ends, PUT);
    this.#taken = this.#put;
    this.release();
  }

  /** How much was lost of a kind since the ring was made. */
  lost(kind: number): number {
    return this.#lost[kind] as number;
  }
}
