// fingerpost load: the services of a file put into the registry, by default only into an empty one.

import { visible } from '../base/unseen.ts';
import type { Registry } from '../registry/registry.ts';
import type { Call, CommandSpec } from './command.ts';
import { counted } from './counted.ts';
import { commitAll, prefixOf, withRegistry } from './registry.ts';
import { readServices, type ServicesFile } from './services-file.ts';

/** Puts the services if there are none yet; how many were put. */
export async function loadIfEmpty(registry: Registry, { writes }: ServicesFile): Promise<number> {
  if ((await registry.list()).entries.length > 0) return 0;
  await commitAll(registry, writes);
  return writes.length;
}

async function run({ arguments: [path = ''], own, options, terminal }: Call): Promise<number> {
  const file = readServices(path, prefixOf(options), options);
  return withRegistry(options, async (registry) => {
    if (own.add === true) await commitAll(registry, file.writes);
    else if (file.writes.length > 0 && (await loadIfEmpty(registry, file)) === 0) {
      terminal.err(`fingerpost: ${visible(registry.url)} has services already (--add puts these there too)`);
      return 1;
    }
    terminal.out(`loaded ${counted(file.writes.length, 'service')} into ${visible(registry.url)}`);
    return 0;
  });
}

export const load: CommandSpec = {
  name: 'load',
  summary: 'put the services of a YAML file into an empty registry',
  more: 'The file has a key "services": names, each with its record. Nothing is written unless all of them can be served.',
  examples: ['load deploy/examples/services.yaml', 'load --add more.yaml'],
  groups: ['registry', 'zone'],
  declare: (command) =>
    command
      .argument('<file>', 'the YAML file')
      .option('--add', 'put them even if the registry is not empty, over what has the same name'),
  run,
};
