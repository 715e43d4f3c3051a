// Service names with several members each: asked for SRV, the members' addresses come along.
import { writeFileSync } from 'node:fs';
import type { CourseData } from './course.ts';
import { random, shuffle } from './harness/stats.ts';
import { type BenchService, ZONE } from './services.ts';

const TTL = 60;
const PORT = 8080;

/** `names` service names of `members` services each. */
export function srvData(names: number, members: number): CourseData {
  const all = Array.from({ length: names * members }, (_, i) => memberAt(i, members));
  const parents = Array.from({ length: names }, (_, n) => parentOf(n));
  return {
    all,
    edns: true,
    zone: (path) => writeSrvZone(path, all, members),
    questions: (path) =>
      writeFileSync(
        path,
        shuffle([...parents], random(1))
          .map((name) => `${name} SRV\n`)
          .join(''),
      ),
    draw: (next) => `${parents[Math.floor(next() * names)]} SRV`,
  };
}

function parentOf(n: number): string {
  return `svc${n}.production.${ZONE}`;
}

function memberAt(i: number, members: number): BenchService {
  const n = Math.floor(i / members);
  const own = `x${i % members}`;
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return {
    name: `${own}.${parentOf(n)}`,
    parent: parentOf(n),
    address,
    key: `/skydns/local/skydns/production/svc${n}/${own}`,
    value: JSON.stringify({ host: address, port: PORT, ttl: TTL }),
  };
}

/** The records that fingerpost makes of these services; shares of a service name's members are alike. */
export function writeSrvZone(path: string, all: readonly BenchService[], members: number): void {
  const share = Math.max(1, Math.floor(100 / members));
  const head = [
    `$ORIGIN ${ZONE}.`,
    '@ 3600 IN SOA ns.dns hostmaster 1 3600 600 86400 10',
    '@ 3600 IN NS ns.dns',
    'ns.dns 3600 IN A 127.0.0.1',
  ];
  const records = all.flatMap(({ name, parent, address }) => {
    const type = address.includes(':') ? 'AAAA' : 'A';
    return [
      `${name}. ${TTL} IN ${type} ${address}`,
      `${parent}. ${TTL} IN ${type} ${address}`,
      `${name}. ${TTL} IN SRV 10 100 ${PORT} ${name}.`,
      `${parent}. ${TTL} IN SRV 10 ${share} ${PORT} ${name}.`,
    ];
  });
  writeFileSync(path, `${[...head, ...records].join('\n')}\n`);
}
