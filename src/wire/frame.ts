// What every reply has around its records: the header and the question before them, the OPT record behind.
import { at, putU16, u16 } from './bytes.ts';
import { EdnsOption, Flag, HEADER_LENGTH, MAX_UDP_SIZE, Type } from './codes.ts';
import { OPT_LENGTH, type Query } from './query.ts';

export { OPT_LENGTH };

/**
 * Copies bytes: a few dozen one by one, more through the engine, which is quicker from about a hundred on although the
 * view that it needs is an allocation (it dies young, and costs less than the loop).
 */
export function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, place: number): number {
  if (length > 96) {
    to.set(from.subarray(start, start + length), place);
  } else {
    for (let i = 0; i < length; i++) to[place + i] = at(from, start + i);
  }
  return place + length;
}

/** Header and question, echoed byte for byte; counts are zero but for the question's. Returns where the reply goes on. */
export function beginReply(
  request: Uint8Array,
  query: Query,
  rcode: number,
  flags: number,
  reply: Uint8Array,
): number {
  const end = query.questionEnd;
  reply[0] = at(request, 0);
  reply[1] = at(request, 1);
  // Opcode, RD and CD are copied (RFC 1035 4.1.1, RFC 4035 3.1.6).
  reply[2] = Flag.QR | (at(request, 2) & (Flag.OPCODE | Flag.RD)) | flags;
  reply[3] = (at(request, 3) & Flag.CD) | (rcode & Flag.RCODE) | (query.recursionAvailable ? Flag.RA : 0);
  reply[4] = 0;
  reply[5] = end > HEADER_LENGTH ? 1 : 0;
  for (let i = 6; i < HEADER_LENGTH; i++) reply[i] = 0;
  return copy(request, HEADER_LENGTH, end - HEADER_LENGTH, reply, HEADER_LENGTH);
}

/**
 * The OPT record (RFC 6891 6.1.2), counted as one more additional record, where the query had one; `query.optLength`
 * bytes. Returns the length of the reply.
 */
export function finishReply(query: Query, rcode: number, reply: Uint8Array, place: number): number {
  if (!query.edns) return place;
  query.optAt = place;
  putU16(reply, 10, u16(reply, 10) + 1);
  reply[place] = 0;
  putU16(reply, place + 1, Type.OPT);
  putU16(reply, place + 3, MAX_UDP_SIZE);
  reply[place + 5] = rcode >>> 4;
  reply[place + 6] = 0;
  reply[place + 7] = query.dnssecOk ? 0x80 : 0;
  reply[place + 8] = 0;
  const start = place + OPT_LENGTH;
  // Nearly no reply has options. Apart from here, so that what every reply does stays small enough to be compiled in place.
  const end = query.ede < 0 && !query.sendsCookie ? start : writeOptions(query, reply, start);
  putU16(reply, place + 9, end - start);
  return end;
}

/** The options that the query's reply has. Returns where the reply goes on. */
function writeOptions(query: Query, reply: Uint8Array, start: number): number {
  let end = start;
  if (query.ede >= 0) {
    end = optionHead(EdnsOption.EDE, 2, reply, end) + 2;
    putU16(reply, end - 2, query.ede);
  }
  if (query.sendsCookie) {
    const cookie = query.replyCookie;
    end = copy(cookie, 0, cookie.length, reply, optionHead(EdnsOption.COOKIE, cookie.length, reply, end));
  }
  return end;
}

/** Code and length of an option. */
function optionHead(code: number, length: number, reply: Uint8Array, place: number): number {
  putU16(reply, place, code);
  putU16(reply, place + 2, length);
  return place + 4;
}

/** The rcode of the reply to `query` that was rendered from `start` on; its upper bits stand in the OPT record (RFC 6891 6.1.3). */
export function rcodeOf({ optAt }: Query, bytes: Uint8Array, start: number): number {
  const upper = optAt > 0 ? at(bytes, start + optAt + 5) << 4 : 0;
  return (at(bytes, start + 3) & Flag.RCODE) | upper;
}
