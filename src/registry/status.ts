// Whether a watch is synced or stale: announced and logged once per change, not once per attempt.
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { RegistrySink, RegistryState } from './registry.ts';

export interface StatusDeps {
  readonly url: string;
  readonly sink: RegistrySink;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class Status {
  readonly #deps: StatusDeps;
  #kind: RegistryState['kind'] = 'starting';

  constructor(deps: StatusDeps) {
    this.#deps = deps;
  }

  synced(revision: number): void {
    if (this.#kind === 'synced') return;
    this.#kind = 'synced';
    const { sink, logger, url } = this.#deps;
    logger.info({ registry: url, revision }, 'the registry is synced');
    sink.state({ kind: 'synced' });
  }

  stale(cause: unknown): void {
    const { sink, logger, url, clock } = this.#deps;
    if (this.#kind === 'stale') {
      logger.debug({ registry: url, cause: messageOf(cause) }, 'the registry is still cut off');
      return;
    }
    this.#kind = 'stale';
    logger.warn(
      { registry: url, cause: messageOf(cause) },
      'cut off from the registry: what was known stays in force',
    );
    sink.state({ kind: 'stale', since: clock.now(), cause });
  }
}
