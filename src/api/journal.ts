// Which names have changed of late, in numbered batches: what those that look on are told, and what they have missed.
import { randomBytes } from 'node:crypto';
import { take } from '../base/take.ts';
import type { Node } from '../zone/node.ts';

/** So many names at a time. More wait for the next batch. */
const MOST_IN_BATCH = 5_000;
/** Where more than these wait, or are kept, whoever follows begins anew. */
const MOST_WAITING = 50_000;
const MOST_KEPT = 50_000;
/** Batches that are kept for those that come back. */
const MOST_BATCHES = 120;

export class Journal {
  /** Tells it from those before it and those of other servers. */
  readonly id = randomBytes(6).toString('hex');
  readonly #waiting = new Set<Node>();
  #batches: (readonly Node[])[] = [];
  #kept = 0;
  #seq = 0;

  /** The number of the last batch. */
  get seq(): number {
    return this.#seq;
  }

  /** Sits on the way of every change: it costs what adding to a set does. */
  touch(node: Node): void {
    if (this.#waiting.size < MOST_WAITING) this.#waiting.add(node);
  }

  /** Makes a batch of what has changed; empty, and no batch, where nothing has. */
  seal(): readonly Node[] {
    if (this.#waiting.size === 0) return [];
    this.#seq++;
    if (this.#waiting.size >= MOST_WAITING) {
      // Some may have gone unnoticed.
      this.#waiting.clear();
      this.#batches = [];
      this.#kept = 0;
      return [];
    }
    const batch = [...take(this.#waiting.values(), MOST_IN_BATCH)];
    for (const node of batch) this.#waiting.delete(node);
    this.#batches.push(batch);
    this.#kept += batch.length;
    while (this.#batches.length > MOST_BATCHES || this.#kept > MOST_KEPT)
      this.#kept -= this.#batches.shift()?.length ?? 0;
    return batch;
  }

  /** What has changed since batch `seq`; undefined where that is no longer known. */
  since(seq: number): readonly Node[] | undefined {
    const missed = this.#seq - seq;
    if (missed < 0 || missed > this.#batches.length) return undefined;
    if (missed === 0) return [];
    return [...new Set(this.#batches.slice(-missed).flat())];
  }
}
