// fingerpost ls: the services of the registry as a table, or as JSON.

import { visible } from '../base/unseen.ts';
import type { Listed } from '../registry/registry.ts';
import type { Entry } from '../service/entry.ts';
import { nameOf } from '../service/key.ts';
import { isProblem, type Problem } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import type { Service } from '../service/record.ts';
import { ageOf } from './age.ts';
import { type Align, columns } from './columns.ts';
import type { Call, CommandSpec } from './command.ts';
import { counted } from './counted.ts';
import { keyFor } from './record.ts';
import { withRegistry } from './registry.ts';
import { shortened } from './terminal.ts';

const HEAD = ['NAME', 'TYPE', 'HOST', 'PORT', 'PRIORITY', 'WEIGHT', 'TTL', 'LEASE', 'AGE'];
const ALIGN: readonly Align[] = ['left', 'left', 'left', ...Array<Align>(6).fill('right')];
const HOST_WIDTH = 50;

/** The name that a key is served under, without the final dot; the key itself where it is no name. */
function shownName(prefix: string, key: string): string {
  const name = nameOf(prefix, key);
  return isProblem(name) ? visible(key) : name.replace(/(.)\.$/, '$1');
}

function typeOf(service: Service | Problem): string {
  if (isProblem(service)) return 'unusable';
  if (service.kind !== 'none') return service.kind;
  return service.text === '' ? 'empty' : 'text';
}

/** A number as stored; 0 means that the default holds. */
function number(value: number | undefined): string {
  return value === undefined || value === 0 ? '-' : String(value);
}

interface Row {
  readonly entry: Entry;
  readonly name: string;
  readonly service: Service | Problem;
}

function rowsOf(prefix: string, { entries }: Listed): Row[] {
  return entries.map((entry) => {
    const usable = readEntry(prefix, entry);
    const service = isProblem(usable) ? usable : usable.service;
    return { entry, name: shownName(prefix, entry.key), service };
  });
}

function cells({ entry, name, service }: Row, revision: number, now: number): string[] {
  const end = [entry.lease === undefined ? '-' : `${entry.lease.ttl} s`, ageOf(entry, revision, now)];
  if (isProblem(service)) return [name, 'unusable', '-', '-', '-', '-', '-', ...end];
  const { host, text, port, priority, weight, ttl } = service;
  const what = shortened(host === '' ? text : host, HOST_WIDTH);
  const shownTtl = ttl === undefined ? '-' : String(ttl);
  return [
    name,
    typeOf(service),
    what === '' ? '-' : what,
    number(port),
    number(priority),
    number(weight),
    shownTtl,
    ...end,
  ];
}

function json({ entry, name, service }: Row): Record<string, unknown> {
  const { key, value, revision, lease, writtenAt } = entry;
  return {
    name,
    key,
    type: typeOf(service),
    ...(isProblem(service) ? { value, problem: service.problem } : { service: JSON.parse(value) }),
    revision,
    lease: lease ?? null,
    writtenAt: writtenAt === undefined ? null : new Date(writtenAt).toISOString(),
  };
}

function print(rows: readonly Row[], { revision }: Listed, { terminal }: Call): void {
  const now = Date.now();
  const table = [HEAD, ...rows.map((row) => cells(row, revision, now))];
  for (const line of columns(table, ALIGN)) terminal.out(line);
  const unusable = rows.filter(({ service }) => isProblem(service)).length;
  if (unusable > 0) terminal.err(`${counted(unusable, 'record')} unusable: fingerpost check says why`);
}

async function run(call: Call): Promise<number> {
  const {
    arguments: [name],
    own,
    options,
    terminal,
  } = call;
  return withRegistry(options, async (registry) => {
    const all = name === undefined || name === '.';
    const listed = await registry.list(all ? undefined : keyFor(registry.prefix, name));
    const rows = rowsOf(registry.prefix, listed);
    if (own.json === true) terminal.out(JSON.stringify(rows.map(json), undefined, 2));
    else if (rows.length > 0) print(rows, listed, call);
    else terminal.err(`no services${all ? '' : ` at ${visible(name)}`} in ${visible(registry.url)}`);
    return 0;
  });
}

export const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the services at a name and below it',
  more: 'A dash means that the default holds. AGE is in revisions (rev) where the registry keeps no times, as etcd does not.',
  examples: ['ls', 'ls production.skydns.local', 'ls --json', 'ls --registry etcd://127.0.0.1:2379/skydns'],
  groups: ['registry'],
  declare: (command) =>
    command.argument('[name]', 'the name to begin at (default: everything)').option('--json', 'print JSON'),
  run,
};
