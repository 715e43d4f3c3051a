// fingerpost announce: a service registers itself, for as long as it lives and is well.
import { CHECK_ALLOWED } from '../announce/probe.ts';
import type { CommandSpec } from './command.ts';
import { repeated } from './flags.ts';
import { declareWait } from './waiting.ts';

export const announce: CommandSpec = {
  name: 'announce',
  summary: 'register a service for as long as it lives and is well',
  more: `The service is registered as LABEL.NAME under a lease that is renewed. It is taken out on SIGTERM and SIGINT, and
while its check fails; it is registered again when the registry has lost it. Where the registry is away it is waited for.

With a command behind --, that runs as a child: its service is taken out before the child is sent the signal, the exit
status is the child's, other signals are passed on to it.`,
  examples: [
    'announce rails.skydns.local --host 10.0.1.125 --port 8080',
    'announce rails.skydns.local --host auto --port 8080 --check http://127.0.0.1:8080/health',
    'announce web.skydns.local --host auto --port 80 --srv _http._tcp --check tcp -- nginx -g "daemon off;"',
  ],
  groups: ['registry', 'zone', 'log'],
  declare: (command) =>
    declareWait(command, 'say when every live server answers with it, and end only when none does any more')
      .argument('<name>', 'the name that clients ask for')
      .argument('[command...]', 'behind --: the service, run as a child')
      .requiredOption(
        '--host <addr>',
        'where it is: an address, a host name, or auto for the address on the way to the registry',
      )
      .requiredOption('--port <p>', 'its port, 1 to 65535')
      .option('--label <label>', 'of this instance, one label (default: host name and port)')
      .option('--lease <s>', 'it is gone so many seconds after the announcer is (default: 15)')
      .option('--check <check>', `register it only while this succeeds: ${CHECK_ALLOWED}`)
      .option('--check-interval <s>', 'seconds between two checks (default: 2)')
      .option('--check-timeout <s>', 'seconds that a check may take (default: 2)')
      .option('--rise <n>', 'good checks in a row that register it (default: 2)')
      .option('--fall <n>', 'bad checks in a row that take it out (default: 3)')
      .option('--weight <n>', 'share among services of equal priority')
      .option('--priority <n>', 'SRV priority and MX preference')
      .option('--text <text>', 'TXT data')
      .option('--ttl <s>', 'TTL of its records')
      .option('--group <group>', 'limits what a name above it returns')
      .option('--mail', 'an MX record, too')
      .option('--srv <service>', 'also at the name of RFC 2782, such as _http._tcp; repeatable', repeated)
      .option('--reverse', 'a PTR record for its address, too')
      .option('--drain <s>', 'wait so long between taking it out and the end (default: 0)')
      .option('--replace', 'take the label from whoever has it'),
  // Loaded when it is run, as that of serve.
  run: async (call) => (await import('./announcing.ts')).runAnnounce(call),
};
