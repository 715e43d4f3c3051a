// What every reply has around its records: the header and the question before them, the OPT record behind.
import { at, putU16, u16 } from './bytes.ts';
import { Flag, HEADER_LENGTH, MAX_UDP_SIZE, Type } from './codes.ts';
import type { Query } from './query.ts';

export const OPT_LENGTH = 11;

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
  // Opcode, RD and CD are copied (RFC 1035 4.1.1, RFC 4035 3.1.6); RA stays clear where nothing is forwarded.
  reply[2] = Flag.QR | (at(request, 2) & (Flag.OPCODE | Flag.RD)) | flags;
  reply[3] = (at(request, 3) & Flag.CD) | (rcode & Flag.RCODE);
  reply[4] = 0;
  reply[5] = end > HEADER_LENGTH ? 1 : 0;
  for (let i = 6; i < HEADER_LENGTH; i++) reply[i] = 0;
  return copy(request, HEADER_LENGTH, end - HEADER_LENGTH, reply, HEADER_LENGTH);
}

/** The OPT record (RFC 6891 6.1.2), counted as one more additional record, where the query had one. */
export function finishReply(query: Query, rcode: number, reply: Uint8Array, place: number): number {
  if (!query.edns) return place;
  putU16(reply, 10, u16(reply, 10) + 1);
  reply[place] = 0;
  putU16(reply, place + 1, Type.OPT);
  putU16(reply, place + 3, MAX_UDP_SIZE);
  reply[place + 5] = rcode >>> 4;
  reply[place + 6] = 0;
  reply[place + 7] = query.dnssecOk ? 0x80 : 0;
  reply[place + 8] = 0;
  putU16(reply, place + 9, 0);
  return place + OPT_LENGTH;
}
