// What guards count, in shared memory: plain numbers that one thread adds to and that are summed when somebody asks.

/** Fields of a thread, which fill one cache line. */
export const Count = { DENIED: 0, DROPPED: 1, LIMITED: 2, SLIPPED: 3, KNOWN: 4 } as const;
const STRIDE = 8;

export function countsMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * STRIDE * 8);
}

export class ThreadCounts {
  readonly #fields: Float64Array;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#fields = new Float64Array(memory, thread * STRIDE * 8, STRIDE);
  }

  inc(field: number): void {
    this.#fields[field] = (this.#fields[field] as number) + 1;
  }
}

/** A field's sum over all threads. */
export function sumOfCounts(memory: SharedArrayBuffer, field: number): number {
  const fields = new Float64Array(memory);
  let sum = 0;
  for (let i = field; i < fields.length; i += STRIDE) sum += fields[i] as number;
  return sum;
}
