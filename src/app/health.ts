// How the server stands, put together from what its parts say.
import type { Health, HeldName } from '../observe/health.ts';
import type { RegistryState } from '../registry/registry.ts';
import type { GroupStatus } from '../upstream/status.ts';
import { type Standing, wordOf } from './feed.ts';
import type { StaleOptions } from './stale-policy.ts';

export interface Said {
  /** The registry's URL; empty where none is open. */
  readonly registry: string;
  readonly isStopping: boolean;
  readonly standing: Standing;
  readonly revision: number;
  readonly upstream: readonly GroupStatus[];
  /** What is known is too old to be told. */
  readonly expired: boolean;
  readonly held: readonly HeldName[];
  readonly options: StaleOptions;
}

/** Since when and why it is cut off, where it is. */
function cut(state: RegistryState): { since?: number; cause?: unknown } {
  return state.kind === 'stale' ? { since: state.since, cause: state.cause } : {};
}

export function healthOf({ standing, expired, held, isStopping, options, ...said }: Said): Health {
  if (isStopping) return { ...said, state: 'stopping' };
  const { staleTtl, staleMax } = options;
  const parts = { ...cut(standing.state), ...(expired && { expired }), held, policy: { staleTtl, staleMax } };
  return { ...said, state: wordOf(standing), ...parts };
}

/**
 * Seconds since the last word from the registry at `lastWord` (milliseconds since 1970), or since what a snapshot holds was
 * heard; undefined before either.
 */
export function lagOf({ state }: Standing, lastWord: number | undefined, now: number): number | undefined {
  const heard = lastWord ?? (state.kind === 'stale' ? state.since : undefined);
  return heard === undefined ? undefined : Math.max(0, now - heard) / 1000;
}
