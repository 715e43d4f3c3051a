// The one function that every transport calls.

import type { Transport } from '../wire/query.ts';

/**
 * Answers one message. Reads `request` (the bytes of one DNS message), writes the reply into `reply` from 0 and returns
 * its length, or 0 where no reply is due. Never throws, keeps neither buffer, never writes past `reply`.
 * `reply` must hold at least 512 bytes; over UDP at most 1232 of them are used, over TCP at most 65,535.
 */
export type Respond = (request: Uint8Array, transport: Transport, reply: Uint8Array) => number;
