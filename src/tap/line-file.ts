// Whole lines to a file or to standard output, written in the background: what cannot be written soon enough is refused.
import { close, constants, fstatSync, openSync, write } from 'node:fs';
import type { Logger } from '../base/log.ts';

/** Bytes that may wait to be written. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Pause before a file that failed is opened again, and before a pipe that is full is tried again, in milliseconds. */
const RETRY_MS = 1000;
const FULL_MS = 20;
/** How long what waits may take to be written at the end, in milliseconds. */
const CLOSE_MS = 1000;
/** Whoever reads a log of clients has to be let in by its owner. */
const MODE = 0o640;
const STDOUT = 1;

/** A pipe without a reader, or with one that stands still, must not hold anything up: hence non-blocking. */
function openToAppend(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, MODE);
}

/** Standard output; where it is a pipe, opened anew without blocking, since how it is open belongs to others as well. */
function openStdout(): number {
  if (!fstatSync(STDOUT).isFIFO()) return STDOUT;
  try {
    return openSync(`/proc/self/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return STDOUT;
  }
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

export class LineFile {
  readonly #path: string;
  readonly #log: Logger;
  /** Told how many lines were lost, and how many written. */
  readonly #done: (written: number, lost: number) => void;
  #fd: number | undefined;
  readonly #chunks: Chunk[] = [];
  #waiting = 0;
  #isWriting = false;
  #isStale = false;
  #hasFailed = false;
  #retry: NodeJS.Timeout | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  /** `path` may be `-`. Throws the system's error where it cannot be opened. */
  constructor(path: string, log: Logger, done: (written: number, lost: number) => void) {
    this.#path = path;
    this.#log = log;
    this.#done = done;
    this.#fd = this.#open();
  }

  #open(): number {
    return this.#path === '-' ? openStdout() : openToAppend(this.#path);
  }

  get hasRoom(): boolean {
    return this.#fd !== undefined && this.#waiting < MOST_WAITING;
  }

  /** Takes whole lines, whose bytes may not be changed afterwards. */
  add(bytes: Uint8Array, lines: number): void {
    this.#chunks.push({ bytes, lines });
    this.#waiting += bytes.length;
    this.#next();
  }

  /** Opens the file again by its name, behind the lines that are being written: it may have been moved away. */
  reopen(): void {
    this.#isStale = this.#path !== '-';
    this.#next();
  }

  #next(): void {
    if (this.#isWriting) return;
    if (this.#isStale) this.#openAnew();
    const [chunk] = this.#chunks;
    if (chunk !== undefined && this.#fd !== undefined) {
      this.#isWriting = true;
      this.#write(this.#fd, chunk, 0);
    } else if (this.#closing !== undefined) {
      this.#end();
    }
  }

  #write(fd: number, chunk: Chunk, from: number): void {
    write(fd, chunk.bytes, from, chunk.bytes.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN' && this.#closing === undefined) {
        setTimeout(() => this.#write(fd, chunk, from), FULL_MS);
      } else if (error !== null) {
        this.#failed(error);
      } else if (from + written < chunk.bytes.length) {
        this.#write(fd, chunk, from + written);
      } else {
        this.#settle(true);
      }
    });
  }

  /** The chunk that is first has been written, or never will be. */
  #settle(isWritten: boolean): void {
    const chunk = this.#chunks.shift();
    this.#isWriting = false;
    if (chunk !== undefined) {
      this.#waiting -= chunk.bytes.length;
      this.#done(isWritten ? chunk.lines : 0, isWritten ? 0 : chunk.lines);
    }
    if (isWritten && this.#hasFailed) {
      this.#hasFailed = false;
      this.#log.info({ path: this.#path }, 'the query log is written again');
    }
    this.#next();
  }

  #failed(cause: Error): void {
    if (!this.#hasFailed)
      this.#log.warn({ path: this.#path, cause }, 'the query log cannot be written; lines are lost');
    this.#hasFailed = true;
    this.#letGo();
    this.#retryLater();
    this.#settle(false);
  }

  #openAnew(): void {
    this.#isStale = false;
    this.#letGo();
    try {
      this.#fd = this.#open();
    } catch (cause) {
      if (!this.#hasFailed)
        this.#log.warn({ path: this.#path, cause }, 'the query log cannot be opened; lines are lost');
      this.#hasFailed = true;
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#closing !== undefined) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#isStale = true;
      this.#next();
    }, RETRY_MS).unref();
  }

  #letGo(): void {
    if (this.#fd !== undefined && this.#fd !== STDOUT) close(this.#fd, () => {});
    this.#fd = undefined;
  }

  /** Writes what waits, as far as it can be written now, and closes. Never rejects. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers<void>();
      this.#next();
      // Standard output may be something that stands still.
      const timer = setTimeout(() => this.#end(), CLOSE_MS);
      void this.#closing.promise.then(() => clearTimeout(timer));
    }
    return this.#closing.promise;
  }

  #end(): void {
    clearTimeout(this.#retry);
    for (const { lines } of this.#chunks.splice(0)) this.#done(0, lines);
    this.#letGo();
    this.#closing?.resolve();
  }
}
