// An address as people write it, as the system takes it.
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ipv4Bytes, ipv6Bytes } from '../../wire/address.ts';
import { AF_INET, AF_INET6, type SocketName } from './syscalls.ts';

/** `0.0.0.0` or `::`, however it is written. */
export function isWildcard(host: string): boolean {
  const bytes = isIPv6(host) ? ipv6Bytes(host) : ipv4Bytes(host);
  return bytes?.every((byte) => byte === 0) ?? false;
}

/** An address as the system takes it; `fe80::1%eth0` names its interface. Throws where it is none. */
export function socketName(host: string): Omit<SocketName, 'port'> {
  const [plain = '', link] = host.split('%');
  const family = isIPv6(plain) ? AF_INET6 : AF_INET;
  const address = family === AF_INET6 ? ipv6Bytes(plain) : ipv4Bytes(host);
  const scope = link === undefined ? 0 : scopeOf(link);
  if (address !== undefined && scope !== undefined) return { family, address, scope };
  throw Object.assign(new Error('not an address'), { code: 'EINVAL' });
}

/** The number of an interface, given as its name or as that number. */
function scopeOf(link: string): number | undefined {
  if (/^\d+$/.test(link)) return Number(link);
  const addresses = networkInterfaces()[link] ?? [];
  return addresses.flatMap((one) => (one.family === 'IPv6' && one.scopeid > 0 ? [one.scopeid] : []))[0];
}
