// The most frequent of very many keys in little memory: Space-Saving (Metwally, Agrawal, El Abbadi, ICDT 2005), with decay.

export interface Counted {
  readonly key: string;
  /** At least as much as was added under the key. */
  readonly count: number;
  /** By how much that may be too much: at most the sum of all that was added, divided by the capacity. */
  readonly error: number;
}

interface Entry {
  key: string;
  count: number;
  error: number;
  /** Its place in the heap. */
  at: number;
}

/** What has decayed to less is forgotten. */
const LEAST = 0.01;

export class Sketch {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  /** The least count first, a binary heap. */
  #heap: Entry[] = [];

  /** Keeps at most `capacity` keys. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(key: string, weight = 1): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count += weight;
      this.#sink(known);
    } else if (this.#heap.length < this.#capacity) {
      const entry = { key, count: weight, error: 0, at: this.#heap.length };
      this.#heap.push(entry);
      this.#entries.set(key, entry);
      this.#rise(entry);
    } else {
      this.#replaceLeast(key, weight);
    }
  }

  /** Whoever has the least makes room, and what it had may have been the new key's: nobody knows. */
  #replaceLeast(key: string, weight: number): void {
    const [least] = this.#heap;
    if (least === undefined) return;
    this.#entries.delete(least.key);
    least.key = key;
    least.error = least.count;
    least.count += weight;
    this.#entries.set(key, least);
    this.#sink(least);
  }

  /** The `most` most frequent keys, the first of them first. */
  top(most: number): Counted[] {
    const sorted = this.#heap.toSorted((a, b) => b.count - a.count);
    return sorted.slice(0, most).map(({ key, count, error }) => ({ key, count, error }));
  }

  /** Makes all that was added until now count for less: `factor` below 1 of what it was. */
  decay(factor: number): void {
    for (const entry of this.#heap) {
      entry.count *= factor;
      entry.error *= factor;
    }
    if ((this.#heap[0]?.count ?? LEAST) >= LEAST) return;
    // In order, so a heap still.
    this.#heap = this.#heap.filter(({ count }) => count >= LEAST).sort((a, b) => a.count - b.count);
    this.#entries.clear();
    for (const [at, entry] of this.#heap.entries()) {
      entry.at = at;
      this.#entries.set(entry.key, entry);
    }
  }

  clear(): void {
    this.#heap = [];
    this.#entries.clear();
  }

  #rise(entry: Entry): void {
    while (entry.at > 0) {
      const parent = this.#heap[(entry.at - 1) >> 1] as Entry;
      if (parent.count <= entry.count) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.at + 1];
      const right = this.#heap[2 * entry.at + 2];
      if (left === undefined) return;
      const lesser = right !== undefined && right.count < left.count ? right : left;
      if (lesser.count >= entry.count) return;
      this.#swap(lesser, entry);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const { at } = a;
    a.at = b.at;
    b.at = at;
    this.#heap[a.at] = a;
    this.#heap[b.at] = b;
  }
}
