// A compiled answer: everything that follows the question, as plain bytes that can lie in any memory.
//
// Layout, big-endian, from its first byte:
//   0 rcode · 1 flags · 2 answer, 4 authority, 6 additional record counts
//   8 alternatives: so many leading answer records of which one is sent (CNAMEs of one owner)
//  10 first and 12 number of the answer records that rotate
//  14 place of the SOA serial in the body, plus one; 0 where there is none · 16 number of the zone it belongs to
//  18 length of the body · 20 offset of each record in the body, 2 bytes each · body
import { putU16 } from './bytes.ts';
import type { Rcode } from './codes.ts';

export const Layout = {
  RCODE: 0,
  FLAGS: 1,
  ANSWERS: 2,
  AUTHORITY: 4,
  ADDITIONAL: 6,
  ALTERNATIVES: 8,
  ROTATE_FROM: 10,
  ROTATE_COUNT: 12,
  SERIAL_AT: 14,
  ZONE: 16,
  BODY_LENGTH: 18,
  OFFSETS: 20,
} as const;

/** Bit of the flags byte: the answer is authoritative. */
export const AUTHORITATIVE = 1;
/** Bit of the flags byte: nothing but the zone's SOA in the authority section; there is no body, wire/negative.ts renders it. */
export const NEGATIVE = 2;
/** Bit of the flags byte: there are more answer records than a message of any size holds (TC, RFC 2181 9). */
export const TRUNCATED = 4;

/** Bit of the flags byte: it is zone data, whose TTLs have a limit while the zones are stale. */
export const ZONE_DATA = 8;

/** What a compiled answer says, before it is laid out. */
export interface Parts {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  /** Records had to be left out even of the largest message. */
  readonly truncated?: boolean;
  /** It is zone data. */
  readonly zoneData?: boolean;
  readonly answers: number;
  readonly authority: number;
  readonly additional: number;
  readonly alternatives: number;
  readonly rotateFrom: number;
  readonly rotateCount: number;
  /** Place of the SOA serial in the body, or -1. */
  readonly serialAt: number;
  readonly zone: number;
  /** Offsets in the body at which the records begin, in order of the sections. */
  readonly offsets: readonly number[];
  readonly body: Uint8Array;
}

/** Lays an answer out in bytes of its own. */
export function layOut(parts: Parts): Uint8Array {
  const bytes = new Uint8Array(Layout.OFFSETS + parts.offsets.length * 2 + parts.body.length);
  bytes[Layout.RCODE] = parts.rcode;
  bytes[Layout.FLAGS] =
    (parts.authoritative ? AUTHORITATIVE : 0) |
    (parts.truncated === true ? TRUNCATED : 0) |
    (parts.zoneData === true ? ZONE_DATA : 0);
  putU16(bytes, Layout.ANSWERS, parts.answers);
  putU16(bytes, Layout.AUTHORITY, parts.authority);
  putU16(bytes, Layout.ADDITIONAL, parts.additional);
  putU16(bytes, Layout.ALTERNATIVES, parts.alternatives);
  putU16(bytes, Layout.ROTATE_FROM, parts.rotateFrom);
  putU16(bytes, Layout.ROTATE_COUNT, parts.rotateCount);
  putU16(bytes, Layout.SERIAL_AT, parts.serialAt + 1);
  putU16(bytes, Layout.ZONE, parts.zone);
  putU16(bytes, Layout.BODY_LENGTH, parts.body.length);
  let place: number = Layout.OFFSETS;
  for (const offset of parts.offsets) {
    putU16(bytes, place, offset);
    place += 2;
  }
  bytes.set(parts.body, place);
  return bytes;
}

/** A negative answer of a zone, as small as can be. */
export function layOutNegative(rcode: Rcode, zone: number): Uint8Array {
  const bytes = new Uint8Array(Layout.OFFSETS);
  bytes[Layout.RCODE] = rcode;
  bytes[Layout.FLAGS] = AUTHORITATIVE | NEGATIVE | ZONE_DATA;
  putU16(bytes, Layout.ZONE, zone);
  return bytes;
}
