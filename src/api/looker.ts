// One that looks on: a stream of server-sent events. First all that is served, at the reader's pace, then what changes.
import type { LiveBegin, LiveEnd } from './live-format.ts';

/** What goes out together, once a second: rendered once for all that look. */
export interface Beat {
  /** Number of the last batch of changes; undefined before the registry was read whole. */
  readonly seq: number | undefined;
  readonly status: Uint8Array;
  /** The same object for as long as it says the same. */
  readonly bad: Uint8Array;
}

export interface LookerParts {
  /** Resolves when it may do some work on the main thread. */
  readonly turn: () => Promise<void>;
  readonly begin: () => LiveBegin;
  /** What is served, some names at a time, each rendered as an event. */
  readonly pages: () => Iterator<Uint8Array, LiveEnd>;
  /** An event of all that has changed after batch `seq`, undefined where nothing has; 'lost' where that is not known. */
  readonly changes: (seq: number, isWhole: boolean) => Uint8Array | undefined | 'lost';
  /** What a reader says who comes back after batch `seq`. */
  readonly token: (seq: number) => string;
  readonly left: (looker: Looker) => void;
  /** Ends its connection at once. */
  readonly cut: () => void;
}

/** Bytes that wait for a reader before it counts as behind. */
const MOST_QUEUED = 65_536;
/** After so many beats without reading anything a reader is dropped. */
const PATIENCE = 15;

const encoder = new TextEncoder();

/** A server-sent event (HTML, section 9.2). */
export function event(kind: string, data: unknown, id?: string): Uint8Array {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`${head}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
}

export class Looker {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #parts: LookerParts;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The batch up to which it knows everything that it was sent; undefined until it has begun. */
  #sent: number | undefined;
  #pages: Iterator<Uint8Array, LiveEnd> | undefined;
  #bad: Uint8Array | undefined;
  #behind = 0;

  /** `known`: the batch that it has seen already, where it comes back. */
  constructor(known: number | undefined, parts: LookerParts) {
    this.#parts = parts;
    this.#sent = known;
    const source = {
      start: (controller: ReadableStreamDefaultController<Uint8Array>) => {
        this.#controller = controller;
      },
      pull: () => this.#page(),
      cancel: () => this.#leave(),
    };
    this.stream = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MOST_QUEUED }));
  }

  /** Once a second. */
  beat({ seq, status, bad }: Beat): void {
    if ((this.#controller?.desiredSize ?? 0) <= 0) {
      if (++this.#behind > PATIENCE) this.#drop();
      return;
    }
    this.#behind = 0;
    this.#send(status);
    if (this.#bad !== bad) this.#send(bad);
    this.#bad = bad;
    if (seq !== undefined) this.#follow(seq);
  }

  #follow(seq: number): void {
    const changes = this.#sent === undefined ? 'lost' : this.#parts.changes(this.#sent, this.#isWhole);
    this.#sent = seq;
    if (changes === 'lost') this.#begin();
    else if (changes !== undefined) this.#send(changes);
  }

  /** It has been told everything once. */
  get #isWhole(): boolean {
    return this.#pages === undefined;
  }

  #begin(): void {
    this.#pages = this.#parts.pages();
    // Sending makes the stream ask for more, which is when pages are made.
    this.#send(event('begin', this.#parts.begin()));
  }

  async #page(): Promise<void> {
    if (this.#pages === undefined) return;
    await this.#parts.turn();
    const next = this.#pages?.next();
    if (next === undefined) return;
    if (next.done !== true) {
      this.#send(next.value);
      return;
    }
    this.#pages = undefined;
    this.#send(event('end', next.value, this.#parts.token(this.#sent ?? 0)));
  }

  #send(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
  }

  #drop(): void {
    // Not by an error of the stream, which would be printed.
    this.#parts.cut();
    this.#leave();
  }

  #leave(): void {
    this.#controller = undefined;
    this.#pages = undefined;
    this.#parts.left(this);
  }
}
