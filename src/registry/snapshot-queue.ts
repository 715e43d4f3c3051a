// What waits to be written to the snapshot: a whole list that is coming in, and changes.
import type { Batch, Entry } from '../service/entry.ts';
import type { Known } from './registry.ts';
import { RecordWriter } from './snapshot-format.ts';

/** So many bytes of a list may wait for a slow disk. */
const MOST_WAITING = 256 * 2 ** 20;

/** A whole list, taken in as fast as it comes and handed out as fast as the disk takes it. */
export class WholeList {
  readonly #records = new RecordWriter();
  readonly #payloads: Buffer[] = [];
  #known: Known | undefined;
  #wake: () => void = () => {};
  #waiting = 0;
  /** Nobody wants it any more, or the disk could not keep up with it. */
  dropped = false;
  /** Of all payloads so far. */
  bytes = 0;

  page(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.dropped) return;
      this.#records.put(entry);
      if (this.#records.isFull) this.#push();
    }
  }

  /** It is complete. */
  end(known: Known): void {
    if (this.dropped) return;
    if (this.#records.length > 0) this.#push();
    this.#known = known;
    this.#wake();
  }

  drop(): void {
    this.dropped = true;
    this.#known = undefined;
    this.#payloads.length = 0;
    this.#wake();
  }

  /** What is known by it; undefined until it is complete, and where it was dropped. */
  get known(): Known | undefined {
    return this.#known;
  }

  /** The next payload; undefined when there will be no more. */
  async next(): Promise<Buffer | undefined> {
    while (this.#payloads.length === 0 && this.#known === undefined && !this.dropped) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    const payload = this.#payloads.shift();
    this.#waiting -= payload?.length ?? 0;
    return payload;
  }

  #push(): void {
    const payload = this.#records.take();
    this.bytes += payload.length;
    this.#waiting += payload.length;
    this.#payloads.push(payload);
    if (this.#waiting > MOST_WAITING) this.drop();
    this.#wake();
  }
}

/** Changes, each payload whole revisions. */
export class ChangeQueue {
  readonly #records = new RecordWriter();
  readonly #payloads: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes + this.#records.length;
  }

  add({ changes }: Batch): void {
    for (const change of changes) {
      if (change.kind === 'put') this.#records.put(change.entry);
      else this.#records.delete(change.key, change.revision);
    }
    if (this.#records.isFull) this.#push();
  }

  /** How many payloads hold all that was added until now. */
  cut(): number {
    if (this.#records.length > 0) this.#push();
    return this.#payloads.length;
  }

  get first(): Buffer | undefined {
    return this.#payloads[0];
  }

  /** The first payload is written. */
  shift(): void {
    this.#bytes -= this.#payloads.shift()?.length ?? 0;
  }

  #push(): void {
    const payload = this.#records.take();
    this.#bytes += payload.length;
    this.#payloads.push(payload);
  }
}
