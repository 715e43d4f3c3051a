// One TCP client: reads messages, writes replies, and is cut when it stalls (RFC 7766).
import type { Socket } from 'node:net';
import type { Cancel } from '../base/clock.ts';
import type { TransportDeps } from './deps.ts';
import { Frames } from './tcp-frames.ts';

/** Writes the framed reply to one message; undefined where none is due. The bytes belong to the caller. */
export type Answer = (message: Uint8Array) => Uint8Array | undefined;

/**
 * A connection's life. One deadline covers every way to stall: it is set again by a whole message, by the first byte
 * of a message, and by a client that had to catch up with its replies and did; never by one more byte of an incomplete
 * message. So an idle client, one that sends a byte now and then, and one that does not read are all cut.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #deps: TransportDeps;
  readonly #idleMs: number;
  readonly #frames = new Frames();
  #deadline = 0;
  #cancel: Cancel = () => {};
  #closing = false;

  constructor(socket: Socket, answer: Answer, deps: TransportDeps, idleMs: number) {
    this.#socket = socket;
    this.#answer = answer;
    this.#deps = deps;
    this.#idleMs = idleMs;
    this.#touch();
    this.#watchDeadline();
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('drain', () => this.#resume());
    // Only the client's half is closed: what it asked before is answered, then ours is closed as well.
    socket.on('end', () => this.finish());
    // Resets and broken pipes are the client's affair; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#cancel());
  }

  /** Takes no more queries, lets the replies in hand leave, then closes; a client that stays is cut by `destroy`. */
  finish(): void {
    this.#closing = true;
    // Reading goes on (and is ignored): closing over unread bytes would reset the connection and lose the replies.
    // A paused connection still has queries in hand; it ends in `#resume`.
    if (!this.#socket.isPaused()) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    const prolonged = this.#frames.incomplete;
    this.#frames.push(chunk);
    const answered = this.#answerAll();
    if (answered || !prolonged) this.#touch();
  }

  /** Answers the messages at hand, until the client must read first. Returns whether there was any. */
  #answerAll(): boolean {
    let any = false;
    this.#socket.cork();
    for (;;) {
      const message = this.#frames.next();
      if (message === undefined) break;
      any = true;
      if (!this.#answerOne(message)) break;
    }
    this.#socket.uncork();
    return any;
  }

  /** Returns whether the next message may be answered at once. */
  #answerOne(message: Buffer): boolean {
    if (message.length === 0) {
      this.#socket.destroy();
      return false;
    }
    this.#deps.counters.queriesTcp.inc();
    const reply = this.#answer(message);
    // What gets no reply is passed over; the answerer counts it.
    if (reply === undefined) return true;
    if (this.#socket.write(reply)) return true;
    this.#socket.pause();
    return false;
  }

  /** The client has read everything: goes on with what it had sent meanwhile. */
  #resume(): void {
    this.#touch();
    this.#answerAll();
    if (this.#socket.writableNeedDrain) return;
    this.#socket.resume();
    if (this.#closing) this.#socket.end();
  }

  #touch(): void {
    this.#deadline = this.#deps.clock.now() + this.#idleMs;
  }

  /** One timer for the whole connection: it looks at the deadline when it rings, so that a message sets no timer. */
  #watchDeadline(): void {
    const left = this.#deadline - this.#deps.clock.now();
    if (left <= 0) this.#socket.destroy();
    else this.#cancel = this.#deps.clock.after(left, () => this.#watchDeadline());
  }
}
