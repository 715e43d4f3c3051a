// Raw indexing, in one place: typed arrays give `number | undefined` under the strict compiler, and here the bound is known.

/** The byte at `i`, which the caller knows to lie inside. */
export function at(bytes: Uint8Array, i: number): number {
  return bytes[i] as number;
}

/** The big-endian 16-bit number at `i`. */
export function u16(bytes: Uint8Array, i: number): number {
  return ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
}

/** The big-endian 32-bit number at `i`, signed. */
export function i32(bytes: Uint8Array, i: number): number {
  return (u16(bytes, i) << 16) | u16(bytes, i + 2);
}

/** Writes a big-endian 16-bit number at `i`. */
export function putU16(bytes: Uint8Array, i: number, value: number): void {
  bytes[i] = value >>> 8;
  bytes[i + 1] = value;
}

/** Writes a big-endian 32-bit number at `i`. */
export function putU32(bytes: Uint8Array, i: number, value: number): void {
  putU16(bytes, i, value >>> 16);
  putU16(bytes, i + 2, value);
}

const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** ASCII A-Z to a-z, every other byte as it is (RFC 4343: only ASCII letters fold). */
export function lower(byte: number): number {
  return LOWER[byte] as number;
}

/** Room for the longest name. */
const scratch = Buffer.alloc(256);

/** Bytes as a string of one character a byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > scratch.length)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);
  // A small array lives in JavaScript's heap: to make a Buffer of it would move it out of there first.
  for (let i = 0; i < length; i++) scratch[i] = at(bytes, start + i);
  return scratch.toString('latin1', 0, length);
}

/** A copy of some of them, in an array of their own. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  for (let i = start; i < end; i++) copy[i - start] = at(bytes, i);
  return copy;
}

/** Whether two runs of bytes are equal. For short ones: a call into the platform takes longer than a few steps here. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (at(a, i) !== at(b, i)) return false;
  return true;
}
