// The arena as a log of segments: filled one after the other, emptied whole, used again once no reader can look there.
import { Control, EPOCH_STEP, IDLE, MAX_READERS, type TableMemory } from './layout.ts';

/** Segments an arena is cut into; one always waits empty. */
const SEGMENTS = 64;

interface Retired {
  readonly segment: number;
  readonly epoch: number;
}

export class Segments {
  readonly size: number;
  readonly #control: Int32Array;
  readonly #count: number;
  /** Bytes filled, by segment. */
  readonly #filled: Float64Array;
  /** Filled ones, oldest first. */
  readonly #full: number[] = [];
  readonly #free: number[] = [];
  readonly #retired: Retired[] = [];
  #current = 0;

  constructor(memory: TableMemory) {
    this.#control = new Int32Array(memory.control);
    this.size = Math.floor(memory.arena.byteLength / SEGMENTS) & ~3;
    this.#count = SEGMENTS;
    this.#filled = new Float64Array(SEGMENTS);
    for (let segment = this.#count - 1; segment > 0; segment--) this.#free.push(segment);
    // Place 0 means "none" in a slot, so the first segment begins behind it.
    this.#filled[0] = 8;
  }

  /** Room for `length` bytes (a multiple of 4), as a place in the arena; -1 where there is none for now. */
  allocate(length: number): number {
    if (this.#left() < length && !this.#next()) return -1;
    if (this.#left() < length) return -1;
    const filled = this.#filledOf(this.#current);
    this.#filled[this.#current] = filled + length;
    return this.#current * this.size + filled;
  }

  /** Whether `length` bytes fit without going on to another segment. */
  fits(length: number): boolean {
    return this.#left() >= length;
  }

  #left(): number {
    return this.size - this.#filledOf(this.#current);
  }

  #filledOf(segment: number): number {
    return this.#filled[segment] as number;
  }

  #next(): boolean {
    this.#reclaim();
    const next = this.#free.pop();
    if (next === undefined) return false;
    this.#full.push(this.#current);
    this.#current = next;
    this.#filled[next] = next === 0 ? 8 : 0;
    return true;
  }

  /** Whether the oldest segment should be emptied, so that one is ready when the current one is full. */
  get isShort(): boolean {
    return this.#free.length + this.#retired.length === 0 && this.#full.length > 0;
  }

  /** Bounds of the oldest filled segment, which the caller empties and then retires; undefined where none is filled. */
  oldest(): { start: number; end: number } | undefined {
    const segment = this.#full[0];
    if (segment === undefined) return undefined;
    const start = segment * this.size;
    return { start: start + (segment === 0 ? 8 : 0), end: start + this.#filledOf(segment) };
  }

  /** The oldest segment is empty: no slot leads there any more. It is used again when every reader has moved on. */
  retireOldest(): void {
    const segment = this.#full.shift();
    if (segment === undefined) return;
    this.#retired.push({
      segment,
      epoch: Atomics.add(this.#control, Control.EPOCH, EPOCH_STEP) + EPOCH_STEP,
    });
  }

  /** Frees what was retired in an epoch that every reader has reached. */
  #reclaim(): void {
    if (this.#retired.length === 0) return;
    const now = Atomics.load(this.#control, Control.EPOCH);
    // By how much the reader that is furthest behind lags.
    let lag = 0;
    for (let reader = 0; reader < MAX_READERS; reader++) {
      const noted = Atomics.load(this.#control, Control.READERS + reader * Control.READER_STRIDE);
      if (noted !== IDLE) lag = Math.max(lag, (now - (noted - 1)) | 0);
    }
    for (let [oldest] = this.#retired; oldest !== undefined; [oldest] = this.#retired) {
      if (((now - oldest.epoch) | 0) < lag) return;
      this.#retired.shift();
      this.#free.unshift(oldest.segment);
    }
  }
}
