// Networks in CIDR form (RFC 4632, RFC 4291 2.3), and whether a client's address lies in one.
import { ipv4Bytes, ipv6Bytes } from './address.ts';
import { i32 } from './bytes.ts';
import type { Client } from './client.ts';

/** A network as it is written: 4 or 16 bytes of address, none set beyond the first `length` bits. */
export interface Cidr {
  readonly address: Uint8Array;
  readonly length: number;
}

/** A network as clients are compared with it: plain data, so that it can be handed to threads. */
export interface Network {
  /** As in `Client`. */
  readonly words: Int32Array;
  /** How many bits count, 0..128; an IPv4 network has 96 more than it is written with. */
  readonly bits: number;
}

/** `10.0.0.0/8`, `fd00::/8`, and a plain address, which is a network of its own; else why it is none. */
export function cidrFromText(text: string): Cidr | string {
  const slash = text.indexOf('/');
  const written = slash < 0 ? text : text.slice(0, slash);
  const address = ipv4Bytes(written) ?? ipv6Bytes(written);
  if (address === undefined) return `"${written}" is not an IP address`;
  const bits = address.length * 8;
  if (slash < 0) return { address, length: bits };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits)
    return `"/${digits}" is not a prefix length from /0 to /${bits}`;
  const length = Number(digits);
  const beyond = address.some((byte, i) => (byte & (0xff >>> clamp(length - i * 8))) !== 0);
  return beyond ? `${written} has bits set beyond /${length}` : { address, length };
}

/** Whole bits of one byte. */
function clamp(bits: number): number {
  return Math.max(0, Math.min(8, bits));
}

/** A network, or why the text is none. */
export function networkFromText(text: string): Network | string {
  const cidr = cidrFromText(text);
  if (typeof cidr === 'string') return cidr;
  const { address, length } = cidr;
  const words = new Int32Array(4);
  if (address.length === 4) {
    words[2] = 0xffff;
    words[3] = i32(address, 0);
    return { words, bits: 96 + length };
  }
  for (let i = 0; i < 4; i++) words[i] = i32(address, i * 4);
  return { words, bits: length };
}

/** Whether the client lies in the network. A network of IPv6 addresses such as `::/0` holds no IPv4 client. */
export function inNetwork({ words, bits }: Network, client: Client): boolean {
  if (bits < 96 && client.isIpv4) return false;
  const whole = bits >>> 5;
  for (let i = 0; i < whole; i++) if (words[i] !== client.words[i]) return false;
  const rest = bits & 31;
  if (rest === 0) return true;
  return ((words[whole] as number) ^ (client.words[whole] as number)) >>> (32 - rest) === 0;
}

/** Whether the client lies in one of the networks. */
export function inAnyNetwork(networks: readonly Network[], client: Client): boolean {
  for (let i = 0; i < networks.length; i++) if (inNetwork(networks[i] as Network, client)) return true;
  return false;
}
