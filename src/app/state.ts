// The state directory: whether a snapshot of the registry is kept, and whose it is.
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { ShowProgress } from '../base/progress.ts';
import type { RegistrySink } from '../registry/registry.ts';
import { Snapshot } from '../registry/snapshot.ts';
import { parseRegistryUrl } from '../registry/url.ts';
import type { Options } from './config.ts';

export interface StateDeps {
  readonly counters: Counters;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Shows how far reading it has come. */
  readonly progress: ShowProgress;
}

/** The snapshot between registry and sink; undefined where none is to be kept. */
export function openSnapshot(
  { stateDir, registry }: Pick<Options, 'stateDir' | 'registry'>,
  sink: RegistrySink,
  deps: StateDeps,
): Snapshot | undefined {
  if (stateDir === undefined) return undefined;
  const url = parseRegistryUrl(registry);
  if (url.kind === 'etcd') {
    const { prefix, hosts } = url;
    return new Snapshot({ ...deps, folder: stateDir, identity: { prefix, hosts } }, sink);
  }
  const why =
    url.kind === 'http' ? 'the registry is another server' : 'the embedded registry is a file itself';
  deps.logger.info({ stateDir }, `${why}: no snapshot of it is kept`);
  return undefined;
}
