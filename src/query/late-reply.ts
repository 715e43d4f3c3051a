// A reply that comes later: the question is kept until then, since transports use its memory again.
import { MAX_MESSAGE } from '../wire/codes.ts';
import { Query } from '../wire/query.ts';
import type { Asker } from './responder.ts';

/** Writes the reply to `query`, read from `request`, into `reply` in at most `limit` bytes; returns its length. */
export type Render = (request: Uint8Array, query: Query, limit: number, reply: Uint8Array) => number;

/** One reply is rendered at a time, and sent at once. */
const scratch = new Uint8Array(MAX_MESSAGE);

/** The most bytes that this reply may have. */
export function limitOf(asker: Asker, query: Query, reply: Uint8Array): number {
  return Math.min(asker.transport === 'udp' ? query.udpLimit : MAX_MESSAGE, reply.length);
}

export class LateReply {
  readonly #request: Uint8Array;
  readonly #query = new Query();
  readonly #limit: number;
  readonly #send: (reply: Uint8Array) => void;

  /** To be made while the question is being answered; `query` was read from `request`. */
  constructor(request: Uint8Array, query: Query, asker: Asker) {
    this.#request = Uint8Array.from(request);
    this.#query.read(this.#request, this.#request.length);
    this.#query.takeReplyOptions(query);
    this.#limit = limitOf(asker, query, scratch);
    this.#send = asker.later();
  }

  /** Sends what `render` writes. */
  send(render: Render): void {
    this.#send(scratch.subarray(0, render(this.#request, this.#query, this.#limit, scratch)));
  }
}
