// fingerpost explain: asks a running server why it answers a question as it does.
import { isIP } from 'node:net';
import { explanationSchema } from '../api/explain-schema.ts';
import { FingerpostError } from '../base/errors.ts';
import { visible } from '../base/unseen.ts';
import { quoted } from '../service/problem.ts';
import { typeName } from '../wire/codes.ts';
import { labelsToText } from '../wire/name.ts';
import { asked } from './asked.ts';
import type { Call, CommandSpec } from './command.ts';
import { explanationLines } from './explain-text.ts';
import { type Explain, readExplain } from './explain-words.ts';

function urlOf({ question, base }: Explain, { own }: Call): URL {
  const url = new URL(`${base}/v1/explain`);
  const labels = question.name === '' ? [] : question.name.split('.').reverse();
  url.searchParams.set('name', labelsToText(labels));
  url.searchParams.set('type', typeName(question.type));
  if (own.tcp === true) url.searchParams.set('transport', 'tcp');
  if (typeof own.client !== 'string') return url;
  if (isIP(own.client) === 0)
    throw new FingerpostError(
      'usage',
      `--client: read ${quoted(own.client)}, allowed: an IPv4 or IPv6 address`,
    );
  url.searchParams.set('client', own.client);
  return url;
}

async function run(call: Call): Promise<number> {
  const { arguments: words, own, options, terminal } = call;
  const url = urlOf(readExplain(words, options), call);
  const explanation = await asked(url, explanationSchema, { command: 'explain', that: 'that explains' });
  const lines =
    own.json === true
      ? JSON.stringify(explanation, undefined, 2).split('\n').map(visible)
      : explanationLines(explanation);
  for (const line of lines) terminal.out(line);
  return 0;
}

export const explain: CommandSpec = {
  name: 'explain',
  summary: 'ask a running server why it answers a question as it does',
  more: 'The server is asked over HTTP, at the address of --http (127.0.0.1:5380) or the one given. It asks no other server for it.\nExit codes: 0 explained, 1 no server, 2 called wrongly.',
  examples: [
    'explain rails.skydns.local SRV',
    'explain www.example.com --client 10.0.0.7',
    'explain rails.skydns.local @10.0.0.2:5380',
  ],
  groups: [],
  declare: (command) =>
    command
      .usage('[options] NAME [TYPE] [@ADDR:PORT]')
      .argument('<words...>', 'a name, a type such as SRV (default: A), and a server')
      .option('--client <addr>', 'as this client would be answered (default: 127.0.0.1)')
      .option('--tcp', 'as over TCP')
      .option('--json', 'print JSON')
      .option('--http <addr:port>', 'where the server serves HTTP (default: 127.0.0.1:5380)'),
  run,
};
