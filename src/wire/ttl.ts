// TTLs of records that stand in a message already, set anew in place.
import { at, i32, putU32, u16 } from './bytes.ts';

/** Bytes from the end of an owner to the TTL, and from there to the length of the RDATA (RFC 1035 4.1.3). */
const TO_TTL = 4;
const TO_LENGTH = 4;

/** Bytes of the name at `from`, a pointer at its end included. */
export function ownerLength(memory: Uint8Array, from: number): number {
  let place = from;
  while (at(memory, place) !== 0) {
    if (at(memory, place) >= 0xc0) return place + 2 - from;
    place += at(memory, place) + 1;
  }
  return place + 1 - from;
}

/** Lowers the TTLs of the records that stand whole from `start` up to `end` to at most `most` seconds. */
export function limitTtls(message: Uint8Array, start: number, end: number, most: number): void {
  for (let place = start; place < end; ) {
    place += ownerLength(message, place) + TO_TTL;
    if (i32(message, place) >>> 0 > most) putU32(message, place, most);
    place += TO_LENGTH;
    place += 2 + u16(message, place);
  }
}

/** Takes `age` seconds off the TTLs of those records; none goes below 0. */
export function ageTtls(message: Uint8Array, start: number, end: number, age: number): void {
  for (let place = start; place < end; ) {
    place += ownerLength(message, place) + TO_TTL;
    putU32(message, place, Math.max(0, (i32(message, place) >>> 0) - age));
    place += TO_LENGTH;
    place += 2 + u16(message, place);
  }
}
