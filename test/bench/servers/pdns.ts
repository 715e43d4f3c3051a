// PowerDNS with its BIND backend and one receiver, as Debian sets it up (packet cache on).
import { writeFileSync } from 'node:fs';
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { ZONE } from '../services.ts';
import { answers, missingFile, type ServerKind } from './server.ts';

const configOf = (home: string, port: number): string => `launch=bind
bind-config=${home}/named.conf
local-address=127.0.0.1
local-port=${port}
socket-dir=${home}
receiver-threads=1
loglevel=3
security-poll-suffix=
`;

export const pdns: ServerKind = {
  name: 'powerdns, one receiver',
  missing: () => missingFile('/usr/sbin/pdns_server') ?? missingFile('/usr/lib/*/pdns/libbindbackend.so'),
  async start(bed, data) {
    const port = await freePort();
    const home = bed.folder('pdns');
    writeFileSync(`${home}/named.conf`, `zone "${ZONE}" { type master; file "${data.folder}/zone"; };\n`);
    writeFileSync(`${home}/pdns.conf`, configOf(home, port));
    const running = bed.start(['/usr/sbin/pdns_server', `--config-dir=${home}`], { core: SERVER_CORE });
    return answers({ running, port }, data);
  },
};
