// The key under which the answer to a question is kept: what of the question makes a difference to the answer.
import { at, lower, putU16, u16 } from '../wire/bytes.ts';
import { Class, Flag } from '../wire/codes.ts';
import { MAX_NAME, type Name } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { type Marks, UNMARKED } from './marks.ts';
import type { Question } from './question.ts';

/** Behind the name in a key: type, class, and one byte for DO and CD. */
const TAIL = 5;
const scratch = Buffer.alloc(MAX_NAME + TAIL);

/** Answers with and without DO or CD differ (RFC 4035 3.2), so they are kept apart. */
function flagsOf(dnssecOk: boolean, checkingDisabled: boolean): number {
  return (dnssecOk ? 1 : 0) | (checkingDisabled ? 2 : 0);
}

/** One character a byte. `query` is what was read from `request`. */
export function cacheKey(request: Uint8Array, query: Query): string {
  const length = query.nameLength + 2;
  for (let i = 0; i < length; i++) scratch[i] = at(query.key, i);
  putU16(scratch, length, query.class);
  scratch[length + 2] = flagsOf(query.dnssecOk, (at(request, 3) & Flag.CD) !== 0);
  return scratch.toString('latin1', 0, length + 3);
}

/** The same key, of a question that was read already. */
export function cacheKeyOf(question: Question): string {
  const { bytes } = question;
  const name = bytes.length - 4;
  for (let i = 0; i < name; i++) scratch[i] = lower(at(bytes, i));
  for (let i = name; i < bytes.length; i++) scratch[i] = at(bytes, i);
  scratch[bytes.length] = flagsOf(question.dnssecOk, question.checkingDisabled);
  return scratch.toString('latin1', 0, bytes.length + 1);
}

/** What this server asks for itself, of class IN; `marks` are those of the query for whose sake it asks. */
export function questionFor(name: Name, type: number, marks: Marks = UNMARKED): Question {
  const bytes = new Uint8Array(name.length + 4);
  bytes.set(name);
  putU16(bytes, name.length, type);
  putU16(bytes, name.length + 2, Class.IN);
  return { bytes, dnssecOk: false, checkingDisabled: false, marks };
}

/** The type that a question asks for. */
export function typeOfQuestion(bytes: Uint8Array): number {
  return u16(bytes, bytes.length - 4);
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
