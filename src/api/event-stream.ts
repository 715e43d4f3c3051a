// One stream of server-sent events: what is due is taken when its reader has room, and a reader that has none is let go.
import type { Cancel, Clock } from '../base/clock.ts';

export interface StreamDeps {
  readonly clock: Clock;
  /** Called once, when the stream is over; `isSlow`: its reader does not take what there is. */
  readonly ended: (isSlow: boolean) => void;
}

/** So many characters may wait for a reader. */
const MOST_WAITING = 8 * 2 ** 20;
const BEAT_MS = 5_000;
/** A reader that takes nothing for so many beats, though there is something, is let go. */
const MOST_IDLE = 6;
/** Lines that mean nothing: a silent line is known by their absence. */
const BEAT = ': beat\n\n';

/** An event as it is sent; `data` is JSON, in which there are no line breaks. */
export function eventText(name: string, data: unknown, id?: string): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #deps: StreamDeps;
  /** Texts to be sent first, made when there is room. */
  #first: Iterator<string> | undefined;
  #waiting: string[] = [];
  #characters = 0;
  /** The reader has room. */
  #isAwaited = false;
  #idle = 0;
  #isOver = false;
  #beat: Cancel;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(deps: StreamDeps) {
    this.#deps = deps;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isAwaited = true;
          this.#send();
        },
        cancel: () => this.end(),
      },
      { highWaterMark: 1 },
    );
    this.#beat = deps.clock.after(BEAT_MS, () => this.#beaten());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What comes before everything that is pushed. */
  begin(texts: Iterator<string>): void {
    this.#first = texts;
    this.#send();
  }

  push(text: string): void {
    if (this.#isOver) return;
    this.#waiting.push(text);
    this.#characters += text.length;
    if (this.#characters > MOST_WAITING) this.end(true);
    else this.#send();
  }

  /** Ends it, what waits included. */
  end(isSlow = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#beat();
    this.#waiting = [];
    this.#first = undefined;
    try {
      this.#controller?.close();
    } catch {
      // It was cancelled by its reader.
    }
    this.#deps.ended(isSlow);
  }

  #send(): void {
    while (this.#isAwaited && !this.#isOver) {
      const text = this.#next();
      if (text === undefined) return;
      this.#idle = 0;
      // Enqueuing may call `pull` again at once.
      this.#isAwaited = false;
      this.#controller?.enqueue(this.#encoder.encode(text));
      this.#isAwaited ||= (this.#controller?.desiredSize ?? 0) > 0;
    }
  }

  #next(): string | undefined {
    if (this.#first !== undefined) {
      const { value, done } = this.#first.next();
      if (done !== true) return value;
      this.#first = undefined;
    }
    if (this.#waiting.length === 0) return undefined;
    const all = this.#waiting.join('');
    this.#waiting = [];
    this.#characters = 0;
    return all;
  }

  #beaten(): void {
    if (this.#isAwaited) this.push(BEAT);
    else if (++this.#idle >= MOST_IDLE) this.end(true);
    if (!this.#isOver) this.#beat = this.#deps.clock.after(BEAT_MS, () => this.#beaten());
  }
}
