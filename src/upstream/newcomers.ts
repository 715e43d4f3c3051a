// Answers that were asked for once: nearly all of them are never asked for again. They lie packed in one piece of memory,
// the oldest first to go, where the collector has nothing to do with them; whoever is asked for again moves on from here.
import { randomBytes } from 'node:crypto';
import { Hasher } from '../base/hash.ts';
import { at } from '../wire/bytes.ts';
import { MAX_NAME } from '../wire/name.ts';
import type { Answer } from './cache.ts';

/** What an answer's times are kept as, and what is given back. */
export interface Newcomer {
  readonly message: Uint8Array;
  readonly rcode: number;
  readonly life: number;
  readonly cameAt: number;
  readonly heldUntil: number;
  readonly expiresAt: number;
}

/** Longer messages are no newcomers. */
const MOST_MESSAGE = 1232;
/** The name, type, class and flags of a question: see `cacheKey`. */
const MOST_KEY = MAX_NAME + 5;

/** Words of 8 bytes, then words of 4 behind them; the key and the message follow. */
const Time = { CAME_AT: 0, HELD_UNTIL: 1, EXPIRES_AT: 2 } as const;
const Field = { LIFE: 6, RCODE: 7, KEY_LENGTH: 8, MESSAGE_LENGTH: 9, SLOT: 10, LENGTH: 11 } as const;
const HEAD = 48;
/** In place of the slot, of what is only room that was left over, or was taken out. */
const NOBODY = -1;

/** Places that one hash may lead to. */
const WAYS = 4;
/** Bytes of memory for each place: an address and its name take about twice that. */
const BYTES_PER_PLACE = 96;
const PLACE_SIZE = 12;

/**
 * A ring of entries, between `#tail` and `#head`: bytes that were written since the beginning, so that they only grow. An
 * entry is in force where its place is not before the tail.
 */
export class Newcomers {
  readonly #size: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  /** Where entries begin, by hash; 0 or less than the tail for nowhere. */
  readonly #places: Float64Array;
  /** More of the hash of each: so that the entries of others, which lie all over the memory, need not be looked at. */
  readonly #marks: Int32Array;
  readonly #buckets: number;
  readonly #hasher: Hasher;
  readonly #key = new Uint8Array(MOST_KEY);
  readonly #evicted: () => void;
  #head: number;
  #tail: number;
  #count = 0;

