// dnsmasq with the data as a hosts file: it has one thread.
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { ZONE } from '../services.ts';
import { answers, missingFile, type ServerKind } from './server.ts';

export const dnsmasq: ServerKind = {
  name: 'dnsmasq',
  missing: () => missingFile('/usr/sbin/dnsmasq'),
  async start(bed, data) {
    const port = await freePort();
    const running = bed.start(
      [
        ...[
          '/usr/sbin/dnsmasq',
          '--keep-in-foreground',
          '--user=root',
          '--conf-file=/dev/null',
          '--pid-file=',
        ],
        ...['--no-resolv', '--no-hosts', '--local-ttl=60', `--local=/${ZONE}/`, '--bind-interfaces'],
        ...['--listen-address=127.0.0.1', `--port=${port}`, `--addn-hosts=${data.folder}/hosts`],
      ],
      { core: SERVER_CORE },
    );
    return answers({ running, port }, data);
  },
};
