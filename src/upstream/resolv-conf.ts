// resolv.conf: the servers that a system asks, less ourselves (resolv.conf(5)).
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ipv6Bytes, ipv6Text } from '../wire/address.ts';
import type { ServerAddress } from './deps.ts';

const DNS_PORT = 53;

export interface ResolvConf {
  readonly servers: readonly ServerAddress[];
  /** What stands behind `nameserver` and is no address. */
  readonly unusable: readonly string[];
}

/** All its servers, in order; glibc would ask the first three. Options and search lists are for clients, not for us. */
export function parseResolvConf(text: string): ResolvConf {
  const hosts = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/, 2))
    .filter(([keyword, host]) => keyword === 'nameserver' && host !== undefined)
    .map(([, host = '']) => host);
  const servers = hosts.filter((host) => isIP(host) !== 0).map(serverAt);
  return { servers, unusable: hosts.filter((host) => isIP(host) === 0) };
}

/** The address that stands for any means this machine, as it does for glibc. */
function serverAt(host: string): ServerAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port: DNS_PORT };
  return { host: host === '::' ? '::1' : host, port: DNS_PORT };
}

/** One spelling for each address, without its zone. */
function plain(host: string): string {
  const bytes = ipv6Bytes(host.split('%', 1)[0] ?? '');
  return bytes === undefined ? host : ipv6Text(bytes);
}

/** Whether an address is one of this machine's. */
function isLocal(host: string): boolean {
  if (host.startsWith('127.') || host === '::1') return true;
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.some(({ address }) => plain(address) === host);
}

/** Whether a server is one of our own listeners: asking it would be asking ourselves. */
export function isOwnListener(server: ServerAddress, listeners: readonly ServerAddress[]): boolean {
  const host = plain(server.host);
  return listeners.some((listener) => {
    if (listener.port !== server.port || isIPv6(listener.host) !== isIPv6(host)) return false;
    const own = plain(listener.host);
    return own === host || ((own === '0.0.0.0' || own === '::') && isLocal(host));
  });
}
