// Services that change while they are asked for: each change writes an address and a port that tell its version.
import { writeFileSync } from 'node:fs';
import type { CourseData } from './course.ts';
import { random, shuffle } from './harness/stats.ts';
import { missingName } from './missing-names.ts';
import { type BenchService, ZONE } from './services.ts';
import { writeSrvZone } from './srv-services.ts';

/** Services of one service name. */
export const MEMBERS = 2;
const TTL = 60;
const FIRST_PORT = 8080;
/** An IPv4 address tells 64 versions of a service; none is changed more often. */
export const MOST_VERSIONS = 64;

/** Every fifth service name has IPv6 addresses, the first and the last not. */
export function isIpv6(service: number): boolean {
  return Math.floor(service / MEMBERS) % 5 === 1;
}

/** One version in sixteen of each service is that it is gone; the next is there again. */
export function isGone(service: number, version: number): boolean {
  return version > 0 && (service * 7 + version) % 16 === 15;
}

/** In the form of RFC 5952: the version is the first byte of an IPv4 address, the sixth group of an IPv6 address. */
export function addressOf(service: number, version: number): string {
  const [high, low] = [service >> 16, service & 0xffff];
  if (!isIpv6(service)) return `${128 + version}.${high}.${low >> 8}.${low & 255}`;
  return `fd00::a:${(version + 1).toString(16)}:${(high + 1).toString(16)}:${low.toString(16)}`;
}

/** The version that an address tells, if it is one of ours. */
export function versionOf(address: string): number {
  if (!address.includes(':')) return Number.parseInt(address, 10) - 128;
  return Number.parseInt(address.split(':')[3] ?? '', 16) - 1;
}

export function parentOf(service: number): string {
  return `svc${Math.floor(service / MEMBERS)}.production.${ZONE}`;
}

export function nameOf(service: number): string {
  return `x${service % MEMBERS}.${parentOf(service)}`;
}

export function portOf(version: number): number {
  return FIRST_PORT + version;
}

export function keyOf(service: number): string {
  return `/skydns/local/skydns/production/svc${Math.floor(service / MEMBERS)}/x${service % MEMBERS}`;
}

export function recordOf(service: number, version: number): string {
  return JSON.stringify({ host: addressOf(service, version), port: portOf(version), ttl: TTL });
}

function serviceAt(service: number): BenchService {
  return {
    name: nameOf(service),
    parent: parentOf(service),
    address: addressOf(service, 0),
    key: keyOf(service),
    value: recordOf(service, 0),
  };
}

/** 70 % addresses, of services and of service names, 20 % SRV, 10 % names that do not exist. */
export function mixData(count: number): CourseData {
  const all = Array.from({ length: count }, (_, i) => serviceAt(i));
  const address = (service: number): string => (isIpv6(service) ? 'AAAA' : 'A');
  const everything = all.flatMap(({ name, parent }, i) => [
    `${name} ${address(i)}\n`,
    ...(i % MEMBERS === 0 ? [`${parent} ${address(i)}\n`, `${parent} SRV\n`] : []),
  ]);
  return {
    all,
    edns: true,
    codes: { NOERROR: 0.9, NXDOMAIN: 0.1 },
    zone: (path) => writeSrvZone(path, all, MEMBERS),
    questions: (path) => writeFileSync(path, shuffle(everything, random(1)).join('')),
    draw: (next) => {
      const service = Math.floor(next() * count);
      const share = next();
      if (share < 0.35) return `${nameOf(service)} ${address(service)}`;
      if (share < 0.7) return `${parentOf(service)} ${address(service)}`;
      return share < 0.9 ? `${parentOf(service)} SRV` : `${missingName(next, count / MEMBERS)} A`;
    },
  };
}
