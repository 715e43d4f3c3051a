// What the API needs of the server that it belongs to.

import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Waited } from '../registry/applied.ts';
import type { Registry } from '../registry/registry.ts';
import type { ReversedLabels } from '../wire/name.ts';
import type { Access } from './access.ts';
import type { EventHub } from './event-hub.ts';
import type { Operation } from './operation.ts';

export interface ApiParts {
  /** Undefined while there is none. */
  readonly registry: () => Registry | undefined;
  /** Follows that registry. */
  readonly hub: EventHub;
  /** See `Registry.waitApplied`. */
  readonly wait: (revision: number, ms: number) => Promise<Waited>;
  /** Whether a name lies in one of the zones that are served, and these in words. */
  readonly inZone: (labels: ReversedLabels) => boolean;
  readonly zones: string;
  readonly access: () => Access;
  readonly version: string;
  /** What other parts offer in the same way. */
  readonly more?: readonly Operation[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Throws a FingerpostError `unavailable` where there is none. */
export function registryOf({ registry }: ApiParts): Registry {
  const open = registry();
  if (open !== undefined) return open;
  throw new FingerpostError('unavailable', 'the registry is not open');
}
