// BIND 9 with one thread.
import { writeFileSync } from 'node:fs';
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { ZONE } from '../services.ts';
import { answers, missingFile, type ServerKind } from './server.ts';

const configOf = (folder: string, home: string, port: number): string => `options {
  directory "${home}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  // Additional records as Knot sends them, but no authority section.
  minimal-responses no-auth;
  notify no;
};
controls { };
zone "${ZONE}" { type primary; file "${folder}/zone"; };
`;

export const bind: ServerKind = {
  name: 'bind, one thread',
  missing: () => missingFile('/usr/sbin/named'),
  async start(bed, data) {
    const port = await freePort();
    const home = bed.folder('bind');
    writeFileSync(`${home}/named.conf`, configOf(data.folder, home, port));
    const running = bed.start(['/usr/sbin/named', '-g', '-n', '1', '-c', `${home}/named.conf`], {
      core: SERVER_CORE,
    });
    return answers({ running, port }, data);
  },
};
