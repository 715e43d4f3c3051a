// One TCP client: reads messages, writes replies, and is cut when it stalls (RFC 7766).
import type { Socket } from 'node:net';
import type { Cancel } from '../base/clock.ts';
import { type Asker, LATER, type SendLate } from '../query/responder.ts';
import { Client } from '../wire/client.ts';
import { MAX_MESSAGE } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import { Frames, frameOf } from '../wire/tcp-frames.ts';
import type { TransportDeps } from './deps.ts';
import { type FairShare, STRETCH_MS } from './fair-share.ts';
import { LateReplies } from './late-replies.ts';
import { countReply } from './tallies.ts';
import type { Tally } from './tally.ts';

/** Writes the framed reply to one message; undefined where none is due. The bytes belong to the caller. */
export type Answer = (message: Uint8Array, asker: Asker) => Uint8Array | typeof LATER | undefined;

export interface ConnectionDeps extends TransportDeps {
  readonly share: FairShare;
  readonly answer: Answer;
  /** Where its replies are counted. */
  readonly tally: Tally;
}

/** Replies that may be still to come to one connection; beyond it nothing more is read from the client. */
const MAX_LATE = 100;

/**
 * A connection's life. One deadline covers every way to stall: it is set again by a whole message, by the first byte
 * of a message, and by a client that had to catch up with its replies and did; never by one more byte of an incomplete
 * message. So an idle client, one that sends a byte now and then, and one that does not read are all cut. While replies
 * are still to come it is we who stall, and nobody is cut. They leave as they come, in any order (RFC 7766 6.2.1.1).
 */
export class TcpConnection implements Asker {
  readonly transport = 'tcp';
  readonly client = new Client();
  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #share: FairShare;
  readonly #idleMs: number;
  readonly #frames = new Frames();
  readonly #late = new LateReplies(() => this.#lateCame());
  #deadline = 0;
  #cancel: Cancel = () => {};
  #closing = false;
  #answering = false;
  /** Stands behind others until it is its turn. */
  #standing = false;
  /** When the message that is being answered was taken up. */
  began = 0;

  constructor(socket: Socket, client: string, deps: ConnectionDeps, idleMs: number) {
    this.#socket = socket;
    this.#deps = deps;
    this.#share = deps.share;
    this.#idleMs = idleMs;
    this.client.setText(client);
    this.client.port = socket.remotePort ?? 0;
    this.#touch();
    this.#watchDeadline();
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('drain', () => {
      this.#touch();
      this.#resume();
    });
    // Only the client's half is closed: what it asked before is answered, then ours is closed as well.
    socket.on('end', () => this.finish());
    // Resets and broken pipes are the client's affair; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#cancel());
  }

  /** Takes no more queries, lets the replies in hand leave, then closes; a client that stays is cut by `destroy`. */
  finish(): void {
    this.#closing = true;
    this.#endIfDone();
  }

  /**
   * Reading goes on (and is ignored): closing over unread bytes would reset the connection and lose the replies.
   * A paused connection still has queries in hand; it ends in `#resume`.
   */
  #endIfDone(): void {
    if (this.#closing && this.#late.count === 0 && !this.#socket.isPaused()) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    const prolonged = this.#frames.incomplete;
    this.#frames.push(chunk);
    const answered = this.#answerAll(false);
    if (answered || !prolonged) this.#touch();
  }

  /** Others come first, the client has to read first, or too many replies are still to come to it. */
  get #isBlocked(): boolean {
    const { destroyed, writableNeedDrain } = this.#socket;
    return this.#standing || destroyed || writableNeedDrain || this.#late.count >= MAX_LATE;
  }

  /**
   * Answers the messages at hand, as far as may be and for one stretch at most; none where the client's network has had
   * its share of the time and it is not its turn. Returns whether there was any.
   */
  #answerAll(isTurn: boolean): boolean {
    let any = false;
    let now = performance.now();
    const end = now + STRETCH_MS;
    if (!isTurn && this.#share.isSpent(this.client, now)) this.#standBehind();
    this.#answering = true;
    this.#socket.cork();
    while (!this.#isBlocked) {
      const message = this.#frames.next();
      if (message === undefined) break;
      any = true;
      this.began = now;
      this.#answerOne(message);
      const began = now;
      now = performance.now();
      this.#share.charge(this.client, now, now - began);
      if (now >= end) this.#standBehind();
    }
    if (this.#isBlocked) this.#socket.pause();
    this.#socket.uncork();
    this.#answering = false;
    return any;
  }

  #standBehind(): void {
    this.#standing = true;
    this.#share.standBehind(() => {
      this.#standing = false;
      // Until now it was not the client who stalled.
      if (this.#resume(true)) this.#touch();
    });
  }

  #answerOne(message: Buffer): void {
    if (message.length === 0) {
      this.#socket.destroy();
      return;
    }
    this.#deps.counters.queriesTcp.inc();
    const reply = this.#deps.answer(message, this);
    this.#late.answered(reply === LATER);
    // What gets no reply is passed over; the answerer counts it.
    if (reply !== undefined && reply !== LATER) this.#socket.write(reply);
  }

  answered(request: Uint8Array, query: Query, reply: Uint8Array, length: number): void {
    countReply(this.#deps.tally, query, request.length, this.client.isIpv4, reply, length, this.began);
  }

  later(): SendLate {
    const began = this.began;
    return this.#late.promise((reply, request, query) => {
      if (request !== undefined && query !== undefined)
        countReply(this.#deps.tally, query, request.length, this.client.isIpv4, reply, reply.length, began);
      if (this.#socket.writable && reply.length <= MAX_MESSAGE) this.#socket.write(frameOf(reply));
      else this.#deps.counters.dropped.inc();
    });
  }

  #lateCame(): void {
    this.#touch();
    // One that comes while others are being answered finds them answered on.
    if (!this.#answering) this.#resume();
  }

  /** Something that blocked is over: goes on with what the client had sent meanwhile. Returns whether there was any. */
  #resume(isTurn = false): boolean {
    if (this.#isBlocked) return false;
    const any = this.#answerAll(isTurn);
    if (this.#isBlocked) return any;
    this.#socket.resume();
    this.#endIfDone();
    return any;
  }

  #touch(): void {
    this.#deadline = this.#deps.clock.now() + this.#idleMs;
  }

  /** One timer for the whole connection: it looks at the deadline when it rings, so that a message sets no timer. */
  #watchDeadline(): void {
    const left = this.#deadline - this.#deps.clock.now();
    if (left <= 0 && this.#late.count === 0 && !this.#standing) this.#socket.destroy();
    else this.#cancel = this.#deps.clock.after(left > 0 ? left : this.#idleMs, () => this.#watchDeadline());
  }
}
