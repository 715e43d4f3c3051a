// A client's question as other servers are asked it: anew, with our own EDNS and nothing else of the client's.
import { at, copyOf, putU16, putU32 } from '../wire/bytes.ts';
import { Flag, HEADER_LENGTH, MAX_UDP_SIZE, Type } from '../wire/codes.ts';
import { OPT_LENGTH } from '../wire/frame.ts';
import { MAX_NAME } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { type Marks, readMarks } from './marks.ts';

export interface Question {
  /** Name in the case in which the client wrote it, type and class. */
  readonly bytes: Uint8Array;
  /** The DO bit: the client wants signatures (RFC 3225). */
  readonly dnssecOk: boolean;
  /** The CD bit: the client checks them itself (RFC 4035 3.2.2). */
  readonly checkingDisabled: boolean;
  readonly marks: Marks;
}

/** A copy of what `query` was read as from `request`. */
export function questionOf(request: Uint8Array, query: Query): Question {
  return {
    bytes: copyOf(request, HEADER_LENGTH, query.questionEnd),
    dnssecOk: query.dnssecOk,
    checkingDisabled: (at(request, 3) & Flag.CD) !== 0,
    marks: readMarks(request, query.questionEnd),
  };
}

/** Group, class and flags stand before name and type in a key. */
const KEY_HEAD = 7;
const scratch = Buffer.alloc(KEY_HEAD + MAX_NAME + 2);

/** Questions with the same key, put to the same group, get the same answer; letters of the name count alike. */
export function keyOf(query: Query, question: Question, group = 0): string {
  putU32(scratch, 0, group);
  putU16(scratch, 4, query.class);
  scratch[6] = (question.dnssecOk ? 1 : 0) | (question.checkingDisabled ? 2 : 0);
  const length = query.nameLength + 2;
  for (let i = 0; i < length; i++) scratch[KEY_HEAD + i] = at(query.key, i);
  const key = scratch.toString('latin1', 0, KEY_HEAD + length);
  const { stubbed, path } = question.marks;
  return path.length === 0 && !stubbed ? key : `${key}${stubbed} ${Buffer.from(path).toString('latin1')}`;
}

/**
 * The packet that asks, its id still to be set: RD is set since the server is to find the answer, AD since we can tell
 * clients what it says of that (RFC 6840 5.7). `options` go into OPT; undefined asks without EDNS.
 */
export function packetOf(question: Question, options: Uint8Array | undefined): Buffer {
  const { bytes, dnssecOk, checkingDisabled } = question;
  const end = HEADER_LENGTH + bytes.length;
  // From Node's pool: a typed array of its own would be copied out of the heap when it is sent.
  const packet = Buffer.allocUnsafe(end + (options === undefined ? 0 : OPT_LENGTH + options.length));
  for (let i = 0; i < HEADER_LENGTH; i++) packet[i] = 0;
  packet[2] = Flag.RD;
  packet[3] = Flag.AD | (checkingDisabled ? Flag.CD : 0);
  putU16(packet, 4, 1);
  put(bytes, packet, HEADER_LENGTH);
  if (options === undefined) return packet;
  putU16(packet, 10, 1);
  for (let i = 0; i < OPT_LENGTH; i++) packet[end + i] = 0;
  putU16(packet, end + 1, Type.OPT);
  putU16(packet, end + 3, MAX_UDP_SIZE);
  packet[end + 7] = dnssecOk ? 0x80 : 0;
  putU16(packet, end + 9, options.length);
  put(options, packet, end + OPT_LENGTH);
  return packet;
}

/** Few bytes: a call into the platform takes longer. */
function put(bytes: Uint8Array, packet: Uint8Array, place: number): void {
  for (let i = 0; i < bytes.length; i++) packet[place + i] = at(bytes, i);
}
