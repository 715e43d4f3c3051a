// The set of existing names, read by workers: a name that is surely not there is answered NXDOMAIN on the spot.

import type { Hasher } from '../base/hash.ts';
import { at } from '../wire/bytes.ts';
import { Rcode } from '../wire/codes.ts';
import { isBelow, MAX_NAME } from '../wire/name.ts';
import { renderNegative } from '../wire/negative.ts';
import type { Query } from '../wire/query.ts';
import { Control, type TableMemory } from './layout.ts';

const MISS = -1;
const STAR = 0x2a;
/** Stands before an open name in the set. A name that really begins so does no harm: the main thread tells. */
const OPEN = Uint8Array.of(2, STAR, STAR);

/**
 * The set holds 64-bit fingerprints, so it may hold a name that does not exist (the main thread then tells), but it never
 * lacks one that does. A version that is odd while the writer changes things, and another afterwards, tells a reader that
 * what it saw may be torn. For that the reads between two looks at the version have to be atomic too: others may be put
 * off until after the second look.
 */
export class NamesReader {
  readonly #control: Int32Array;
  readonly #names: Int32Array;
  readonly #zones: readonly Uint8Array[];
  readonly #hasher: Hasher;
  /** `*.<encloser>` while it is looked for. */
  readonly #wildcard = new Uint8Array(MAX_NAME + 2);
  /** The mark of a name while it is looked for. */
  readonly #mark = new Uint8Array(MAX_NAME + OPEN.length);

  constructor(memory: TableMemory, hasher: Hasher) {
    this.#control = new Int32Array(memory.control);
    this.#names = new Int32Array(memory.names);
    this.#zones = splitNames(new Uint8Array(memory.zoneNames));
    this.#hasher = hasher;
    this.#wildcard[0] = 1;
    this.#wildcard[1] = STAR;
    this.#mark.set(OPEN);
  }

  /**
   * NXDOMAIN where the name, whose hash is `low` and `high`, cannot exist, no wildcard of the zone or of the question
   * being in play; else a miss.
   */
  answerMissing(
    request: Uint8Array,
    query: Query,
    low: number,
    high: number,
    zoneWords: Uint32Array,
    reply: Uint8Array,
  ): number {
    const version = Atomics.load(this.#control, Control.NAMES_VERSION);
    const slots = Atomics.load(this.#control, Control.NAMES_SLOTS);
    if (slots === 0 || (version & 1) !== 0) return MISS;
    const zone = this.#zoneOf(query);
    query.zone = zone + 1;
    if (zone < 0 || !this.#cannotExist(query, low, high, zone, slots)) return MISS;
    // A change while we looked may have hidden a name from us.
    if (Atomics.load(this.#control, Control.NAMES_VERSION) !== version) return MISS;
    return renderNegative(request, query, Rcode.NXDOMAIN, zone, zoneWords, reply);
  }

  /** Notes in the query which zone its name lies in. */
  locate(query: Query): void {
    query.zone = this.#zoneOf(query) + 1;
  }

  /** Loads what a look for the name with this hash begins with, for nothing but to have it near; any number. */
  touch(low: number): number {
    const slots = this.#control[Control.NAMES_SLOTS] as number;
    if (slots === 0) return 0;
    return this.#names[(slots + (low & (slots - 1))) * 2] as number;
  }

  /** Number of the zone of the longest match; -1 outside all zones. */
  #zoneOf(query: Query): number {
    let best = -1;
    let length = 0;
    for (let zone = 0; zone < this.#zones.length; zone++) {
      const name = this.#zones[zone] as Uint8Array;
      if (name.length > length && isBelow(query.key, 0, query.nameLength, name)) {
        best = zone;
        length = name.length;
      }
    }
    return best;
  }

  #cannotExist(query: Query, low: number, high: number, zone: number, slots: number): boolean {
    const { key, nameLength } = query;
    const apex = nameLength - (this.#zones[zone] as Uint8Array).length;
    if (apex === 0 || hasWildcardLabel(key, apex) || this.#has(low, high, slots)) return false;
    if (Atomics.load(this.#control, Control.OPEN) > 0 && this.#isBelowOpen(key, apex, nameLength, slots))
      return false;
    if (Atomics.load(this.#control, Control.WILDCARDS) === 0) return true;
    // The closest encloser decides whether a wildcard applies (RFC 4592 3.3.1); the apex always exists.
    let place = 0;
    do place += at(key, place) + 1;
    while (place < apex && !this.#hasName(key, place, nameLength, slots));
    return !this.#hasWildcard(key, place, nameLength, slots);
  }

  /** Whether the name or one above it, up to the apex, is open. */
  #isBelowOpen(key: Uint8Array, apex: number, end: number, slots: number): boolean {
    for (let place = 0; place <= apex; place += at(key, place) + 1) {
      const length = end - place + OPEN.length;
      for (let i = OPEN.length; i < length; i++) this.#mark[i] = at(key, place + i - OPEN.length);
      if (this.#hasName(this.#mark, 0, length, slots)) return true;
    }
    return false;
  }

  #hasWildcard(key: Uint8Array, start: number, end: number, slots: number): boolean {
    const length = end - start + 2;
    if (length > MAX_NAME) return false;
    for (let i = 2; i < length; i++) this.#wildcard[i] = at(key, start + i - 2);
    return this.#hasName(this.#wildcard, 0, length, slots);
  }

  /** Whether the name in `bytes` from `start` up to `end` is, or may be, in the set. */
  #hasName(bytes: Uint8Array, start: number, end: number, slots: number): boolean {
    this.#hasher.run(bytes, start, end);
    return this.#has(this.#hasher.low, this.#hasher.high, slots);
  }

  #has(low: number, hashed: number, slots: number): boolean {
    // Two zeros mark a free slot.
    const high = low === 0 && hashed === 0 ? 1 : hashed;
    const names = this.#names;
    for (
      let slot = low & (slots - 1), looked = 0;
      looked < slots;
      slot = (slot + 1) & (slots - 1), looked++
    ) {
      const place = (slots + slot) * 2;
      const a = Atomics.load(names, place);
      const b = Atomics.load(names, place + 1);
      if (a === 0 && b === 0) return false;
      if (a === low && b === high) return true;
    }
    return true;
  }
}

/** What stands in the set for an open name, be it as long as names can be. */
export function markOfOpen(name: Uint8Array): Uint8Array {
  const mark = new Uint8Array(OPEN.length + name.length);
  mark.set(OPEN);
  mark.set(name, OPEN.length);
  return mark;
}

/** Whether the first label is `*` (RFC 4592 2.1.1). */
export function isWildcard(name: Uint8Array): boolean {
  return at(name, 0) === 1 && at(name, 1) === STAR;
}

function splitNames(bytes: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = start;
    while (at(bytes, end) !== 0) end += at(bytes, end) + 1;
    names.push(bytes.slice(start, end + 1));
    start = end + 1;
  }
  return names;
}

/** `*` or `any` among the labels before `end`: the question then stands for other names. */
function hasWildcardLabel(key: Uint8Array, end: number): boolean {
  for (let place = 0; place < end; place += at(key, place) + 1) {
    const length = at(key, place);
    if (length === 1 && at(key, place + 1) === STAR) return true;
    if (length !== 3) continue;
    if (at(key, place + 1) === 0x61 && at(key, place + 2) === 0x6e && at(key, place + 3) === 0x79)
      return true;
  }
  return false;
}
