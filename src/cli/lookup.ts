// fingerpost lookup: asks a server, prints what it answers.
import { FingerpostError } from '../base/errors.ts';
import { rcodeText, replyLines } from './answer-text.ts';
import type { Call, CommandSpec } from './command.ts';
import { ask } from './dns-client.ts';
import { readLookup } from './lookup-words.ts';

const DEFAULT_TIMEOUT = '3';

function milliseconds(given: unknown): number {
  const seconds = Number(given);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3600) return seconds * 1000;
  throw new FingerpostError(
    'usage',
    `--timeout: read "${given}", allowed: seconds, more than 0, at most 3600`,
  );
}

async function run({ arguments: words, own, options, terminal }: Call): Promise<number> {
  const timeoutMs = milliseconds(own.timeout);
  const { question, server } = readLookup(words, options);
  const reply = await ask(question, server, { timeoutMs, tcp: own.tcp === true });
  for (const line of replyLines(reply, server)) terminal.out(line);
  return rcodeText(reply.packet.header.rcode) === 'NOERROR' ? 0 : 1;
}

export const lookup: CommandSpec = {
  name: 'lookup',
  summary: 'ask a DNS server, and print its answer',
  more: 'Without a server, the first address of --listen is asked (127.0.0.1:5300). An address as NAME asks for its PTR.\nExit codes: 0 NOERROR, 1 another rcode or no answer.',
  examples: [
    'lookup rails.skydns.local SRV',
    'lookup rails.skydns.local AAAA @[::1]:5300',
    'lookup 10.0.1.125 @10.0.0.2',
  ],
  groups: [],
  declare: (command) =>
    command
      .usage('[options] NAME [TYPE] [@ADDR:PORT]')
      .argument('<words...>', 'a name, a type such as SRV (default: A), and a server')
      .option('--timeout <s>', 'wait so long for an answer, and over UDP once again', DEFAULT_TIMEOUT)
      .option('--tcp', 'ask over TCP from the start'),
  run,
};
