// How many records a reply has, as dig tells it: servers are only compared where they do the same work.
import { execFileSync } from 'node:child_process';
import type { Contender } from './contest.ts';

/** `10 answers, 0 authority, 11 additional`, the OPT record of EDNS included. */
export function recordCounts(port: number, name: string, type: string): string {
  const text = execFileSync(
    '/usr/bin/dig',
    ['@127.0.0.1', '-p', `${port}`, name, type, '+bufsize=1232', '+norecurse', '+ignore'],
    { encoding: 'utf8' },
  );
  const counts = /ANSWER: (\d+), AUTHORITY: (\d+), ADDITIONAL: (\d+)/.exec(text);
  if (counts === null) throw new Error(`dig understands no reply to ${name} ${type}:\n${text}`);
  const [, answers, authority, additional] = counts;
  return `${answers} answers, ${authority} authority, ${additional} additional`;
}

/** Throws when one of them replies with other counts than the first; the counts. */
export function sameCounts(contenders: readonly Contender[], name: string, type: string): string {
  const all = contenders.map((one) => `${one.name}: ${recordCounts(one.port, name, type)}`);
  const counts = all.map((text) => text.slice(text.indexOf(': ') + 2));
  if (new Set(counts).size !== 1) throw new Error(`replies to ${name} ${type} differ:\n${all.join('\n')}`);
  return counts[0] ?? '';
}
