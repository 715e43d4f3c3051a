// A compiled answer: everything that follows the question, as plain bytes that can lie in any memory.
//
// Layout, big-endian, from its first byte:
//   0 rcode · 1 flags · 2 answer, 4 authority, 6 additional record counts
//   8 alternatives: so many leading answer records of which one is sent (CNAMEs of one owner)
//  10 first and 12 number of the answer records that rotate
//  14 place of the SOA serial in the body, plus one; 0 where there is none · 16 number of the zone it belongs to
//  18 length of the body · 20 offset of each record in the body, 2 bytes each · body
//  4 bytes: the second since which TTLs count down, where they do
import { at, i32, putU16, putU32, u16 } from './bytes.ts';
import type { Rcode } from './codes.ts';

/** In the place of a zone's number: the name lies in none. */
export const NO_ZONE = 0xffff;

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

/**
 * Bit of the flags byte: another server's answer, its bytes as they came. Records go out in order and none but the last
 * ones are left out, since names in them may point at whatever stands before.
 */
export const FORWARDED = 16;
/** Bit of the flags byte: TTLs count down. */
export const COUNTING = 32;
/** Bits of the flags byte: what the other server's header had of AD and Z. */
export const AUTHENTIC = 64;
/** Of zone data the same bit says that services have a part in it whose keys are gone. */
export const HELD = 64;
export const RESERVED = 128;

/** What a compiled answer says, before it is laid out. */
export interface Parts {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  /** Records had to be left out even of the largest message. */
  readonly truncated?: boolean;
  /** It is zone data. */
  readonly zoneData?: boolean;
  /** ... in which services have a part whose keys are gone. */
  readonly held?: boolean;
  /** It is another server's, whose header had AD and Z so. */
  readonly forwarded?: { readonly authentic: boolean; readonly reserved: boolean };
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
  const { forwarded } = parts;
  bytes[Layout.FLAGS] =
    (forwarded === undefined ? 0 : FORWARDED) |
    (forwarded?.authentic === true ? AUTHENTIC : 0) |
    (forwarded?.reserved === true ? RESERVED : 0) |
    (parts.authoritative ? AUTHORITATIVE : 0) |
    (parts.truncated === true ? TRUNCATED : 0) |
    (parts.zoneData === true ? ZONE_DATA : 0) |
    (parts.held === true ? HELD : 0);
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

/** How many records an answer at `base` has, in all sections. */
export function recordCount(memory: Uint8Array, base: number): number {
  return (
    u16(memory, base + Layout.ANSWERS) +
    u16(memory, base + Layout.AUTHORITY) +
    u16(memory, base + Layout.ADDITIONAL)
  );
}

/** The same answer with TTLs that count down from the second `since`, of whatever clock. */
export function counting(compiled: Uint8Array, since: number): Uint8Array {
  const bytes = new Uint8Array(compiled.length + 4);
  bytes.set(compiled);
  bytes[Layout.FLAGS] = at(bytes, Layout.FLAGS) | COUNTING;
  putU32(bytes, compiled.length, since);
  return bytes;
}

/** Since when TTLs of an answer count down that was made by `counting`. */
export function countsSince(memory: Uint8Array, base: number): number {
  const body = base + Layout.OFFSETS + recordCount(memory, base) * 2;
  return i32(memory, body + u16(memory, base + Layout.BODY_LENGTH));
}
