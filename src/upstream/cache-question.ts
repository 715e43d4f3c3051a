// A question as other servers are asked it, and the key under which their answer is kept.
import { at, putU16 } from '../wire/bytes.ts';
import { Class, Flag, HEADER_LENGTH, MAX_UDP_SIZE, Type } from '../wire/codes.ts';
import { OPT_LENGTH } from '../wire/frame.ts';
import { MAX_NAME, type Name } from '../wire/name.ts';

/** What is asked; a wire `Query` is one. Looked at while a call lasts, never kept. */
export interface Asked {
  /** Lower-case name in wire form, then the type. */
  readonly key: Uint8Array;
  /** Bytes of the name in `key`. */
  readonly nameLength: number;
  readonly class: number;
  /** The DO bit (RFC 3225). */
  readonly dnssecOk: boolean;
}

/** A question of this server's own, of class IN and without DO. */
export function asking(name: Name, type: number): Asked {
  const key = new Uint8Array(name.length + 2);
  key.set(name);
  putU16(key, name.length, type);
  return { key, nameLength: name.length, class: Class.IN, dnssecOk: false };
}

/** Behind the name in a key: type, class, and one byte for DO and CD. */
const TAIL = 5;
const scratch = Buffer.alloc(MAX_NAME + TAIL);

/** One character a byte. Answers with and without DO or CD differ (RFC 4035 3.2), so they are kept apart. */
export function keyOf(asked: Asked, checkingDisabled: boolean): string {
  const length = asked.nameLength + 2;
  for (let i = 0; i < length; i++) scratch[i] = at(asked.key, i);
  putU16(scratch, length, asked.class);
  scratch[length + 2] = (asked.dnssecOk ? 1 : 0) | (checkingDisabled ? 2 : 0);
  return scratch.toString('latin1', 0, length + 3);
}

/** Whether the name in a key is `zone` or lies below it. */
export function isKeyBelow(key: string, zone: Name): boolean {
  const from = key.length - TAIL - zone.length;
  let place = 0;
  while (place < from) place += key.charCodeAt(place) + 1;
  if (place !== from) return false;
  for (let i = 0; i < zone.length; i++) if (key.charCodeAt(from + i) !== zone[i]) return false;
  return true;
}

/**
 * The query that other servers get: recursion desired, EDNS with a size that needs no fragments, id 0 for whoever sends
 * it to replace. `options` are EDNS options in wire form.
 */
export function upstreamQuery(asked: Asked, checkingDisabled: boolean, options?: Uint8Array): Uint8Array {
  const questionEnd = HEADER_LENGTH + asked.nameLength + 4;
  const query = new Uint8Array(questionEnd + OPT_LENGTH + (options?.length ?? 0));
  query[2] = Flag.RD;
  query[3] = checkingDisabled ? Flag.CD : 0;
  query[5] = 1;
  query[11] = 1;
  query.set(asked.key.subarray(0, asked.nameLength + 2), HEADER_LENGTH);
  putU16(query, questionEnd - 2, asked.class);
  putU16(query, questionEnd + 1, Type.OPT);
  putU16(query, questionEnd + 3, MAX_UDP_SIZE);
  query[questionEnd + 7] = asked.dnssecOk ? 0x80 : 0;
  putU16(query, questionEnd + 9, options?.length ?? 0);
  if (options !== undefined) query.set(options, questionEnd + OPT_LENGTH);
  return query;
}
