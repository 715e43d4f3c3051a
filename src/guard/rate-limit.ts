// How many replies a network of clients may get: a bounded table of buckets in memory that threads share without locks.
import { Hasher, type HashKey } from '../base/hash.ts';
import type { Client } from '../wire/client.ts';

/** Buckets in sets of four: a network may be in any of its set's. */
const SETS = 1 << 14;
const WAYS = 4;
const BUCKETS = SETS * WAYS;

/** A second's worth may come at once. */
const BURST_MS = 1000;

/** Clients of one network are taken together: /24 of IPv4, /56 of IPv6. Of both the last 8 bits of a word are left out. */
const MASK = ~0xff;
/** Stands where an IPv6 network has zeros. */
const IPV4_MARK = 0xff;

/** Times first, which need 8-byte boundaries, then tags. */
const TAGS = BUCKETS * 8;

export function limiterMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(TAGS + BUCKETS * 4);
}

/**
 * A bucket is the hash of its network and one time, until when what it has been given would last at the allowed rate (the
 * generic cell rate algorithm). A bucket whose time has passed is as good as none, so where a set is full the bucket
 * that has the least to lose makes room, and a network that asks much keeps its own. Two threads at one bucket may
 * lose a reply's worth or count a reply for another network: it is a limit, not an account.
 */
export class RateLimiter {
  readonly #times: Float64Array;
  readonly #tags: Int32Array;
  readonly #hasher: Hasher;
  readonly #network = new Int32Array(2);
  readonly #bytes = new Uint8Array(this.#network.buffer);

  constructor(memory: SharedArrayBuffer, key: HashKey) {
    this.#times = new Float64Array(memory, 0, BUCKETS);
    this.#tags = new Int32Array(memory, TAGS, BUCKETS);
    this.#hasher = new Hasher(key);
  }

  /** Takes `cost` milliseconds of the client's network at time `now`; false, and nothing taken, where it has none left. */
  take(client: Client, now: number, cost: number): boolean {
    const bucket = this.#find(client, now);
    const until = this.#until(bucket, now) + cost;
    if (until > now + BURST_MS) return false;
    this.#times[bucket] = until;
    return true;
  }

  /** Takes what has been used already, down to half a second's worth that is owed. */
  charge(client: Client, now: number, cost: number): void {
    const bucket = this.#find(client, now);
    this.#times[bucket] = Math.min(this.#until(bucket, now) + cost, now + BURST_MS);
  }

  /** Whether the client's network has used half a second's worth more than it was given. */
  isOverdrawn(client: Client, now: number): boolean {
    return this.#until(this.#find(client, now), now) > now + BURST_MS / 2;
  }

  /** Until when a bucket is in use; never before `now`, nor further ahead than it can be unless the clock was set back. */
  #until(bucket: number, now: number): number {
    const until = this.#times[bucket] as number;
    return until > now && until <= now + BURST_MS ? until : now;
  }

  #find(client: Client, now: number): number {
    const tag = this.#hash(client);
    const first = (this.#hasher.high & (SETS - 1)) * WAYS;
    let least = first;
    for (let bucket = first; bucket < first + WAYS; bucket++) {
      if (this.#tags[bucket] === tag) return bucket;
      if (this.#until(bucket, now) < this.#until(least, now)) least = bucket;
    }
    this.#times[least] = now;
    this.#tags[least] = tag;
    return least;
  }

  #hash({ words, isIpv4 }: Client): number {
    this.#network[0] = isIpv4 ? (words[3] as number) & MASK : (words[0] as number);
    this.#network[1] = isIpv4 ? IPV4_MARK : (words[1] as number) & MASK;
    this.#hasher.run(this.#bytes, 0, 8);
    return this.#hasher.low;
  }
}
