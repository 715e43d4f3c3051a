// The registry of a command: opened for it, closed behind it.
import type { Options } from '../app/config.ts';
import { openRegistryOf } from '../app/options/open-registry.ts';
import { realClock } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import type { Registry, Write } from '../registry/registry.ts';
import { parseRegistryUrl } from '../registry/url.ts';

/** etcd takes 128 operations in one transaction unless it is told otherwise. */
const TRANSACTION = 100;

/** The prefix of the registry's keys, without opening it. */
export function prefixOf({ registry }: Options): string {
  return parseRegistryUrl(registry).prefix;
}

export async function withRegistry<T>(options: Options, use: (registry: Registry) => Promise<T>): Promise<T> {
  const registry = await openRegistryOf(options, { logger: silent, clock: realClock });
  try {
    return await use(registry);
  } finally {
    await registry.close();
  }
}

/** Commits any number of writes, one transaction after the other; the last revision. */
export async function commitAll(registry: Registry, writes: readonly Write[]): Promise<number> {
  let revision = 0;
  for (let start = 0; start < writes.length; start += TRANSACTION)
    revision = await registry.commit(writes.slice(start, start + TRANSACTION));
  return revision;
}
