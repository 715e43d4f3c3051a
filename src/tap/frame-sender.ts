// Frames to whoever reads a unix socket: connected, shaken hands with, connected again when it is gone; never waited for.
import { connect, type Socket } from 'node:net';
import type { Cancel, Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Control, controlFrame, readControl } from './frame-streams.ts';

/** Pause before a reader that is not there is looked for again, in milliseconds. */
const RETRY_MS = 1000;
/** How long a reader may take to shake hands, and to say that it has read all, in milliseconds. */
const HANDSHAKE_MS = 5000;
const FINISH_MS = 1000;
/** Bytes that may wait for the reader; beyond it frames are lost. */
const MOST_WAITING = 4 * 1024 * 1024;

export interface SenderParts {
  readonly path: string;
  readonly contentType: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when a reader has come, and when it has gone. */
  readonly changed: (isThere: boolean) => void;
}

export class FrameSender {
  readonly #parts: SenderParts;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #cancel: Cancel = () => {};
  /** A reader is there and takes frames. */
  #isStarted = false;
  /** That nobody is there has been said. */
  #isMissed = false;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#connect();
  }

  /** Whether a reader is there and has not fallen behind by too much. */
  get hasRoom(): boolean {
    return (
      this.#isStarted && this.#closing === undefined && (this.#socket?.writableLength ?? 0) < MOST_WAITING
    );
  }

  /** Sends whole frames, which may not be changed afterwards. */
  send(frames: Uint8Array): void {
    if (this.#isStarted) this.#socket?.write(frames);
  }

  #connect(): void {
    const socket = connect({ path: this.#parts.path });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    let reason = 'it closed the connection';
    // Where nobody else does, this alone keeps no process alive.
    socket.unref();
    socket.on('connect', () => socket.write(controlFrame(Control.READY, this.#parts.contentType)));
    socket.on('data', (bytes) => {
      const problem = this.#read(socket, bytes);
      if (problem === undefined) return;
      reason = problem;
      socket.destroy();
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => this.#gone(reason));
    this.#cancel = this.#parts.clock.after(HANDSHAKE_MS, () => {
      reason = 'it does not shake hands';
      socket.destroy();
    });
  }

  /** Takes what the reader says; why it is none, where it is so. */
  #read(socket: Socket, bytes: Buffer): string | undefined {
    this.#received = Buffer.concat([this.#received, bytes]);
    const control = readControl(this.#received);
    if (control === undefined) return undefined;
    if (control === 'bad') return 'it does not speak Frame Streams';
    this.#received = this.#received.subarray(control.length);
    if (control.type === Control.FINISH) {
      socket.end();
      return undefined;
    }
    const { contentType, path, log, changed } = this.#parts;
    const isFitting = control.contentTypes.length === 0 || control.contentTypes.includes(contentType);
    if (control.type !== Control.ACCEPT || this.#isStarted || !isFitting)
      return `it does not read ${contentType}`;
    this.#cancel();
    socket.write(controlFrame(Control.START, contentType));
    this.#isStarted = true;
    this.#isMissed = false;
    changed(true);
    log.info({ path }, 'the reader of dnstap is there');
    return undefined;
  }

  #gone(reason: string): void {
    const { path, log, clock, changed } = this.#parts;
    this.#cancel();
    this.#socket = undefined;
    const wasStarted = this.#isStarted;
    this.#isStarted = false;
    if (this.#closing !== undefined) {
      this.#closing.resolve();
      return;
    }
    if (wasStarted) changed(false);
    if (!this.#isMissed) log.warn({ path, reason }, 'dnstap has no reader; it is looked for every second');
    this.#isMissed = true;
    this.#cancel = clock.after(RETRY_MS, () => this.#connect());
  }

  /** Says that nothing more comes, and waits for the reader to have read all, for a second at most. Never rejects. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = Promise.withResolvers<void>();
    this.#cancel();
    const socket = this.#socket;
    if (socket === undefined) {
      this.#closing.resolve();
      return this.#closing.promise;
    }
    if (!this.#isStarted) {
      socket.destroy();
      return this.#closing.promise;
    }
    socket.ref();
    socket.write(controlFrame(Control.STOP));
    this.#cancel = this.#parts.clock.after(FINISH_MS, () => socket.destroy());
    return this.#closing.promise;
  }
}
