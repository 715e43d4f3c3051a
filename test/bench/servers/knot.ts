// Knot DNS with one UDP worker: the fastest of the usual servers for each second of CPU.
import { writeFileSync } from 'node:fs';
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { ZONE } from '../services.ts';
import { answers, missingFile, type ServerKind } from './server.ts';

const configOf = (folder: string, home: string, port: number): string => `server:
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
  - domain: ${ZONE}
    file: zone
`;

export const knot: ServerKind = {
  name: 'knot, one worker',
  missing: () => missingFile('/usr/sbin/knotd'),
  async start(bed, data) {
    const port = await freePort();
    const home = bed.folder('knot');
    writeFileSync(`${home}/knot.conf`, configOf(data.folder, home, port));
    const running = bed.start(['/usr/sbin/knotd', '-c', `${home}/knot.conf`], { core: SERVER_CORE });
    return answers({ running, port }, data);
  },
};
