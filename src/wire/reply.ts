// The one renderer: a compiled answer and a query become the bytes of a reply, without allocating.
import { at, putU16, putU32, u16 } from './bytes.ts';
import { Flag, type Rcode } from './codes.ts';
import {
  AUTHENTIC,
  AUTHORITATIVE,
  FORWARDED,
  HELD,
  Layout,
  NEGATIVE,
  RESERVED,
  recordCount,
  TRUNCATED,
  ZONE_DATA,
} from './compiled.ts';
import { beginReply, copy, finishReply } from './frame.ts';
import { EXPIRED, noteHeld, renderExpired, renderNegative, staleTtl, zoneSerial } from './negative.ts';
import type { Query } from './query.ts';
import { limitTtls, ownerLength } from './ttl.ts';

const HELD_DATA = ZONE_DATA | HELD;

/** A reply without records. Returns its length. */
export function renderEmpty(request: Uint8Array, query: Query, rcode: Rcode, reply: Uint8Array): number {
  return finishReply(query, rcode, reply, beginReply(request, query, rcode, 0, reply));
}

/**
 * Renders the compiled answer that stands at `base` of `memory` into `reply`, in at most `limit` bytes, and returns the
 * length. `turn` picks the rotation and the alternative: any whole number from 0. `zoneWords` holds the
 * numbers of the zones as they are now (wire/negative.ts).
 */
export function renderCompiled(
  request: Uint8Array,
  query: Query,
  memory: Uint8Array,
  base: number,
  turn: number,
  zoneWords: Uint32Array,
  limit: number,
  reply: Uint8Array,
): number {
  const kind = at(memory, base + Layout.FLAGS);
  const rcode = at(memory, base + Layout.RCODE);
  if ((kind & NEGATIVE) !== 0) {
    return renderNegative(request, query, rcode, u16(memory, base + Layout.ZONE), zoneWords, reply);
  }
  const flags = ((kind & AUTHORITATIVE) !== 0 ? Flag.AA : 0) | ((kind & TRUNCATED) !== 0 ? Flag.TC : 0);
  const stale = (kind & ZONE_DATA) !== 0 ? staleTtl(query, zoneWords) : 0;
  if (stale === EXPIRED) return renderExpired(request, query, reply);
  if ((kind & HELD_DATA) === HELD_DATA) noteHeld(query);
  const start = beginReply(request, query, rcode, flags, reply);
  if ((kind & FORWARDED) !== 0) addForwarded(request, query, kind, reply);
  const room = limit - query.optLength;
  const whole = start + u16(memory, base + Layout.BODY_LENGTH) <= room;
  const end =
    whole && u16(memory, base + Layout.ALTERNATIVES) <= 1
      ? renderWhole(memory, base, turn, zoneWords, reply, start)
      : renderPicked(memory, base, turn, room, reply, start);
  if (stale !== 0) limitTtls(reply, start, end, stale);
  return finishReply(query, rcode, reply, end);
}

/** What the header of another server's answer says beside; AD is for those who show that they know it (RFC 6840 5.8). */
function addForwarded(request: Uint8Array, query: Query, kind: number, reply: Uint8Array): void {
  const knows = query.dnssecOk || (at(request, 3) & Flag.AD) !== 0;
  const authentic = (kind & AUTHENTIC) !== 0 && knows ? Flag.AD : 0;
  reply[3] = at(reply, 3) | Flag.RA | authentic | ((kind & RESERVED) !== 0 ? Flag.Z : 0);
}

/** All records, those that rotate begun elsewhere each turn. Returns where the reply goes on. */
function renderWhole(
  memory: Uint8Array,
  base: number,
  turn: number,
  zoneWords: Uint32Array,
  reply: Uint8Array,
  start: number,
): number {
  const answers = u16(memory, base + Layout.ANSWERS);
  const authority = u16(memory, base + Layout.AUTHORITY);
  const additional = u16(memory, base + Layout.ADDITIONAL);
  const body = base + Layout.OFFSETS + (answers + authority + additional) * 2;
  const bodyLength = u16(memory, base + Layout.BODY_LENGTH);
  const rotating = u16(memory, base + Layout.ROTATE_COUNT);
  putU16(reply, 6, answers);
  putU16(reply, 8, authority);
  putU16(reply, 10, additional);
  const end =
    rotating > 1
      ? copyRotated(memory, base, body, bodyLength, turn % rotating, reply, start)
      : copy(memory, body, bodyLength, reply, start);
  const serialAt = u16(memory, base + Layout.SERIAL_AT);
  if (serialAt > 0)
    putU32(reply, start + serialAt - 1, zoneSerial(zoneWords, u16(memory, base + Layout.ZONE)));
  return end;
}

