// The main thread's end of all rings: makes them, takes records out of them while anybody wants some, deals them out.
import { TapRecord } from './record.ts';
import { NONE, RingReader, ringMemory } from './ring.ts';
import { DEAF, Switch, switchesMemory } from './switches.ts';
import { type TapMemory, TapWriter } from './writer.ts';

/** How often rings are looked at while anything is wanted, in milliseconds. */
const LOOK_MS = 20;
/** How long records are taken at a stretch, in milliseconds, before everything else gets its turn. */
const STRETCH_MS = 2;
/** How long they are taken for an observer that leaves, in milliseconds. */
const LEAVE_MS = 200;
/** Records between two looks at the clock. */
const RUN = 32;

/** Somebody for whom records are written. */
export interface Observer {
  /** The bit of `Want` that is its. */
  readonly want: number;
  /** Takes a record, whose memory is used again afterwards. Never throws. */
  take(record: TapRecord): void;
  /** The records at hand have been taken. Never throws. */
  flush(): void;
}

export class Tap {
  /** The main thread's own. */
  readonly writer: TapWriter;
  readonly #memory = switchesMemory();
  readonly #switches = new Uint32Array(this.#memory);
  readonly #readers: RingReader[] = [];
  readonly #observers = new Set<Observer>();
  readonly #record = new TapRecord();
  #timer: NodeJS.Timeout | undefined;
  /** Counts turns: which ring is next. */
  #turn = 0;
  #isGoingOn = false;

  constructor() {
    this.writer = new TapWriter(this.ring(), 0);
  }

  /** Memory for one more writer. */
  ring(): TapMemory {
    const ring = ringMemory();
    this.#readers.push(new RingReader(ring));
    return { switches: this.#memory, ring };
  }

  /** From now on `observer` gets records. */
  attach(observer: Observer): void {
    // What was wanted before by somebody who has left is nobody's.
    if (this.#observers.size === 0) for (const reader of this.#readers) reader.clear();
    this.#observers.add(observer);
    this.#show();
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Gives `observer` what is there already, and nothing from now on. */
  detach(observer: Observer): void {
    if (!this.#observers.has(observer)) return;
    this.#show(observer);
    // Others may be written for all the while, faster than can be read.
    this.#stretch(performance.now() + LEAVE_MS);
    this.#flush();
    this.#observers.delete(observer);
    if (this.#observers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether dnstap has nobody who reads it: what it misses is counted, and not written. */
  setDeaf(isDeaf: boolean): void {
    const wants = this.#switches[Switch.WANTS] as number;
    Atomics.store(this.#switches, Switch.WANTS, isDeaf ? wants | DEAF : wants & ~DEAF);
  }

  /** Sets a word that says what is wanted. */
  set(word: number, value: number): void {
    Atomics.store(this.#switches, word, value);
  }

  #show(leaving?: Observer): void {
    const deaf = (this.#switches[Switch.WANTS] as number) & DEAF;
    let wants = 0;
    for (const observer of this.#observers) if (observer !== leaving) wants |= observer.want;
    Atomics.store(this.#switches, Switch.WANTS, wants === 0 ? 0 : wants | deaf);
  }

  /** Records that found no room, by what they were wanted for (`Lost`). */
  lost(kind: number): number {
    return this.#readers.reduce((sum, reader) => sum + reader.lost(kind), 0);
  }

  /** Takes all that is there, however long it takes. */
  drain(): void {
    while (this.#stretch(Number.POSITIVE_INFINITY));
    this.#flush();
  }

  #look(): void {
    if (this.#isGoingOn || this.#observers.size === 0) return;
    const isMore = this.#stretch(performance.now() + STRETCH_MS);
    this.#flush();
    if (!isMore) return;
    this.#isGoingOn = true;
    setImmediate(() => {
      this.#isGoingOn = false;
      this.#look();
    });
  }

  #flush(): void {
    for (const observer of this.#observers) observer.flush();
  }

  /** Takes records until `end`; whether there may be more. */
  #stretch(end: number): boolean {
    const readers = this.#readers;
    for (let empty = 0; empty < readers.length; ) {
      const reader = readers[this.#turn] as RingReader;
      this.#turn = (this.#turn + 1) % readers.length;
      empty = this.#run(reader) === 0 ? empty + 1 : 0;
      if (performance.now() >= end) return true;
    }
    return false;
  }

  #run(reader: RingReader): number {
    const record = this.#record;
    let taken = 0;
    for (; taken < RUN; taken++) {
      const place = reader.next();
      if (place === NONE) break;
      record.read(reader.words, reader.bytes, place);
      for (const observer of this.#observers) if ((record.wants & observer.want) !== 0) observer.take(record);
    }
    if (taken > 0) reader.release();
    return taken;
  }
}
