// fingerpost check: every record that is not served as it is, why, and which revision of it was good.
import type { Options } from '../app/config.ts';
import { visible } from '../base/unseen.ts';
import type { Registry } from '../registry/registry.ts';
import type { Entry } from '../service/entry.ts';
import { labelsOf } from '../service/key.ts';
import { isProblem } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import type { ReversedLabels } from '../wire/name.ts';
import type { Call, CommandSpec } from './command.ts';
import { counted } from './counted.ts';
import { withRegistry } from './registry.ts';
import { zoneNames, zoneTest } from './zones.ts';

/** How many values of one key are looked through for a good one. */
const MOST_BACK = 10;

/** The last good value of a record that has turned bad: a server that knew it serves it until the record is mended. */
async function lastGood(registry: Registry, bad: Entry): Promise<string> {
  let { revision } = bad;
  for (let i = 0; i < MOST_BACK; i++) {
    const entry = await registry.before(bad.key, revision);
    if (entry === undefined) return 'it never was usable';
    if (entry === 'unknown') return 'last good: unknown, the registry has compacted its history';
    if (!isProblem(readEntry(registry.prefix, entry))) return `last good: revision ${entry.revision}`;
    ({ revision } = entry);
  }
  return `last good: before revision ${revision}`;
}

type Reason = (entry: Entry) => Promise<string | undefined>;

/** Why a record cannot be served; undefined for one that can. */
function reasonIn(registry: Registry, options: Options): Reason {
  const { prefix } = registry;
  const inZone: (labels: ReversedLabels) => boolean = zoneTest(options);
  return async (entry) => {
    const usable = readEntry(prefix, entry);
    if (!isProblem(usable))
      return inZone(usable.labels) ? undefined : `outside the zones (${zoneNames(options)})`;
    const history = isProblem(labelsOf(prefix, entry.key)) ? '' : `; ${await lastGood(registry, entry)}`;
    return `${usable.problem}${history}`;
  };
}

async function run({ options, terminal }: Call): Promise<number> {
  return withRegistry(options, async (registry) => {
    const { entries } = await registry.list();
    const reason = reasonIn(registry, options);
    let bad = 0;
    for (const entry of entries) {
      const why = await reason(entry);
      if (why === undefined) continue;
      bad += 1;
      terminal.out(`${visible(entry.key)}  revision ${entry.revision}: ${visible(why)}`);
    }
    if (bad === 0) terminal.out(`${counted(entries.length, 'record')}, all usable`);
    else terminal.out(`${counted(entries.length, 'record')}, ${bad} not served as they are`);
    return bad === 0 ? 0 : 1;
  });
}

export const check: CommandSpec = {
  name: 'check',
  summary:
    'list the records that are not served as they are, why, and the last good revision; exit 1 if there are any',
  examples: [
    'check',
    'check --zone skydns.local --zone 10.0.0.0/8',
    'check --registry etcd://127.0.0.1:2379',
  ],
  groups: ['registry', 'zone'],
  run,
};
