// dig and kdig as peers: what they print, and that they have nothing to complain about.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Address } from './server.ts';

const run = promisify(execFile);
const MOST_OUTPUT = 64 * 1024 * 1024;

/** What the programs say when a message is not as it should be. */
const COMPLAINT =
  /warning|malformed|bad packet|unexpected|mismatch|corrupt|trailing|garbage|extra bytes|;; Got bad/i;

/** What dig says of any such question, whatever the reply: of RD at a server that does not recurse, and of the name. */
const QUESTIONABLE = /recursion requested but not available|\.local is reserved for Multicast DNS/;

async function ask(program: 'dig' | 'kdig', at: Address, words: readonly string[]): Promise<string> {
  const server = [`@${at.host}`, '-p', String(at.port)];
  const { stdout, stderr } = await run(`/usr/bin/${program}`, [...server, ...words], {
    maxBuffer: MOST_OUTPUT,
  });
  const lines = `${stdout}${stderr}`.split('\n');
  const complaint = lines.find((line) => COMPLAINT.test(line) && !QUESTIONABLE.test(line));
  if (complaint !== undefined) throw new Error(`${program} ${words.join(' ')}: ${complaint}`);
  return stdout.trimEnd();
}

/** All that dig prints; rejects where it complains or gets no answer. */
export function dig(at: Address, ...words: readonly string[]): Promise<string> {
  // Five seconds of waiting, five times: a busy machine is no wrong answer.
  return ask('dig', at, ['+time=5', '+tries=5', ...words]);
}

export function kdig(at: Address, ...words: readonly string[]): Promise<string> {
  return ask('kdig', at, ['+time=5', '+retry=4', ...words]);
}

/** The data of the answers, one record a line, sorted. */
export async function short(at: Address, ...words: readonly string[]): Promise<string[]> {
  return (await dig(at, '+short', ...words)).split('\n').filter(Boolean).sort();
}

/** NOERROR, NXDOMAIN, SERVFAIL... */
export async function status(at: Address, ...words: readonly string[]): Promise<string> {
  return /status: (\w+)/.exec(await dig(at, ...words))?.[1] ?? 'none';
}

/** The records of one section as `NAME TTL CLASS TYPE DATA`, one space between the fields. */
export async function records(
  section: 'answer' | 'authority' | 'additional',
  at: Address,
  ...words: readonly string[]
): Promise<string[]> {
  const text = await dig(at, '+noall', `+${section}`, ...words);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return lines.map((line) => line.replace(/\s+/g, ' '));
}
