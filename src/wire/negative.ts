// Negative replies, rendered from a handful of numbers: NXDOMAIN and NODATA with the zone's SOA (RFC 2308).
import { putU16, putU32 } from './bytes.ts';
import { Class, Flag, HEADER_LENGTH, Rcode, Type } from './codes.ts';
import { ExtendedErrorCode } from './extended-error.ts';
import { beginReply, finishReply } from './frame.ts';
import type { Query } from './query.ts';

/** Seconds; the SOA's timers are for secondaries, of which there are none. */
export const SOA_REFRESH = 7200;
export const SOA_RETRY = 1800;
export const SOA_EXPIRE = 86_400;

/**
 * The numbers of the zones, in memory that threads may share: the negative TTL in seconds; the most that a TTL may be,
 * since what is known is stale, or 0 where it is not; then for each zone its serial and the length of its name in wire form.
 */
export const ZoneWords = {
  NEGATIVE_TTL: 0,
  STALE_TTL: 1,
  FIRST: 2,
  SERIAL: 0,
  NAME_LENGTH: 1,
  STRIDE: 2,
} as const;

/** In the place of the stale TTL: what is known is too old to be told at all. */
export const EXPIRED = 2 ** 32 - 1;

function wordOf(words: Uint32Array, zone: number, field: number): number {
  return words[ZoneWords.FIRST + zone * ZoneWords.STRIDE + field] as number;
}

/** A zone's serial as it is now. */
export function zoneSerial(words: Uint32Array, zone: number): number {
  return wordOf(words, zone, ZoneWords.SERIAL);
}

/**
 * The most that a TTL of zone data may be now; 0 for no such limit, EXPIRED where no answer is due (see renderExpired).
 * Where it is not 0, the reply says why (RFC 8914 4.4, 4.25). To be called before the room for records is reckoned.
 */
export function staleTtl(query: Query, words: Uint32Array): number {
  const ttl = words[ZoneWords.STALE_TTL] as number;
  if (ttl !== 0 && query.ede < 0) {
    query.ede = ttl === EXPIRED ? ExtendedErrorCode.INVALID_DATA : ExtendedErrorCode.STALE_ANSWER;
  }
  return ttl;
}

/** Says of a reply that services have a part in it whose keys are gone. To be called where `staleTtl` is. */
export function noteHeld(query: Query): void {
  if (query.ede < 0) query.ede = ExtendedErrorCode.STALE_ANSWER;
}

/** The reply in the place of zone data that is too old to be told. Returns its length. */
export function renderExpired(request: Uint8Array, query: Query, reply: Uint8Array): number {
  return finishReply(query, Rcode.SERVFAIL, reply, beginReply(request, query, Rcode.SERVFAIL, 0, reply));
}

/** `ns.dns` and `hostmaster`, the labels before the zone's name in SOA mname and rname. */
const MNAME = Uint8Array.from([2, ...Buffer.from('ns'), 3, ...Buffer.from('dns')]);
const RNAME = Uint8Array.from([10, ...Buffer.from('hostmaster')]);
const SOA_LENGTH = MNAME.length + 2 + RNAME.length + 2 + 20;

/** Labels of its own, then a pointer to the zone's name within the question. */
function nameInZone(labels: Uint8Array, pointer: number, reply: Uint8Array, place: number): number {
  for (let i = 0; i < labels.length; i++) reply[place + i] = labels[i] as number;
  putU16(reply, place + labels.length, pointer);
  return place + labels.length + 2;
}

/**
 * Renders a reply without an answer: `rcode`, and the SOA of the zone, in which the question's name lies, in the
 * authority section. It always fits 512 bytes. Returns its length.
 */
export function renderNegative(
  request: Uint8Array,
  query: Query,
  rcode: number,
  zone: number,
  words: Uint32Array,
  reply: Uint8Array,
): number {
  const ttl = words[ZoneWords.NEGATIVE_TTL] as number;
  const pointer = 0xc000 | (HEADER_LENGTH + query.nameLength - wordOf(words, zone, ZoneWords.NAME_LENGTH));
  const stale = staleTtl(query, words);
  if (stale === EXPIRED) return renderExpired(request, query, reply);
  let place = beginReply(request, query, rcode, Flag.AA, reply);
  putU16(reply, 8, 1);
  putU16(reply, place, pointer);
  putU16(reply, place + 2, Type.SOA);
  putU16(reply, place + 4, Class.IN);
  putU32(reply, place + 6, stale !== 0 && stale < ttl ? stale : ttl);
  putU16(reply, place + 10, SOA_LENGTH);
  place = nameInZone(MNAME, pointer, reply, place + 12);
  place = nameInZone(RNAME, pointer, reply, place);
  putU32(reply, place, zoneSerial(words, zone));
  putU32(reply, place + 4, SOA_REFRESH);
  putU32(reply, place + 8, SOA_RETRY);
  putU32(reply, place + 12, SOA_EXPIRE);
  putU32(reply, place + 16, ttl);
  return finishReply(query, rcode, reply, place + 20);
}
