// Where to listen, as people write it: `127.0.0.1:5300`, `[::1]:5300`, and for DNS a bare address.
import { isIP } from 'node:net';
import type { Problem } from '../../service/problem.ts';

export interface ListenAddress {
  /** An IPv4 or IPv6 address, never a name. */
  readonly host: string;
  /** 0..65535; 0 lets the system pick a free one. */
  readonly port: number;
}

export { addressText } from '../../wire/address.ts';

/** `[v6]:port`, `[v6]`, `v4:port`, `v4`, or a bare v6 (which has more than one colon). */
function split(text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] };
  const colon = text.indexOf(':');
  if (colon < 0 || colon !== text.lastIndexOf(':')) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** Reads an address; `barePort` is the port of an address that names none, undefined where it must name one. */
export function parseAddress(text: string, barePort: number | undefined): ListenAddress | Problem {
  const { host, port } = split(text.trim());
  if (isIP(host) === 0) return { problem: `"${host}" is not an IP address` };
  if (port === undefined) {
    return barePort === undefined ? { problem: 'the port is missing' } : { host, port: barePort };
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    return { problem: `"${port}" is not a port from 0 to 65535` };
  return { host, port: Number(port) };
}
