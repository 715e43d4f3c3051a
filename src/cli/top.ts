// fingerpost top: how much a running server is asked, by whom, and for what.
import { setTimeout as delay } from 'node:timers/promises';
import { type TopReport, topSchema } from '../api/top-schema.ts';
import { FingerpostError } from '../base/errors.ts';
import { visible } from '../base/unseen.ts';
import { quoted } from '../service/problem.ts';
import { asked } from './asked.ts';
import type { Call, CommandSpec } from './command.ts';
import { baseOf } from './explain-words.ts';
import { figuresOf } from './top-figures.ts';
import { TopLive } from './top-live.ts';
import { plainLines } from './top-screen.ts';

/** Rows of names and clients that are printed. */
const PRINTED = 20;

function ask(base: string): Promise<TopReport> {
  return asked(new URL(`${base}/v1/top`), topSchema, { command: 'top', that: 'with /v1/top' });
}

function secondsOf(given: unknown): number {
  const seconds = Number(given);
  if (typeof given === 'string' && given.trim() !== '' && seconds >= 0.1 && seconds <= 60) return seconds;
  throw new FingerpostError('usage', `--interval: read ${quoted(String(given))}, allowed: 0.1 to 60 seconds`);
}

function serverOf({ arguments: words, options }: Call): string {
  const [word] = words;
  if (word !== undefined && !word.startsWith('@'))
    throw new FingerpostError('usage', `read ${quoted(word)}, allowed: @ADDR:PORT`);
  return baseOf(word, options);
}

/** What a second question tells beside the first one, as lines of text or as JSON. */
async function once({ own, terminal }: Call, base: string, first: TopReport, everyMs: number): Promise<void> {
  await delay(everyMs);
  const report = await ask(base);
  const figures = figuresOf(first, report);
  const lines =
    own.json === true
      ? [JSON.stringify({ ...report, figures })]
      : plainLines({ url: base, report, figures, problem: undefined }, PRINTED);
  for (const line of lines) terminal.out(visible(line));
}

async function run(call: Call): Promise<number> {
  const { own } = call;
  const everyMs = secondsOf(own.interval) * 1000;
  const base = serverOf(call);
  const first = await ask(base);
  const isPlain = own.once === true || own.json === true || !process.stdout.isTTY || !process.stdin.isTTY;
  if (isPlain) {
    await once(call, base, first, everyMs);
    return 0;
  }
  const parts = { url: base, everyMs, ask: () => ask(base), first };
  await new TopLive(process.stdin, process.stdout, parts).ended;
  return 0;
}

export const top: CommandSpec = {
  name: 'top',
  summary: 'show live how much a running server is asked, by whom, and for what',
  more: `The server is asked over HTTP, at the address of --http (127.0.0.1:5380) or the one given. It notes names and clients
while somebody looks, and for 10 s more. Without a terminal it prints once.

Keys: q quits, p pauses, s sorts by rate or by name, left and right choose names or clients, up, down, PgUp, PgDn,
Home and End scroll.`,
  examples: ['top', 'top @10.0.0.2:5380', 'top --once', 'top --json --interval 10'],
  groups: [],
  declare: (command) =>
    command
      .usage('[options] [@ADDR:PORT]')
      .argument('[server]', 'where the server serves HTTP')
      .option('--once', 'print what is asked in one interval, and end')
      .option('--json', 'the same as JSON')
      .option('--interval <s>', 'seconds between two looks, 0.1 to 60', '1')
      .option('--http <addr:port>', 'where the server serves HTTP (default: 127.0.0.1:5380)'),
  run,
};
