// A question and the key under which its answer is kept: what of the question makes a difference to the answer.
import { at, putU16 } from '../wire/bytes.ts';
import { Class, Flag } from '../wire/codes.ts';
import { MAX_NAME, type Name } from '../wire/name.ts';
import { Query } from '../wire/query.ts';
import { type Marks, marksToSend, UNMARKED } from './marks.ts';
import { packetOf } from './question.ts';

/** Behind the name in a key: type, class, and one byte for DO and CD. */
const TAIL = 5;
const scratch = Buffer.alloc(MAX_NAME + TAIL);

/**
 * One character a byte; `query` is what was read from `request`. Answers with and without DO or CD differ (RFC 4035 3.2), so
 * they are kept apart.
 */
export function cacheKey(request: Uint8Array, query: Query): string {
  const length = query.nameLength + 2;
  for (let i = 0; i < length; i++) scratch[i] = at(query.key, i);
  putU16(scratch, length, query.class);
  scratch[length + 2] = (query.dnssecOk ? 1 : 0) | (at(request, 3) & Flag.CD);
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
 * What this server asks for itself, of class IN, as if a client had asked it; `marks` are those of the query for whose sake
 * it asks, so that circles through both come to their end.
 */
export function ownQuestion(
  name: Name,
  type: number,
  marks: Marks = UNMARKED,
): { request: Uint8Array; query: Query } {
  const bytes = new Uint8Array(name.length + 4);
  bytes.set(name);
  putU16(bytes, name.length, type);
  putU16(bytes, name.length + 2, Class.IN);
  const options = marksToSend(marks, new Uint8Array(0), false);
  const request = packetOf({ bytes, dnssecOk: false, checkingDisabled: false, marks }, options);
  const query = new Query();
  query.read(request, request.length);
  return { request, query };
}
