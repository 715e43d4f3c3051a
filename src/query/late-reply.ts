// A reply that comes later: the question is kept until then, since transports use its memory again.
import { MAX_MESSAGE } from '../wire/codes.ts';
import { Query } from '../wire/query.ts';
import type { Asker, SendLate } from './responder.ts';

/** Writes the reply to `query`, read from `request`, into `reply` in at most `limit` bytes; returns its length. */
export type Render = (request: Uint8Array, query: Query, limit: number, reply: Uint8Array) => number;

/** One reply is rendered at a time, and sent at once. */
const scratch = new Uint8Array(MAX_MESSAGE);

/** The most bytes that this reply may have. */
export function limitOf(asker: Asker, query: Query, reply: Uint8Array): number {
  return Math.min(asker.transport === 'udp' ? query.udpLimit : MAX_MESSAGE, reply.length);
}

/** Those whose reply has been sent: used again, since one is needed for every question that other servers are asked. */
const idle: LateReply[] = [];
const MOST_IDLE = 1000;
/** Longer questions are kept in memory of their own. */
const USUAL_SIZE = 512;

export class LateReply {
  readonly #usual = new Uint8Array(USUAL_SIZE);
  readonly #query = new Query();
  #request: Uint8Array = this.#usual;
  #limit = 0;
  #send: SendLate = () => {};

  /** To be called while the question is being answered; `query` was read from `request`. */
  static of(request: Uint8Array, query: Query, asker: Asker): LateReply {
    const late = idle.pop() ?? new LateReply();
    late.#keep(request, query, asker);
    return late;
  }

  #keep(request: Uint8Array, query: Query, asker: Asker): void {
    const { length } = request;
    this.#request = length > USUAL_SIZE ? new Uint8Array(length) : this.#usual.subarray(0, length);
    this.#request.set(request);
    this.#query.read(this.#request, length);
    this.#query.takeReplyOptions(query);
    this.#limit = limitOf(asker, query, scratch);
    this.#send = asker.later();
  }

  /** Sends what `render` writes. To be called once: afterwards this is another question's. */
  send(render: Render): void {
    const length = render(this.#request, this.#query, this.#limit, scratch);
    this.#send(scratch.subarray(0, length), this.#request, this.#query);
    this.#request = this.#usual;
    this.#send = () => {};
    if (idle.length < MOST_IDLE) idle.push(this);
  }
}
