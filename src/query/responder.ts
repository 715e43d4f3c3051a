// The one function that every transport calls, and what it is told about who asks.
import type { Source } from '../tap/record.ts';
import type { Client } from '../wire/client.ts';
import type { Query, Transport } from '../wire/query.ts';

/** Instead of a length: the reply comes later, through what `Asker.later` gave. */
export const LATER = -2;

/**
 * Sends a reply that comes later (its bytes may be used again at once) or, given no bytes, says that none will come.
 * `query`, which was read from `request`, is what it replies to, for those who count or note replies.
 */
export type SendLate = (reply: Uint8Array, request?: Uint8Array, query?: Query) => void;

/** Who asks, as the transport knows it; one object serves all questions of a socket or connection, one after the other. */
export interface Asker {
  readonly transport: Transport;
  /** The client's address, valid while the question is being answered. */
  readonly client: Client;
  /** A worker has let the question pass: access and rate have been seen to. */
  readonly admitted?: boolean;
  /** When the question was taken in, on the clock of performance.now(). */
  readonly began?: number;
  /** Told where the answer comes from, where that is not the table. */
  cameFrom?(source: Source): void;
  /**
   * Told of each reply that is given at once, before it leaves: the first `length` bytes of `reply`, rendered for `query`,
   * which was read from `request`. It keeps none of them.
   */
  answered?(request: Uint8Array, query: Query, reply: Uint8Array, length: number): void;
  /**
   * Call while the question is being answered, at most once, and return LATER then: remembers whom to send to. What it
   * returns must be called in the end, since connections wait for it; the second time it does nothing. It never throws: a
   * client that is gone is passed over.
   */
  later(): SendLate;
}

/**
 * Answers one message. Reads `request` (the bytes of one DNS message), writes the reply into `reply` from 0 and returns
 * its length, 0 where no reply is due, or LATER. Never throws, keeps neither buffer, never writes past `reply`.
 * `reply` must hold at least 512 bytes; over UDP at most 1232 of them are used, over TCP at most 65,535.
 */
export type Respond = (request: Uint8Array, asker: Asker, reply: Uint8Array) => number;
