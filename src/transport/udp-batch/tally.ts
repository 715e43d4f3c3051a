// What a worker counts, in shared memory: plain numbers that only it adds to and that the main thread sums when asked.
import { Rcode, Type } from '../../wire/codes.ts';

/** Upper bounds of the latency histogram's buckets, in microseconds from receipt to reply; the last has none. */
export const LATENCY_BOUNDS_US = [50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;
/** Types that are counted by name; every other is counted as the last. */
export const COUNTED_TYPES = [
  'A',
  'AAAA',
  'CNAME',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SRV',
  'TXT',
  'ANY',
  'other',
] as const;
/** Rcodes 0 to 23: beyond those of the header only BADVERS and the last, BADCOOKIE, are ever sent. */
export const RCODES = Rcode.BADCOOKIE + 1;

const Field = {
  QUERIES: 0,
  REPLIES: 1,
  MISSES: 2,
  OVERFLOWS: 3,
  IGNORED: 4,
  SEND_FAILURES: 5,
  BATCHES: 6,
  LATENCY_US: 7,
  RECEIVE_FAILURES: 8,
  RCODE: 9,
  TYPE: 9 + RCODES,
  LATENCY: 9 + RCODES + COUNTED_TYPES.length,
} as const;
const FIELDS = Field.LATENCY + LATENCY_BOUNDS_US.length + 1;

/** Row of each type in the counts. */
const rowOfType = new Uint8Array(256).fill(COUNTED_TYPES.length - 1);
for (const [row, name] of COUNTED_TYPES.entries()) if (name !== 'other') rowOfType[Type[name]] = row;

export function tallyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIELDS * 8);
}

/** One worker's counts. 64-bit numbers on 8-byte boundaries are written whole, so a reader needs no lock. */
export class Tally {
  readonly #fields: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#fields = new Float64Array(memory);
  }

  #add(field: number, by: number): void {
    this.#fields[field] = (this.#fields[field] as number) + by;
  }

  #get(field: number): number {
    return this.#fields[field] as number;
  }

  batch(queries: number): void {
    this.#add(Field.BATCHES, 1);
    this.#add(Field.QUERIES, queries);
  }

  reply(rcode: number): void {
    this.#add(Field.RCODE + rcode, 1);
  }

  type(type: number): void {
    this.#add(Field.TYPE + (rowOfType[type < 256 ? type : 0] as number), 1);
  }

  miss(queued: boolean): void {
    this.#add(queued ? Field.MISSES : Field.OVERFLOWS, 1);
  }

  ignored(): void {
    this.#add(Field.IGNORED, 1);
  }

  sendFailed(replies: number): void {
    this.#add(Field.SEND_FAILURES, replies);
  }

  receiveFailed(): void {
    this.#add(Field.RECEIVE_FAILURES, 1);
  }

  /** Replies that left together, `us` microseconds after their queries were taken in. */
  sent(replies: number, us: number): void {
    this.#add(Field.REPLIES, replies);
    this.#add(Field.LATENCY_US, us * replies);
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_US.length && us > (LATENCY_BOUNDS_US[bucket] as number)) bucket++;
    this.#add(Field.LATENCY + bucket, replies);
  }

  get queries(): number {
    return this.#get(Field.QUERIES);
  }

  get replies(): number {
    return this.#get(Field.REPLIES);
  }

  get misses(): number {
    return this.#get(Field.MISSES);
  }

  get overflows(): number {
    return this.#get(Field.OVERFLOWS);
  }

  get dropped(): number {
    return this.#get(Field.IGNORED) + this.#get(Field.SEND_FAILURES);
  }

  /** Receives that failed for another reason than that nothing came. */
  get receiveFailures(): number {
    return this.#get(Field.RECEIVE_FAILURES);
  }

  get batches(): number {
    return this.#get(Field.BATCHES);
  }

  rcode(rcode: number): number {
    return this.#get(Field.RCODE + rcode);
  }

  typeAt(row: number): number {
    return this.#get(Field.TYPE + row);
  }

  latencyAt(bucket: number): number {
    return this.#get(Field.LATENCY + bucket);
  }

  get latencySumUs(): number {
    return this.#get(Field.LATENCY_US);
  }
}