/** The body with its rotating records begun at the `shift`-th: two runs change places, the rest stays. */
function copyRotated(
  memory: Uint8Array,
  base: number,
  body: number,
  bodyLength: number,
  shift: number,
  reply: Uint8Array,
  start: number,
): number {
  const first = u16(memory, base + Layout.ROTATE_FROM);
  const from = recordStart(memory, base, first);
  const middle = recordStart(memory, base, first + shift);
  const end = recordEnd(memory, base, first + u16(memory, base + Layout.ROTATE_COUNT) - 1);
  let place = copy(memory, body, from, reply, start);
  place = copy(memory, body + middle, end - middle, reply, place);
  place = copy(memory, body + from, middle - from, reply, place);
  return copy(memory, body + end, bodyLength - end, reply, place);
}

function recordStart(memory: Uint8Array, base: number, record: number): number {
  return u16(memory, base + Layout.OFFSETS + record * 2);
}

function recordEnd(memory: Uint8Array, base: number, record: number): number {
  return record + 1 < recordCount(memory, base)
    ? recordStart(memory, base, record + 1)
    : u16(memory, base + Layout.BODY_LENGTH);
}

/**
 * Record by record: one of the alternatives, and what fits. Additional records are left out first, whole RRsets at a
 * time (RFC 2181 9); answer and authority records that do not fit set TC. Returns where the reply goes on.
 */
function renderPicked(
  memory: Uint8Array,
  base: number,
  turn: number,
  room: number,
  reply: Uint8Array,
  start: number,
): number {
  const answers = u16(memory, base + Layout.ANSWERS);
  const alternatives = u16(memory, base + Layout.ALTERNATIVES);
  const rotateFrom = u16(memory, base + Layout.ROTATE_FROM);
  const rotateCount = u16(memory, base + Layout.ROTATE_COUNT);
  const chosen = alternatives > 1 ? turn % alternatives : 0;
  let place = start;
  let sent = 0;
  for (let i = alternatives > 1 ? alternatives - 1 : 0; i < answers; i++) {
    let record = i;
    if (alternatives > 1 && i === alternatives - 1) record = chosen;
    else if (rotateCount > 1 && i >= rotateFrom && i < rotateFrom + rotateCount) {
      record = rotateFrom + ((i - rotateFrom + turn) % rotateCount);
    }
    const next = copyRecord(memory, base, record, room, reply, place);
    if (next < 0) {
      reply[2] = at(reply, 2) | Flag.TC;
      break;
    }
    place = next;
    sent++;
  }
  putU16(reply, 6, sent);
  return (at(reply, 2) & Flag.TC) === 0 ? addAuthority(memory, base, room, reply, place) : place;
}

/** One record, or -1 where it does not fit. */
function copyRecord(
  memory: Uint8Array,
  base: number,
  record: number,
  room: number,
  reply: Uint8Array,
  place: number,
): number {
  const from = recordStart(memory, base, record);
  const length = recordEnd(memory, base, record) - from;
  return place + length > room ? -1 : copy(memory, bodyOf(memory, base) + from, length, reply, place);
}

function bodyOf(memory: Uint8Array, base: number): number {
  return base + Layout.OFFSETS + recordCount(memory, base) * 2;
}

/** The authority section, which forwarded answers may have, and what fits of the additional one. */
function addAuthority(
  memory: Uint8Array,
  base: number,
  room: number,
  reply: Uint8Array,
  start: number,
): number {
  const first = u16(memory, base + Layout.ANSWERS);
  const authority = u16(memory, base + Layout.AUTHORITY);
  let place = start;
  for (let sent = 0; sent < authority; sent++) {
    const next = copyRecord(memory, base, first + sent, room, reply, place);
    if (next < 0) {
      reply[2] = at(reply, 2) | Flag.TC;
      return place;
    }
    place = next;
    putU16(reply, 8, sent + 1);
  }
  return addRest(memory, base, room, reply, place);
}

/** The additional RRsets that fit whole, in order. */
function addRest(memory: Uint8Array, base: number, room: number, reply: Uint8Array, start: number): number {
  const first = u16(memory, base + Layout.ANSWERS) + u16(memory, base + Layout.AUTHORITY);
  const total = first + u16(memory, base + Layout.ADDITIONAL);
  let place = start;
  let sent = 0;
  for (let i = first; i < total; ) {
    const next = rrsetEnd(memory, base, i, total);
    const from = recordStart(memory, base, i);
    const length = recordEnd(memory, base, next - 1) - from;
    if (place + length > room) break;
    place = copy(memory, bodyOf(memory, base) + from, length, reply, place);
    sent += next - i;
    i = next;
  }
  putU16(reply, 10, sent);
  return place;
}

/** The record after the last one with the owner and type of `record`: one RRset stands together, its owner written alike. */
function rrsetEnd(memory: Uint8Array, base: number, record: number, total: number): number {
  const body = bodyOf(memory, base);
  const from = body + recordStart(memory, base, record);
  const head = ownerLength(memory, from) + 2;
  let next = record + 1;
  for (; next < total; next++) {
    const other = body + recordStart(memory, base, next);
    for (let i = 0; i < head; i++) if (at(memory, from + i) !== at(memory, other + i)) return next;
  }
  return next;
}
