// The services that are measured with: two for each service name, as etcd keys, as a DNS zone and as questions.
import { writeFileSync } from 'node:fs';
import { random, shuffle } from './harness/stats.ts';

export const ZONE = 'skydns.local';
const TTL = 60;

export interface BenchService {
  /** `x1.svc77.production.skydns.local` */
  readonly name: string;
  /** `svc77.production.skydns.local` */
  readonly parent: string;
  readonly address: string;
  readonly key: string;
  readonly value: string;
}

/** Service number `i`: services 2n and 2n+1 share a service name. */
export function serviceAt(i: number): BenchService {
  const group = `svc${Math.floor(i / 2)}`;
  const own = `x${i % 2}`;
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return {
    name: `${own}.${group}.production.${ZONE}`,
    parent: `${group}.production.${ZONE}`,
    address,
    key: `/skydns/local/skydns/production/${group}/${own}`,
    value: JSON.stringify({ host: address, port: 8080, ttl: TTL }),
  };
}

export function services(count: number): BenchService[] {
  return Array.from({ length: count }, (_, i) => serviceAt(i));
}

/** A file of questions for dnsperf: the address of every service, in random order. */
export function writeQuestions(path: string, all: readonly BenchService[]): void {
  const names = shuffle(
    all.map(({ name }) => name),
    random(1),
  );
  writeFileSync(path, names.map((name) => `${name} A\n`).join(''));
}

/** The same data as a master file (RFC 1035 section 5), service names with both their addresses included. */
export function writeZone(path: string, all: readonly BenchService[]): void {
  const head = [
    `$ORIGIN ${ZONE}.`,
    `@ 3600 IN SOA ns.dns hostmaster 1 3600 600 86400 10`,
    `@ 3600 IN NS ns.dns`,
    `ns.dns 3600 IN A 127.0.0.1`,
  ];
  const records = all.flatMap(({ name, parent, address }) => [
    `${name}. ${TTL} IN A ${address}`,
    `${parent}. ${TTL} IN A ${address}`,
  ]);
  writeFileSync(path, `${[...head, ...records].join('\n')}\n`);
}

/** The same data as a hosts file. */
export function writeHosts(path: string, all: readonly BenchService[]): void {
  writeFileSync(path, all.map(({ name, parent, address }) => `${address} ${name} ${parent}\n`).join(''));
}
