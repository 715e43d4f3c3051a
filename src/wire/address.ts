// Addresses with and without a port as text, and the bytes of A and AAAA records (RFC 1035 3.4.1, RFC 3596 2.2, RFC 5952).
import { at, u16 } from './bytes.ts';

const DOT = 0x2e;
const COLON = 0x3a;

/** Four bytes; undefined for anything but four decimal numbers without leading zeros. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readIpv4(text, 0, bytes, 0) ? bytes : undefined;
}

/** Reads the rest of `text` into four bytes at `to`; false where it is no IPv4 address. */
function readIpv4(text: string, from: number, bytes: Uint8Array, to: number): boolean {
  let place = to;
  let number = -1;
  for (let i = from; i <= text.length; i++) {
    // The end closes the last number as a dot closes the others.
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (number < 0 || place === to + 4) return false;
      bytes[place++] = number;
      number = -1;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9 || number === 0) return false;
    number = Math.max(number, 0) * 10 + digit;
    if (number > 255) return false;
  }
  return place === to + 4;
}

/** The value of a hexadecimal digit; -1 for any other character. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Sixteen bytes; undefined for anything else, a scoped address (`fe80::1%eth0`) included. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let place = 0;
  /** Where `::` stands. */
  let gap = text.startsWith('::') ? 0 : -1;
  for (let i = gap < 0 ? 0 : 2; i < text.length; ) {
    const start = i;
    let group = 0;
    for (let digit = 0; i < text.length; i++) {
      digit = hexDigit(text.charCodeAt(i));
      if (digit < 0) break;
      group = group * 16 + digit;
    }
    if (text.charCodeAt(i) === DOT) {
      // A dotted tail counts as two groups.
      if (place > 12 || !readIpv4(text, start, bytes, place)) return undefined;
      place += 4;
      break;
    }
    if (i === start || i > start + 4 || place > 14) return undefined;
    bytes[place++] = group >>> 8;
    bytes[place++] = group;
    if (i === text.length) break;
    if (text.charCodeAt(i) !== COLON || i + 1 === text.length) return undefined;
    i++;
    if (text.charCodeAt(i) !== COLON) continue;
    if (gap >= 0) return undefined;
    gap = place;
    i++;
  }
  if (gap < 0) return place === 16 ? bytes : undefined;
  if (place === 16) return undefined;
  const tail = 16 - (place - gap);
  bytes.copyWithin(tail, gap, place);
  return bytes.fill(0, gap, tail);
}

export function ipv4Text(bytes: Uint8Array | readonly number[]): string {
  return bytes.join('.');
}

/** The canonical text of RFC 5952: lower-case, the longest run of two or more zero groups shortened. */
export function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => u16(bytes, i * 2).toString(16));
  const run = longestZeroRun(words);
  if (run.length < 2) return words.join(':');
  return `${words.slice(0, run.start).join(':')}::${words.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(words: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let length = 0;
    while (words[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** The IPv4 address inside `::ffff:a.b.c.d` (RFC 4291 2.5.5.2), as text; undefined for any other address. */
export function mappedIpv4(bytes: Uint8Array): string | undefined {
  if (at(bytes, 10) !== 0xff || at(bytes, 11) !== 0xff) return undefined;
  for (let i = 0; i < 10; i++) if (at(bytes, i) !== 0) return undefined;
  return ipv4Text(bytes.subarray(12));
}

/** `127.0.0.1:53` or `[::1]:53`. */
export function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
