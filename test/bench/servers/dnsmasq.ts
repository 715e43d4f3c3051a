// dnsmasq, which has one thread: with the data as a hosts file, or asking another server.
import { freePort } from '../../support/ports.ts';
import type { TestBed } from '../harness/bed.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { outsideName } from '../outside-names.ts';
import { ZONE } from '../services.ts';
import { answers, answersNames, missingFile, type ServerKind, type Started } from './server.ts';

const PROGRAM = '/usr/sbin/dnsmasq';

async function start(bed: TestBed, flags: readonly string[]): Promise<Started> {
  const port = await freePort();
  const running = bed.start(
    [
      ...[PROGRAM, '--keep-in-foreground', '--user=root', '--conf-file=/dev/null', '--pid-file='],
      ...['--no-resolv', '--no-hosts', '--bind-interfaces', '--listen-address=127.0.0.1', `--port=${port}`],
      ...flags,
    ],
    { core: SERVER_CORE },
  );
  return { running, port };
}

export const dnsmasq: ServerKind = {
  name: 'dnsmasq',
  missing: () => missingFile(PROGRAM),
  start: async (bed, data) =>
    answers(
      await start(bed, ['--local-ttl=60', `--local=/${ZONE}/`, `--addn-hosts=${data.folder}/hosts`]),
      data,
    ),
};

/** Asks `upstream`, a port on the loopback, with room for as many names in its cache, and as many questions at once. */
export function forwardingDnsmasq(upstream: number, names: number): ServerKind {
  const flags = [`--server=127.0.0.1#${upstream}`, `--cache-size=${names}`, '--dns-forward-max=1000'];
  return {
    name: dnsmasq.name,
    missing: dnsmasq.missing,
    start: async (bed) => answersNames(await start(bed, flags), [outsideName(0)]),
  };
}
