// The writer of the set of existing names: an open-addressed table of fingerprints that grows into memory reserved for it.

import { Hasher } from '../base/hash.ts';
import { Control, type TableMemory } from './layout.ts';
import { isWildcard, markOfOpen } from './names-reader.ts';

const FIRST_SLOTS = 1024;

/**
 * A table of `slots` fingerprints lies at slots..2*slots, so every size has memory of its own: readers of the old one
 * are not disturbed while the next is filled. Names that share a fingerprint are there as often as there are such names.
 *
 * All that changes in one turn of the event loop begins to count at once, when the turn ends: a reader that saw half of
 * it could find a name's parent new and the name itself not there yet, though the name never failed to exist.
 */
export class NamesWriter {
  readonly #control: Int32Array;
  readonly #names: Int32Array;
  readonly #hasher: Hasher;
  #slots = FIRST_SLOTS;
  #count = 0;
  /** There are more names than there is room: the set is given up, every unknown name goes to the main thread. */
  #overfull = false;
  #published = false;
  #changing = false;

  constructor(memory: TableMemory) {
    this.#control = new Int32Array(memory.control);
    this.#names = new Int32Array(memory.names);
    this.#hasher = new Hasher(memory.hashKey);
  }

  get count(): number {
    return this.#count;
  }

  /** Readers may trust the set from now on. */
  publish(): void {
    this.#published = true;
    if (!this.#overfull) Atomics.store(this.#control, Control.NAMES_SLOTS, this.#slots);
  }

  /** From now on nothing is missing at this name and below it: others may know what is not in the set. */
  open(name: Uint8Array): void {
    this.add(markOfOpen(name));
    Atomics.add(this.#control, Control.OPEN, 1);
  }

  /** Takes back one `open` of this name. */
  close(name: Uint8Array): void {
    this.remove(markOfOpen(name));
    Atomics.sub(this.#control, Control.OPEN, 1);
  }

  add(name: Uint8Array): void {
    if (this.#overfull) return;
    this.#change();
    if ((this.#count + 1) * 2 > this.#slots) this.#grow();
    if (this.#overfull) return;
    this.#hash(name);
    this.#insert(this.#hasher.low, this.#hasher.high);
    this.#count++;
    if (isWildcard(name)) Atomics.add(this.#control, Control.WILDCARDS, 1);
  }

  remove(name: Uint8Array): void {
    if (this.#overfull) return;
    this.#hash(name);
    const slot = this.#slotOf(this.#hasher.low, this.#hasher.high);
    if (slot < 0) return;
    this.#count--;
    this.#change();
    this.#closeHole(slot);
    if (isWildcard(name)) Atomics.sub(this.#control, Control.WILDCARDS, 1);
  }

  /** Something changes: until the turn ends the odd version tells readers to trust nothing that they miss. */
  #change(): void {
    if (this.#changing) return;
    this.#changing = true;
    Atomics.add(this.#control, Control.NAMES_VERSION, 1);
    queueMicrotask(() => {
      this.#changing = false;
      Atomics.add(this.#control, Control.NAMES_VERSION, 1);
    });
  }

  #hash(name: Uint8Array): void {
    this.#hasher.run(name, 0, name.length);
    if (this.#hasher.low === 0 && this.#hasher.high === 0) this.#hasher.high = 1;
  }

  #low(slot: number): number {
    return this.#names[(this.#slots + slot) * 2] as number;
  }

  #high(slot: number): number {
    return this.#names[(this.#slots + slot) * 2 + 1] as number;
  }

  #set(slot: number, low: number, high: number): void {
    // Atomic, as the reads are: nothing of a change may be seen before the version that announces it.
    Atomics.store(this.#names, (this.#slots + slot) * 2, low);
    Atomics.store(this.#names, (this.#slots + slot) * 2 + 1, high);
  }

  #isFree(slot: number): boolean {
    return this.#low(slot) === 0 && this.#high(slot) === 0;
  }

  #insert(low: number, high: number): void {
    const mask = this.#slots - 1;
    let slot = low & mask;
    while (!this.#isFree(slot)) slot = (slot + 1) & mask;
    this.#set(slot, low, high);
  }

  #slotOf(low: number, high: number): number {
    const mask = this.#slots - 1;
    for (let slot = low & mask; !this.#isFree(slot); slot = (slot + 1) & mask) {
      if (this.#low(slot) === low && this.#high(slot) === high) return slot;
    }
    return -1;
  }

  /** Moves later entries of the run up, so that none is cut off from its home by the hole. */
  #closeHole(hole: number): void {
    const mask = this.#slots - 1;
    let free = hole;
    for (let slot = (hole + 1) & mask; !this.#isFree(slot); slot = (slot + 1) & mask) {
      const home = this.#low(slot) & mask;
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      this.#set(free, this.#low(slot), this.#high(slot));
      free = slot;
    }
    this.#set(free, 0, 0);
  }

  /** Fills the next size from this one, then turns readers to it. */
  #grow(): void {
    const old = this.#slots;
    if (old * 2 * 2 * 2 > this.#names.length) {
      this.#overfull = true;
      Atomics.store(this.#control, Control.NAMES_SLOTS, 0);
      return;
    }
    this.#slots = old * 2;
    for (let slot = 0; slot < old; slot++) {
      const low = this.#names[(old + slot) * 2] as number;
      const high = this.#names[(old + slot) * 2 + 1] as number;
      if (low !== 0 || high !== 0) this.#insert(low, high);
    }
    if (this.#published) Atomics.store(this.#control, Control.NAMES_SLOTS, this.#slots);
  }
}