  /** Takes about `bytes` bytes of memory, at once; `evicted` is called for each entry that makes room. */
  constructor(bytes: number, evicted: () => void) {
    this.#buckets = Math.max(1, Math.floor(bytes / (BYTES_PER_PLACE + PLACE_SIZE) / WAYS));
    this.#size = Math.max(0, Math.floor((bytes - this.#buckets * WAYS * PLACE_SIZE) / 8)) * 8;
    const memory = new ArrayBuffer(this.#size);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory);
    this.#times = new Float64Array(memory);
    this.#places = new Float64Array(this.#buckets * WAYS);
    this.#marks = new Int32Array(this.#buckets * WAYS);
    const random = randomBytes(8);
    this.#hasher = new Hasher({ k0: random.readInt32LE(0), k1: random.readInt32LE(4) });
    this.#evicted = evicted;
    // So that no entry begins at 0, which is nowhere.
    this.#head = this.#size;
    this.#tail = this.#size;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes that all of them take. */
  get bytes(): number {
    return this.#head - this.#tail;
  }

  /** Keeps an answer, in place of what is here of its key; false where it is none of those that are kept here. */
  put(key: string, { reply, life, cameAt, heldUntil }: Answer, expiresAt: number): boolean {
    const { message, rcode, errors } = reply;
    if (errors.length > 0 || message.length > MOST_MESSAGE || key.length > MOST_KEY) return false;
    const length = (HEAD + key.length + message.length + 7) & ~7;
    if (length * WAYS > this.#size) return false;
    const start = this.#makeRoom(length);
    const slot = this.#slotFor(this.#readKey(key), key.length);
    this.#places[slot] = this.#head;
    this.#marks[slot] = this.#hasher.high;
    this.#times[start / 8 + Time.CAME_AT] = cameAt;
    this.#times[start / 8 + Time.HELD_UNTIL] = heldUntil;
    this.#times[start / 8 + Time.EXPIRES_AT] = expiresAt;
    this.#set(start, Field.LIFE, life);
    this.#set(start, Field.RCODE, rcode);
    this.#set(start, Field.KEY_LENGTH, key.length);
    this.#set(start, Field.MESSAGE_LENGTH, message.length);
    this.#set(start, Field.SLOT, slot);
    this.#set(start, Field.LENGTH, length);
    for (let i = 0; i < key.length; i++) this.#bytes[start + HEAD + i] = at(this.#key, i);
    const begin = start + HEAD + key.length;
    for (let i = 0; i < message.length; i++) this.#bytes[begin + i] = at(message, i);
    this.#head += length;
    this.#count++;
    return true;
  }

  peek(key: string): Newcomer | undefined {
    const place = this.#find(key);
    return place === 0 ? undefined : this.#read(place % this.#size);
  }

  /** Takes it out. */
  take(key: string): Newcomer | undefined {
    const place = this.#find(key);
    if (place === 0) return undefined;
    const newcomer = this.#read(place % this.#size);
    this.#drop(place);
    return newcomer;
  }

  delete(key: string): void {
    const place = this.#find(key);
    if (place !== 0) this.#drop(place);
  }

  clear(): void {
    this.#tail = this.#head;
    this.#count = 0;
  }

  /** All keys, as they are now. */
  keys(): string[] {
    const keys: string[] = [];
    for (let place = this.#tail; place < this.#head; ) {
      const start = place % this.#size;
      if (this.#get(start, Field.SLOT) !== NOBODY) keys.push(this.#keyAt(start));
      place += this.#get(start, Field.LENGTH);
    }
    return keys;
  }

  #keyAt(start: number): string {
    const begin = start + HEAD;
    return Buffer.from(this.#bytes.buffer, begin, this.#get(start, Field.KEY_LENGTH)).toString('latin1');
  }

  #get(start: number, field: number): number {
    return this.#words[start / 4 + field] as number;
  }

  #set(start: number, field: number, value: number): void {
    this.#words[start / 4 + field] = value;
  }

  /** The first place of its bucket, of all places; the key's bytes are in `#key` afterwards. */
  #readKey(key: string): number {
    for (let i = 0; i < key.length; i++) this.#key[i] = key.charCodeAt(i);
    this.#hasher.run(this.#key, 0, key.length);
    return ((this.#hasher.low >>> 0) % this.#buckets) * WAYS;
  }

  /** Where the entry of a key begins, counted since the beginning; 0 for nowhere. */
  #find(key: string): number {
    if (this.#count === 0 || key.length > MOST_KEY) return 0;
    return this.#findIn(this.#readKey(key), key.length);
  }

  #findIn(first: number, length: number): number {
    for (let slot = first; slot < first + WAYS; slot++) {
      const place = this.#places[slot] as number;
      if (place < this.#tail || this.#marks[slot] !== this.#hasher.high) continue;
      if (this.#isKey(place % this.#size, length)) return place;
    }
    return 0;
  }

  #isKey(start: number, length: number): boolean {
    if (this.#get(start, Field.KEY_LENGTH) !== length) return false;
    for (let i = 0; i < length; i++) if (at(this.#bytes, start + HEAD + i) !== at(this.#key, i)) return false;
    return true;
  }

  #read(start: number): Newcomer {
    const begin = start + HEAD + this.#get(start, Field.KEY_LENGTH);
    return {
      message: this.#bytes.slice(begin, begin + this.#get(start, Field.MESSAGE_LENGTH)),
      rcode: this.#get(start, Field.RCODE),
      life: this.#get(start, Field.LIFE),
      cameAt: this.#times[start / 8 + Time.CAME_AT] as number,
      heldUntil: this.#times[start / 8 + Time.HELD_UNTIL] as number,
      expiresAt: this.#times[start / 8 + Time.EXPIRES_AT] as number,
    };
  }

  /** A place of the bucket for the key that was read: its own, a free one, or that of the oldest entry, which goes. */
  #slotFor(first: number, length: number): number {
    const own = this.#findIn(first, length);
    if (own !== 0) this.#drop(own);
    let oldest = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      if ((this.#places[slot] as number) < (this.#places[oldest] as number)) oldest = slot;
    }
    const place = this.#places[oldest] as number;
    if (place >= this.#tail) this.#evict(place);
    return oldest;
  }

  /** Where `length` bytes in one piece begin, at the head; the oldest entries go where they lie. */
  #makeRoom(length: number): number {
    const left = this.#size - (this.#head % this.#size);
    if (left < length) {
      this.#free(left);
      if (left >= HEAD) this.#leaveOver(this.#head % this.#size, left);
      this.#head += left;
    }
    this.#free(length);
    return this.#head % this.#size;
  }

  /** Ends entries until there are so many bytes at the head. */
  #free(length: number): void {
    while (this.#head + length - this.#tail > this.#size) {
      const start = this.#tail % this.#size;
      const left = this.#size - start;
      // Less than a head is no entry.
      if (left < HEAD) this.#tail += left;
      else {
        const step = this.#get(start, Field.LENGTH);
        if (this.#get(start, Field.SLOT) !== NOBODY) this.#evict(this.#tail);
        this.#tail += step;
      }
    }
  }

  #leaveOver(start: number, length: number): void {
    this.#set(start, Field.SLOT, NOBODY);
    this.#set(start, Field.LENGTH, length);
  }

  #evict(place: number): void {
    this.#drop(place);
    this.#evicted();
  }

  #drop(place: number): void {
    const start = place % this.#size;
    this.#places[this.#get(start, Field.SLOT)] = 0;
    this.#set(start, Field.SLOT, NOBODY);
    this.#count--;
  }
}
