// Addresses with and without a port as text, and the bytes of A and AAAA records (RFC 1035 3.4.1, RFC 3596 2.2, RFC 5952).
import { isIPv4, isIPv6 } from 'node:net';
import { at, u16 } from './bytes.ts';

/** Four bytes; undefined for anything but four decimal numbers without leading zeros. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  if (!isIPv4(text)) return undefined;
  const bytes = new Uint8Array(4);
  let place = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0) place++;
    else bytes[place] = at(bytes, place) * 10 + digit;
  }
  return bytes;
}

/** The 16-bit groups of one side of `::`, a dotted tail counting as two. */
function groups(side: string): number[] {
  if (side === '') return [];
  return side.split(':').flatMap((group) => {
    const v4 = ipv4Bytes(group);
    return v4 === undefined ? [Number.parseInt(group, 16)] : [u16(v4, 0), u16(v4, 2)];
  });
}

/** Sixteen bytes; undefined for anything else, a scoped address (`fe80::1%eth0`) included. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [left = '', right] = text.split('::');
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const middle = new Array<number>(8 - head.length - tail.length).fill(0);
  return Uint8Array.from([...head, ...middle, ...tail].flatMap((group) => [group >>> 8, group & 0xff]));
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
  const prefixed =
    at(bytes, 10) === 0xff && at(bytes, 11) === 0xff && bytes.subarray(0, 10).every((b) => b === 0);
  return prefixed ? ipv4Text(bytes.subarray(12)) : undefined;
}

/** `127.0.0.1:53` or `[::1]:53`. */
export function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
