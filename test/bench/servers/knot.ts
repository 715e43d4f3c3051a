// Knot DNS with one UDP worker: the fastest of the usual servers for each second of CPU.
import { writeFileSync } from 'node:fs';
import { freePort } from '../../support/ports.ts';
import type { TestBed } from '../harness/bed.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { ZONE } from '../services.ts';
import { answers, missingFile, type ServerKind, type Started } from './server.ts';

const configOf = (folder: string, home: string, port: number, zone: string): string => `server:
  rundir: ${home}
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${home}
template:
  - id: default
    storage: ${folder}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
  - domain: ${zone}
    file: zone
`;

export const knot: ServerKind = {
  name: 'knot, one worker',
  missing: () => missingFile('/usr/sbin/knotd'),
  start: async (bed, data) => answers(await startKnot(bed, data.folder, ZONE, SERVER_CORE), data),
};

/** Starts it without waiting, to serve `zone` from the file `zone` in `folder`. */
export async function startKnot(bed: TestBed, folder: string, zone: string, core: number): Promise<Started> {
  const port = await freePort();
  const home = bed.folder('knot');
  writeFileSync(`${home}/knot.conf`, configOf(folder, home, port, zone));
  return { running: bed.start(['/usr/sbin/knotd', '-c', `${home}/knot.conf`], { core }), port };
}
