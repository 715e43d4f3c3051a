// The writer of the shared table: entries written first and published last, dropped precisely, evicted as CLOCK does it.
import type { Counters } from '../base/counters.ts';
import { Hasher, keyHash } from '../base/hash.ts';
import { at, copyOf, u16 } from '../wire/bytes.ts';
import { FORWARDED, Layout } from '../wire/compiled.ts';
import { isBelow, type Name } from '../wire/name.ts';
import { type Dependent, Node } from '../zone/node.ts';
import type { Tree } from '../zone/tree.ts';
import { Entry, Slot, type TableMemory } from './layout.ts';
import { Segments } from './segments.ts';

/** A published answer, as the writer remembers it. */
class Published implements Dependent {
  readonly number: number;
  /** Where its entry begins in the arena. */
  place: number;
  /** Nearly every answer read one node: kept bare, since there may be millions. */
  readonly #read: Node | readonly Node[] | undefined;

  constructor(number: number, place: number, reads: readonly Node[]) {
    this.number = number;
    this.place = place;
    this.#read = reads.length > 1 ? reads : reads[0];
  }

  get reads(): readonly Node[] {
    const read = this.#read;
    if (read === undefined) return [];
    return read instanceof Node ? [read] : read;
  }
}

/** Keys of dropped answers that are remembered until `takeWanted`, at most. */
const MOST_WANTED = 512;

/** The one writer of a table. Every change of a slot is one atomic store that readers see whole. */
export class Publisher {
  readonly #slots: Int32Array;
  readonly #arena: Uint8Array;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #hasher: Hasher;
  readonly #segments: Segments;
  readonly #tree: () => Tree;
  readonly #counters: Counters;
  readonly #madeAt: number;
  readonly #published: (Published | undefined)[] = [undefined];
  readonly #freeNumbers: number[] = [];
  #count = 0;
  #bytes = 0;
  #wanted: Uint8Array[] = [];

  /** `tree` is where answers hang; asked for late, since the tree in turn needs `drop`. */
  constructor(memory: TableMemory, tree: () => Tree, counters: Counters) {
    this.#slots = new Int32Array(memory.slots);
    this.#arena = new Uint8Array(memory.arena);
    this.#words = new Int32Array(memory.arena);
    this.#mask = this.#slots.length / Slot.WORDS - 1;
    this.#hasher = new Hasher(memory.hashKey);
    this.#segments = new Segments(memory);
    this.#tree = tree;
    this.#counters = counters;
    this.#madeAt = memory.madeAt;
  }

  /** Answers in the table. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Publishes a compiled answer under the first `keyLength` bytes of `key`, a name and a type, and hangs it on what it
   * read. `expiry`: the second from which on it is not served, 0 for never. Where an answer is there already that
   * expires, it is replaced; one that does not stays. Where there is no room just now the answer is left out: it will be
   * asked for again.
   */
  publish(
    key: Uint8Array,
    keyLength: number,
    compiled: Uint8Array,
    reads: readonly Node[],
    expiry = 0,
  ): void {
    const length = (Entry.KEY + keyLength + compiled.length + 3) & ~3;
    if (length * 2 > this.#segments.size) return;
    this.#hasher.run(key, 0, keyLength - 2);
    const hash = keyHash(this.#hasher.low, u16(key, keyLength - 2));
    const old = this.#find(hash, key, keyLength);
    if (old > 0 && this.#expiryOf(old) === 0) return;
    const place = this.#segments.allocate(length);
    if (place < 0) return;
    if (old > 0) this.#remove(old);
    const published = new Published(this.#freeNumbers.pop() ?? this.#published.length, place, reads);
    this.#published[published.number] = published;
    this.#words[(place + Entry.HASH) >> 2] = hash;
    this.#words[(place + Entry.NUMBER) >> 2] = published.number;
    this.#words[(place + Entry.LENGTH) >> 2] = length;
    this.#words[(place + Entry.EXPIRY) >> 2] = expiry;
    this.#arena[place + Entry.KEY_LENGTH] = keyLength;
    this.#arena[place + Entry.KEY_LENGTH + 1] = keyLength >>> 8;
    this.#arena[place + Entry.USED] = 0;
    this.#arena.set(key.subarray(0, keyLength), place + Entry.KEY);
    this.#arena.set(compiled, place + Entry.KEY + keyLength);
    this.#link(hash, place);
    this.#count++;
    this.#bytes += length;
    this.#tree().hang(published);
    if (this.#segments.isShort) this.#evict();
    while (this.#count * 4 > (this.#mask + 1) * 3) if (!this.#evict()) break;
  }

  /** Where the entry with this key begins; 0 where there is none. */
  #find(hash: number, key: Uint8Array, keyLength: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = this.#entryOf(slot);
      if (place === 0) return 0;
      if (this.#hashOf(slot) === hash && this.#isKey(place, key, keyLength)) return place;
    }
  }

  #expiryOf(place: number): number {
    return this.#words[(place + Entry.EXPIRY) >> 2] as number;
  }

  #isKey(place: number, key: Uint8Array, keyLength: number): boolean {
    return Buffer.compare(this.#keyAt(place), key.subarray(0, keyLength)) === 0;
  }

  #keyAt(place: number): Uint8Array {
    const head = place + Entry.KEY_LENGTH;
    const start = place + Entry.KEY;
    return this.#arena.subarray(start, start + at(this.#arena, head) + (at(this.#arena, head + 1) << 8));
  }

  #entryOf(slot: number): number {
    return (this.#slots[slot * Slot.WORDS + Slot.ENTRY] as number) * 4;
  }

  #hashOf(slot: number): number {
    return this.#slots[slot * Slot.WORDS + Slot.HASH] as number;
  }

  #set(slot: number, hash: number, place: number): void {
    this.#slots[slot * Slot.WORDS + Slot.HASH] = hash;
    // The entry's bytes are written before this store, so whoever sees it sees them too.
    Atomics.store(this.#slots, slot * Slot.WORDS + Slot.ENTRY, place / 4);
  }

  #link(hash: number, place: number): void {
    let slot = hash & this.#mask;
    while (this.#entryOf(slot) !== 0) slot = (slot + 1) & this.#mask;
    this.#set(slot, hash, place);
  }

  /** Takes the way to an entry away. A reader under way may miss another entry for a moment, which costs it a miss. */
  #unlink(place: number): void {
    const hash = this.#words[(place + Entry.HASH) >> 2] as number;
    let free = hash & this.#mask;
    while (this.#entryOf(free) !== place) free = (free + 1) & this.#mask;
    for (let slot = (free + 1) & this.#mask; this.#entryOf(slot) !== 0; slot = (slot + 1) & this.#mask) {
      const home = this.#hashOf(slot) & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - free) & this.#mask)) continue;
      this.#set(free, this.#hashOf(slot), this.#entryOf(slot));
      free = slot;
    }
    this.#set(free, 0, 0);
  }

  #forget(published: Published): void {
    this.#unlink(published.place);
    this.#published[published.number] = undefined;
    this.#freeNumbers.push(published.number);
    this.#count--;
    this.#bytes -= this.#words[(published.place + Entry.LENGTH) >> 2] as number;
  }

  /** Takes out what begins at a place, wherever it hangs. */
  #remove(place: number): void {
    const published = this.#publishedAt(place);
    if (published === undefined) return;
    this.#tree().unhang(published);
    this.#forget(published);
  }

