// Queries that a worker hands to the main thread: a ring in shared memory, one writer, one reader, bounded.
import { COPIED_HEAD, type Packets, REQUEST_SIZE } from './packets.ts';

/** Queries that may wait, for each worker; beyond it they are dropped, and clients ask again. */
export const MISS_SLOTS = 4096;
/** What was copied, then when it was taken in. */
const SLOT_SIZE = COPIED_HEAD + REQUEST_SIZE + 4;
const STAMP_WORD = (COPIED_HEAD + REQUEST_SIZE) / 4;
const SLOT_WORDS = SLOT_SIZE / 4;
/** Words: how many were put in, how many were taken out; each on a cache line of its own. */
const PUT = 0;
const TAKEN = 16;
const HEAD_BYTES = 128;

export function missQueueMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_BYTES + MISS_SLOTS * SLOT_SIZE);
}

export class MissQueue {
  readonly #ends: Int32Array;
  readonly #words: Int32Array;
  /** When the packet that was taken last had been taken in, as `put` was told. */
  stamp = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#ends = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#words = new Int32Array(memory, HEAD_BYTES);
  }

  /**
   * Copies a received packet in, and with it when it was taken in, in microseconds mod 2^32 on a clock that both threads
   * share. False where the ring is full.
   */
  put(packets: Packets, slot: number, length: number, stamp = 0): boolean {
    const put = Atomics.load(this.#ends, PUT);
    if (((put - Atomics.load(this.#ends, TAKEN)) | 0) >= MISS_SLOTS) return false;
    const place = (put & (MISS_SLOTS - 1)) * SLOT_WORDS;
    packets.copyOut(slot, length, this.#words, place);
    this.#words[place + STAMP_WORD] = stamp;
    Atomics.store(this.#ends, PUT, nextOf(put));
    return true;
  }

  /** Copies the oldest packet out into a slot and returns its length; -1 where none waits. */
  take(packets: Packets, slot: number): number {
    const taken = Atomics.load(this.#ends, TAKEN);
    if (taken === Atomics.load(this.#ends, PUT)) return -1;
    const place = (taken & (MISS_SLOTS - 1)) * SLOT_WORDS;
    const length = packets.copyIn(slot, this.#words, place);
    this.stamp = this.#words[place + STAMP_WORD] as number;
    Atomics.store(this.#ends, TAKEN, nextOf(taken));
    return length;
  }

  get waiting(): number {
    return (Atomics.load(this.#ends, PUT) - Atomics.load(this.#ends, TAKEN)) | 0;
  }
}

/** Counts wrap at 32 bits: their difference stays right, and so does the slot, since MISS_SLOTS is a power of two. */
function nextOf(count: number): number {
  return (count + 1) | 0;
}
