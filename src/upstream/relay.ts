// A server's reply as one client gets it: its id, its question, its EDNS, its size; the records as they came.
import { at, putU16, u16 } from '../wire/bytes.ts';
import { Flag, HEADER_LENGTH, Rcode } from '../wire/codes.ts';
import { type ExtendedError, finishWithErrors } from '../wire/extended-error.ts';
import { copy } from '../wire/frame.ts';
import type { Query } from '../wire/query.ts';
import { Reader } from '../wire/reader.ts';
import type { UpstreamReply } from './upstreamed.ts';

/**
 * Renders `from` for a query with the same question (read from `request`) in at most `limit` bytes, which `reply` must
 * hold; `more` are extended errors of our own. What does not fit is left out, the additional section first and whole; where
 * answer or authority are cut, TC is set. Returns the length.
 */
export function relay(
  from: UpstreamReply,
  request: Uint8Array,
  query: Query,
  limit: number,
  reply: Uint8Array,
  more: readonly ExtendedError[] = [],
): number {
  const { message } = from;
  const errors = more.length === 0 ? from.errors : [...more, ...from.errors];
  // Its upper bits have no place without OPT, and the lower ones alone would say something else.
  const rcode = from.rcode > Flag.RCODE && !query.edns ? Rcode.SERVFAIL : from.rcode;
  beginRelay(message, request, query, rcode, reply);
  const room = limit - query.optLength;
  const whole = message.length <= room;
  const end = whole ? message.length : cut(message, query.questionEnd, room, reply);
  const place = copy(message, query.questionEnd, end - query.questionEnd, reply, query.questionEnd);
  return finishWithErrors(query, rcode, errors, limit, reply, place);
}

/** The header, and the question as this client wrote it. */
function beginRelay(
  message: Uint8Array,
  request: Uint8Array,
  query: Query,
  rcode: number,
  reply: Uint8Array,
): void {
  reply[0] = at(request, 0);
  reply[1] = at(request, 1);
  reply[2] = Flag.QR | (at(message, 2) & Flag.TC) | (at(request, 2) & (Flag.OPCODE | Flag.RD));
  reply[3] =
    Flag.RA |
    (at(message, 3) & (Flag.Z | authenticData(request, query))) |
    (at(request, 3) & Flag.CD) |
    (rcode & Flag.RCODE);
  copy(message, 4, HEADER_LENGTH - 4, reply, 4);
  copy(request, HEADER_LENGTH, query.questionEnd - HEADER_LENGTH, reply, HEADER_LENGTH);
}

/** AD is for those who show that they know it (RFC 6840 5.8). */
function authenticData(request: Uint8Array, query: Query): number {
  return query.dnssecOk || (at(request, 3) & Flag.AD) !== 0 ? Flag.AD : 0;
}

/** Where to end a message so that it fits into `room`, at the end of a record; sets counts, and TC where that is due. */
function cut(message: Uint8Array, start: number, room: number, reply: Uint8Array): number {
  const reader = new Reader(message, start);
  let end = start;
  for (const counter of [6, 8]) {
    for (let sent = 0; sent < u16(message, counter); sent++) {
      skipRecord(reader);
      if (reader.failed || reader.at > room) {
        reply[2] = at(reply, 2) | Flag.TC;
        putU16(reply, counter, sent);
        if (counter === 6) putU16(reply, 8, 0);
        putU16(reply, 10, 0);
        return end;
      }
      end = reader.at;
    }
  }
  putU16(reply, 10, 0);
  return end;
}

function skipRecord(reader: Reader): void {
  reader.skipName();
  reader.skip(8);
  reader.skip(reader.u16());
}
