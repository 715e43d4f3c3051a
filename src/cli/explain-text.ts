// An explanation for people: the answer first, then why, then the services and servers that have a part in it.

import { visible } from '../base/unseen.ts';
import type { Explanation, ShownRecord, ShownService } from '../query/explain/explanation.ts';
import { columns } from './columns.ts';
import { counted } from './counted.ts';
import { shortened } from './terminal.ts';

const HOST_WIDTH = 50;
const LEFT_OUT = { type: 'no such record', group: 'other group', owner: 'other name' } as const;
const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** The lines to print. Nothing in them can move the cursor. */
export function explanationLines(explanation: Explanation): string[] {
  return [
    ...head(explanation),
    ...titled(
      'Why',
      explanation.reasons.map(({ text }) => `- ${visible(text)}`),
    ),
    ...services(explanation),
    ...titled('Aliases', aliases(explanation)),
    ...titled('Cache of other servers', cache(explanation)),
    ...titled('Other servers', servers(explanation)),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function head({ question, summary, answer }: Explanation): string[] {
  const { name, type, client, transport } = question;
  const { answers, authority, additional, flags, error } = answer;
  const note = error === null ? [] : [`EDE ${error.code} (${visible(error.text)})`];
  const reply = [...(flags.length > 0 ? [`flags ${flags.join(' ')}`] : []), ...note];
  return [
    visible(`${name} ${type}: ${summary}`),
    ...records(answers, ''),
    ...records(additional, '  additional'),
    ...records(authority, '  authority'),
    '',
    visible(`Asked by ${client} over ${transport.toUpperCase()}${reply.map((part) => `, ${part}`).join('')}`),
  ];
}

function records(all: readonly ShownRecord[], section: string): string[] {
  const rows = all.map(({ name, ttl, type, data }) => [
    visible(name),
    String(ttl),
    type,
    visible(data),
    section,
  ]);
  return columns(rows, ['left', 'right', 'left', 'left', 'left']).map((line) => `  ${line}`);
}

function services({ services: all, counts }: Explanation): string[] {
  if (all.length === 0) return [];
  const rows = all.map(serviceCells);
  const hidden = counts.used + counts.leftOut - all.length;
  const names = new Set(all.map((service) => service.for));
  const heads = ['KEY', 'HOST', 'PORT', 'TTL', 'LEASE', 'AGE', 'REVISION', ''];
  const lines = columns(
    [heads, ...rows],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  );
  const title = names.size > 1 ? 'Services, of the name and of where it leads' : 'Services';
  return titled(title, hidden > 0 ? [...lines, `and ${counted(hidden, 'look')} more`] : lines);
}

function serviceCells(service: ShownService): string[] {
  const { key, host, text, port, ttl, lease, age, revision, state, leftOut, group } = service;
  const notes = [
    ...(leftOut === null ? [] : [`left out: ${LEFT_OUT[leftOut]}`]),
    ...(group === '' ? [] : [`group ${shortened(group, HOST_WIDTH)}`]),
    ...(state === 'good' ? [] : [state]),
  ];
  return [
    visible(key),
    shortened(host === '' ? text : host, HOST_WIDTH) || '-',
    port === 0 ? '-' : String(port),
    String(ttl),
    lease === null ? '-' : `${lease.ttl} s`,
    age === null ? '-' : `${age.atLeast ? '>' : ''}${duration(age.seconds)}`,
    String(revision),
    notes.join(', '),
  ];
}

/** `5s`, `3m`, `7h`, `12d`. */
function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length * 2) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

function aliases({ aliases: all }: Explanation): string[] {
  return all.map(({ name, target, leads, outside }) =>
    visible(
      `${name} CNAME ${target}${outside ? ', outside the zones' : ''}${leads ? '' : ', left out: leads nowhere'}`,
    ),
  );
}

function cache({ cache: all }: Explanation): string[] {
  return all.map(({ name, type, state, rcode, seconds }) =>
    visible(
      `${name} ${type}: ${rcode ?? 'a failure'}, ${state === 'fresh' ? `for ${seconds} s more` : `its time was over ${seconds} s ago`}`,
    ),
  );
}

function servers({ servers: all }: Explanation): string[] {
  return all.flatMap(({ group, servers }) =>
    servers.map(({ address, state }) => visible(`${group}: ${address}, ${state}`)),
  );
}
