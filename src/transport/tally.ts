// What one thread counts of the questions on one address, in shared memory: plain numbers that only it adds to and that
// the main thread sums when somebody asks.
import { HEADER_LENGTH, Rcode, Type } from '../wire/codes.ts';
import { rcodeOf } from '../wire/frame.ts';
import type { Query } from '../wire/query.ts';

/** Upper bounds of the buckets of durations, in microseconds from taking in to replying; the last bucket has none. */
export const DURATION_BOUNDS_US: readonly number[] = [
  50,
  100,
  ...Array.from({ length: 16 }, (_, i) => 250 * 2 ** i),
];
/** Upper bounds of the buckets of message sizes, in bytes; the last bucket has none. */
export const SIZE_BOUNDS: readonly number[] = [
  100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000,
];
/** Types that are counted by name; every other is counted as the last. */
export const COUNTED_TYPES = [
  'A',
  'AAAA',
  'CNAME',
  'HTTPS',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SRV',
  'TXT',
  'ANY',
  'other',
] as const;
/** Rcodes 0 to 23 have a place each; the place after them is for all others, which only other servers say. */
export const RCODES = Rcode.BADCOOKIE + 2;
/** Of the client's address; also the place in a row. */
export const FAMILIES = ['1', '2'] as const;

const TYPES = COUNTED_TYPES.length;
const NUMBERS = { ...Type, HTTPS: 65 } as const;

const Field = {
  RECEIVED: 0,
  MISSES: 1,
  OVERFLOWS: 2,
  IGNORED: 3,
  SEND_FAILURES: 4,
  BATCHES: 5,
  RECEIVE_FAILURES: 6,
  /** Of answers from the table. */
  HITS: 7,
  ROWS: 8,
} as const;

/** Where the counts of a zone stand in its row. */
export const Row = {
  /** By type, of clients with IPv4 addresses; those with IPv6 follow. */
  TYPE: 0,
  RCODE: TYPES * FAMILIES.length,
  REQUEST_SIZE: TYPES * FAMILIES.length + RCODES,
  REQUEST_BYTES: TYPES * FAMILIES.length + RCODES + SIZE_BOUNDS.length + 1,
  REPLY_SIZE: TYPES * FAMILIES.length + RCODES + SIZE_BOUNDS.length + 2,
  REPLY_BYTES: TYPES * FAMILIES.length + RCODES + 2 * SIZE_BOUNDS.length + 3,
  DURATION: TYPES * FAMILIES.length + RCODES + 2 * SIZE_BOUNDS.length + 4,
  DURATION_US: TYPES * FAMILIES.length + RCODES + 2 * SIZE_BOUNDS.length + 5 + DURATION_BOUNDS_US.length,
  LENGTH: TYPES * FAMILIES.length + RCODES + 2 * SIZE_BOUNDS.length + 6 + DURATION_BOUNDS_US.length,
} as const;

/** Place of each type in a row. */
const placeOfType = new Uint8Array(256).fill(TYPES - 1);
for (const [place, name] of COUNTED_TYPES.entries()) if (name !== 'other') placeOfType[NUMBERS[name]] = place;

function bucketOf(bounds: readonly number[], value: number): number {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  return bucket;
}

/** Bucket of each size that a datagram of ours may have. */
const bucketOfSize = Uint8Array.from({ length: 2048 }, (_, size) => bucketOf(SIZE_BOUNDS, size));

function sizeBucket(size: number): number {
  return size < bucketOfSize.length ? (bucketOfSize[size] as number) : bucketOf(SIZE_BOUNDS, size);
}

/** Memory for the counts of so many zones, and of what lies in none of them. */
export function tallyMemory(zones = 0): SharedArrayBuffer {
  return new SharedArrayBuffer((Field.ROWS + (zones + 1) * Row.LENGTH) * 8);
}

/** 64-bit numbers on 8-byte boundaries are written whole, so a reader needs no lock. */
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
    this.#add(Field.RECEIVED, queries);
  }

  /**
   * A reply of `size` bytes from `start` on in `bytes`, as it was rendered for `query`, which came in `asked` bytes from a
   * client with an IPv4 address or not.
   */
  answered(
    query: Query,
    asked: number,
    isIpv4: boolean,
    bytes: Uint8Array,
    start: number,
    size: number,
  ): void {
    const row = Field.ROWS + query.zone * Row.LENGTH;
    // Where no question could be read, the type is that of a query before.
    const type = query.questionEnd > HEADER_LENGTH && query.type < 256 ? query.type : 0;
    const rcode = rcodeOf(query, bytes, start);
    this.#add(row + (isIpv4 ? 0 : TYPES) + (placeOfType[type] as number), 1);
    this.#add(row + Row.RCODE + Math.min(rcode, RCODES - 1), 1);
    this.#add(row + Row.REQUEST_SIZE + sizeBucket(asked), 1);
    this.#add(row + Row.REQUEST_BYTES, asked);
    this.#add(row + Row.REPLY_SIZE + sizeBucket(size), 1);
    this.#add(row + Row.REPLY_BYTES, size);
  }

  /** How long `count` replies took, which left together `us` microseconds after their queries were taken in, by the zone of each. */
  took(zones: Uint16Array, count: number, us: number): void {
    const bucket = bucketOf(DURATION_BOUNDS_US, us);
    // Most of them are of one zone.
    for (let from = 0, to = 0; from < count; from = to) {
      const zone = zones[from] as number;
      while (to < count && zones[to] === zone) to++;
      this.tookOf(zone, to - from, bucket, us);
    }
  }

  tookOf(zone: number, count: number, bucket: number, us: number): void {
    const row = Field.ROWS + zone * Row.LENGTH;
    this.#add(row + Row.DURATION + bucket, count);
    this.#add(row + Row.DURATION_US, us * count);
  }

  /** How long one reply took. */
  tookOne(zone: number, us: number): void {
    this.tookOf(zone, 1, bucketOf(DURATION_BOUNDS_US, us), us);
  }

  hits(replies: number): void {
    this.#add(Field.HITS, replies);
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

  get queries(): number {
    return this.#get(Field.RECEIVED);
  }

  /** Replies from the table. */
  get replies(): number {
    return this.#get(Field.HITS);
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

  /** The counts of a zone, by its number and one, or of what lies in none (0), to be read only. */
  row(zone: number): Float64Array {
    const start = Field.ROWS + zone * Row.LENGTH;
    return this.#fields.subarray(start, start + Row.LENGTH);
  }
}
