// fingerpost explain: asks a running server why it answers a question as it does.
import { isIP } from 'node:net';
import { explanationSchema } from '../api/explain-schema.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Explanation } from '../query/explain/explanation.ts';
import { quoted } from '../service/problem.ts';
import { typeName } from '../wire/codes.ts';
import { labelsToText } from '../wire/name.ts';
import type { Call, CommandSpec } from './command.ts';
import { explanationLines } from './explain-text.ts';
import { type Explain, readExplain } from './explain-words.ts';
import { visible } from './terminal.ts';

const TIMEOUT_MS = 10_000;

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

async function get(url: URL): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    const hint = 'explain asks a running server where it serves HTTP: --http, or @ADDR:PORT';
    throw new FingerpostError('unavailable', `no server at ${url.origin} (${hint})`, { cause });
  }
}

/** What the server says; a FingerpostError where it is none of ours, or has a complaint. */
async function fetched(url: URL): Promise<Explanation> {
  const response = await get(url);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 400) throw new FingerpostError('usage', `${url.origin}: ${detailOf(body)}`);
  const explanation = explanationSchema.safeParse(body);
  if (response.ok && explanation.success) return explanation.data;
  throw new FingerpostError(
    'unavailable',
    `${url.origin} is no Fingerpost that explains: HTTP status ${response.status}`,
  );
}

function detailOf(body: unknown): string {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
  return typeof detail === 'string' ? detail : 'it does not take the question';
}

async function run(call: Call): Promise<number> {
  const { arguments: words, own, options, terminal } = call;
  const explanation = await fetched(urlOf(readExplain(words, options), call));
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
