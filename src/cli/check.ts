// fingerpost check: every record that the server would leave out, and why.
import type { Options } from '../app/config.ts';
import type { Entry } from '../service/entry.ts';
import { isProblem } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import type { ReversedLabels } from '../wire/name.ts';
import type { Call, CommandSpec } from './command.ts';
import { counted } from './counted.ts';
import { withRegistry } from './registry.ts';
import { visible } from './terminal.ts';
import { zoneNames, zoneTest } from './zones.ts';

/** Why a record is not served; undefined for one that is. */
function reasonIn(prefix: string, options: Options): (entry: Entry) => string | undefined {
  const inZone: (labels: ReversedLabels) => boolean = zoneTest(options);
  return (entry) => {
    const usable = readEntry(prefix, entry);
    if (isProblem(usable)) return usable.problem;
    return inZone(usable.labels) ? undefined : `outside the zones (${zoneNames(options)})`;
  };
}

async function run({ options, terminal }: Call): Promise<number> {
  return withRegistry(options, async (registry) => {
    const { entries } = await registry.list();
    const reason = reasonIn(registry.prefix, options);
    let bad = 0;
    for (const entry of entries) {
      const why = reason(entry);
      if (why === undefined) continue;
      bad += 1;
      terminal.out(`${visible(entry.key)}  revision ${entry.revision}: ${visible(why)}`);
    }
    if (bad === 0) terminal.out(`${counted(entries.length, 'record')}, all usable`);
    else terminal.out(`${counted(entries.length, 'record')}, ${bad} not served`);
    return bad === 0 ? 0 : 1;
  });
}

export const check: CommandSpec = {
  name: 'check',
  summary: 'list the records that would not be served, and why; exit 1 if there are any',
  examples: [
    'check',
    'check --zone skydns.local --zone 10.0.0.0/8',
    'check --registry etcd://127.0.0.1:2379',
  ],
  groups: ['registry', 'zone'],
  run,
};
