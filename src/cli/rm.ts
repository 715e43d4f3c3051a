// fingerpost rm: one service removed, or with --all everything at and below a name.

import { visible } from '../base/unseen.ts';
import type { Registry } from '../registry/registry.ts';
import type { Call, CommandSpec } from './command.ts';
import { counted } from './counted.ts';
import { keyFor } from './record.ts';
import { commitAll, withRegistry } from './registry.ts';
import { declareWait, waitFor, waitSeconds } from './waiting.ts';

/** The keys to delete: the name's own, or with `all` those below it too. */
async function keysAt(registry: Registry, key: string): Promise<{ own: boolean; all: string[] }> {
  const { entries } = await registry.list(key);
  const all = entries.map((entry) => entry.key);
  return { own: all.includes(key), all };
}

async function run(call: Call): Promise<number> {
  const {
    arguments: [name = ''],
    own,
    options,
    terminal,
  } = call;
  const patience = waitSeconds(own);
  return withRegistry(options, async (registry) => {
    const key = keyFor(registry.prefix, name);
    const found = await keysAt(registry, key);
    const keys = own.all === true ? found.all : found.all.filter((one) => one === key);
    if (keys.length === 0) {
      const below =
        found.all.length === 0 ? '' : `; below it: ${counted(found.all.length, 'service')} (--all)`;
      terminal.err(`fingerpost: there is no service ${visible(name)}${below}`);
      return 1;
    }
    const revision = await commitAll(
      registry,
      keys.map((one) => ({ kind: 'delete', key: one })),
    );
    const what = own.all === true ? `${counted(keys.length, 'service')} at ${visible(name)}` : visible(name);
    terminal.out(`removed ${what} (revision ${revision})`);
    return waitFor(registry, revision, patience, call);
  });
}

export const rm: CommandSpec = {
  name: 'rm',
  summary: 'remove one service',
  more: 'A NAME that begins with / is taken as the key itself, for records that are no names.',
  examples: ['rm 1.rails.skydns.local', 'rm --all rails.skydns.local', 'rm /skydns/local/skydns/Rails.1'],
  groups: ['registry'],
  declare: (command) =>
    declareWait(
      command
        .argument('<name>', 'the name (or the /key) of the service')
        .option('--all', 'remove everything below the name as well'),
    ),
  run,
};
