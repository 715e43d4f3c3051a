// Who asks, and for what: the names and clients of most questions in the last seconds, while somebody looks.
import { latin1 } from '../wire/bytes.ts';
import { lowerName } from './query-line.ts';
import type { TapRecord } from './record.ts';
import { Sketch } from './sketch.ts';
import { Switch, Want, WHOLE } from './switches.ts';
import type { Observer, Tap } from './tap.ts';

/** Names and clients that are told apart. */
const CAPACITY = 1000;
/** How long it goes on after somebody has looked, in milliseconds. */
const ON_MS = 10_000;
/** What lies so far back, in seconds, counts for 1/e of what happens now. */
const WINDOW = 10;
const TICK_MS = 1000;
/** Replies that are looked at in a second, about: with more, a random part of them is, and each counts for several. */
const TARGET = 5000;
const LEAST_SHARE = 1 / 4096;

export interface Frequent {
  /** A name in wire form, one character a byte, in lower case; or the text of an address. */
  readonly key: string;
  /** Replies a second, and by how much that may be too much. */
  readonly rate: number;
  readonly error: number;
}

export interface TopSnapshot {
  /** Seconds that rates are made from, those that lie far back counting for less; 0 when it has just begun. */
  readonly window: number;
  /** The part of all replies that is looked at: 0..1. */
  readonly share: number;
  readonly names: readonly Frequent[];
  readonly clients: readonly Frequent[];
}

export class Top implements Observer {
  readonly want = Want.TOP;
  readonly #tap: Tap;
  readonly #names = new Sketch(CAPACITY);
  readonly #clients = new Sketch(CAPACITY);
  readonly #name = new Uint8Array(256);
  #isOn = false;
  #lookedAt = 0;
  #tickedAt = 0;
  #seconds = 0;
  #share = 1;
  /** Since when the share is what it is, and records since then. */
  #sharedAt = 0;
  #seen = 0;

  constructor(tap: Tap) {
    this.#tap = tap;
  }

  /** What there is, at most `most` of each; goes on for some seconds. */
  look(most: number): TopSnapshot {
    const now = performance.now();
    this.#lookedAt = now;
    if (!this.#isOn) this.#begin(now);
    const window = this.#seconds + (now - this.#tickedAt) / 1000;
    const rates = (sketch: Sketch): Frequent[] =>
      sketch
        .top(CAPACITY)
        // What may as well have been asked for hardly ever, as in a flood of random names, is nothing to show.
        .filter(({ count, error }) => error <= count / 2)
        .slice(0, most)
        .map(({ key, count, error }) => ({ key, rate: count / window, error: error / window }));
    return { window, share: this.#share, names: rates(this.#names), clients: rates(this.#clients) };
  }

  #begin(now: number): void {
    this.#isOn = true;
    this.#tickedAt = now;
    this.#seconds = 0;
    this.#setShare(1);
    this.#tap.attach(this);
  }

  #setShare(share: number): void {
    this.#share = share;
    this.#sharedAt = performance.now();
    this.#seen = 0;
    this.#tap.set(Switch.TOP_SHARE, Math.round(share * WHOLE));
  }

  take(record: TapRecord): void {
    this.#seen++;
    const weight = 1 / this.#share;
    this.#clients.add(record.client.text(), weight);
    if (!record.hasQuestion) return;
    this.#names.add(latin1(this.#name, 0, lowerName(record, this.#name)), weight);
  }

  flush(): void {
    const now = performance.now();
    this.#adapt(now);
    if (now - this.#tickedAt >= TICK_MS) this.#tick(now);
    if (this.#isOn && now - this.#lookedAt >= ON_MS) this.close();
  }

  #tick(now: number): void {
    const passed = (now - this.#tickedAt) / 1000;
    this.#tickedAt = now;
    const factor = Math.exp(-passed / WINDOW);
    this.#seconds = (this.#seconds + passed) * factor;
    this.#names.decay(factor);
    this.#clients.decay(factor);
  }

  /** Less is looked at as soon as it is too much, and more bit by bit: load comes in bursts. */
  #adapt(now: number): void {
    const passed = now - this.#sharedAt;
    const rate = this.#seen / (passed / 1000);
    if (this.#seen >= TARGET && rate > 2 * TARGET)
      this.#setShare(Math.max(LEAST_SHARE, (this.#share * TARGET) / rate));
    else if (passed >= TICK_MS)
      this.#setShare(rate < TARGET / 2 ? Math.min(1, this.#share * 2) : this.#share);
  }

  /** Ends until somebody looks again. */
  close(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#tap.detach(this);
    this.#names.clear();
    this.#clients.clear();
  }
}