  /** What begins at a place in the arena; undefined where that is no longer in use. */
  #publishedAt(place: number): Published | undefined {
    const published = this.#published[this.#words[(place + Entry.NUMBER) >> 2] as number];
    return published?.place === place ? published : undefined;
  }

  /** Takes an answer out that is no longer true; it hangs nowhere any more. */
  drop(dependent: Dependent): void {
    if (!(dependent instanceof Published)) return;
    this.#counters.tableDrops.inc();
    const { place } = dependent;
    if (this.#arena[place + Entry.USED] === 1 && this.#wanted.length < MOST_WANTED) {
      const key = this.#keyAt(place);
      this.#wanted.push(copyOf(key, 0, key.length));
    }
    this.#forget(dependent);
  }

  /** Keys of answers that were dropped since the last call, and had been given out since they were made. */
  takeWanted(): readonly Uint8Array[] {
    const wanted = this.#wanted;
    if (wanted.length > 0) this.#wanted = [];
    return wanted;
  }

  /** Takes every answer out. */
  clear(): void {
    for (const published of this.#published) if (published !== undefined) this.#remove(published.place);
  }

  /** Takes out the answers of other servers to names that are `zone` or lie below it. Looks at every answer there is. */
  dropForwarded(zone: Name): void {
    for (const published of this.#published) {
      if (published === undefined) continue;
      const key = published.place + Entry.KEY;
      const { length } = this.#keyAt(published.place);
      if ((at(this.#arena, key + length + Layout.FLAGS) & FORWARDED) === 0) continue;
      if (isBelow(this.#arena, key, key + length - 2, zone)) this.#remove(published.place);
    }
  }

  /** Empties the oldest segment: what was used since its last turn moves on, as far as half a segment takes it. */
  #evict(): boolean {
    const oldest = this.#segments.oldest();
    if (oldest === undefined) return false;
    let moved = 0;
    for (let place = oldest.start; place < oldest.end; ) {
      const length = this.#words[(place + Entry.LENGTH) >> 2] as number;
      const published = this.#publishedAt(place);
      if (published !== undefined) {
        if (
          this.#arena[place + Entry.USED] === 1 &&
          !this.#isOver(place) &&
          moved + length <= this.#segments.size / 2 &&
          this.#segments.fits(length)
        ) {
          this.#move(published, length);
          moved += length;
        } else {
          this.#remove(place);
          this.#counters.tableEvictions.inc();
        }
      }
      place += length;
    }
    this.#segments.retireOldest();
    return true;
  }

  #isOver(place: number): boolean {
    const expiry = this.#expiryOf(place);
    return expiry !== 0 && Math.floor(Date.now() / 1000) - this.#madeAt >= expiry;
  }

  #move(published: Published, length: number): void {
    const from = published.place;
    const place = this.#segments.allocate(length);
    this.#arena.copyWithin(place, from, from + length);
    this.#arena[place + Entry.USED] = 0;
    this.#unlink(from);
    published.place = place;
    this.#link(this.#words[(place + Entry.HASH) >> 2] as number, place);
  }
}
