// unbound with one thread, asking another server; it checks no signatures, since there are none.
import { writeFileSync } from 'node:fs';
import { freePort } from '../../support/ports.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { outsideName } from '../outside-names.ts';
import { answersNames, missingFile, type ServerKind } from './server.ts';

const PROGRAM = '/usr/sbin/unbound';

const configOf = (home: string, port: number, upstream: number): string => `server:
  directory: ${home}
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  num-threads: 1
  module-config: "iterator"
  num-queries-per-thread: 1000
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`;

/** Asks `upstream`, a port on the loopback. */
export function forwardingUnbound(upstream: number): ServerKind {
  return {
    name: 'unbound, one thread',
    missing: () => missingFile(PROGRAM),
    async start(bed) {
      const port = await freePort();
      const home = bed.folder('unbound');
      writeFileSync(`${home}/unbound.conf`, configOf(home, port, upstream));
      const running = bed.start([PROGRAM, '-d', '-c', `${home}/unbound.conf`], { core: SERVER_CORE });
      return answersNames({ running, port }, [outsideName(0)]);
    },
  };
}
