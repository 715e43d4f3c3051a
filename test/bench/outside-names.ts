// Names outside the zones that are measured: every name below one domain exists, at a server that others ask.
import { writeFileSync } from 'node:fs';
import type { TestBed } from './harness/bed.ts';
import { LOAD_CORE } from './harness/dnsperf.ts';
import { startKnot } from './servers/knot.ts';
import { answersNames, type Started } from './servers/server.ts';

/** None of the names that caches answer by themselves (RFC 6761). */
const OUTSIDE = 'example.net';

/** As long, and of as many labels, as the names of services are. */
export function outsideName(i: number): string {
  return `x${i % 2}.svc${Math.floor(i / 2)}.outside.${OUTSIDE}`;
}

/** A file of questions for dnsperf: `count` names from number `first` on. */
export function writeOutside(path: string, first: number, count: number): void {
  writeFileSync(path, Array.from({ length: count }, (_, i) => `${outsideName(first + i)} A\n`).join(''));
}

/**
 * Starts the server that knows them: Knot, beside the load, so that it takes no time from those who ask it. `ttl` is that
 * of every answer, in seconds.
 */
export async function startUpstream(bed: TestBed, ttl: number): Promise<Started> {
  const folder = bed.folder('upstream');
  const records = [
    '@ 3600 IN SOA ns hostmaster 1 3600 600 86400 10',
    '@ 3600 IN NS ns',
    'ns 3600 IN A 127.0.0.1',
  ];
  const zone = [`$ORIGIN ${OUTSIDE}.`, ...records, `* ${ttl} IN A 192.0.2.1`];
  writeFileSync(`${folder}/zone`, `${zone.join('\n')}\n`);
  return answersNames(await startKnot(bed, folder, OUTSIDE, LOAD_CORE), [outsideName(0)]);
}
