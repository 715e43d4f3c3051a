// How the server stands to its registry, for people and for machines that watch: what /healthz and /readyz say.
import { messageOf } from '../base/errors.ts';
import type { GroupStatus, ServerStatus } from '../upstream/status.ts';

export interface Health {
  /** Its URL, without a password. */
  readonly registry: string;
  readonly state: 'starting' | 'synced' | 'stale' | 'stopping';
  /** Cut off since, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** It has been stale for so long that questions are answered SERVFAIL. */
  readonly expired?: boolean;
  /** What is served while it is stale: the most that TTLs may be, and for how long, both in seconds. */
  readonly policy?: { readonly staleTtl: number; readonly staleMax: number | 'never' };
  /** The registry revision that answers are up to date with. */
  readonly revision: number;
  readonly cause?: unknown;
  /** The servers that are asked about names outside the zones; absent or empty where none are. */
  readonly upstream?: readonly GroupStatus[];
  /** Names whose services are held although their leases ran out; absent or empty where there are none. */
  readonly held?: readonly HeldName[];
}

export interface HeldName {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** How many leased services it had, and how many of those are held. */
  readonly of: number;
  readonly held: number;
}

/** So many of them are listed. */
const MOST_HELD = 20;

/** Stale is still ready: what was known stays in force, and all servers lose the registry at once. */
export function isReady({ state, expired }: Health): boolean {
  return state !== 'starting' && state !== 'stopping' && expired !== true;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Until when it is served although it is stale; undefined for as long as it takes, and where it is not stale. */
function servedUntil({ state, since, policy }: Health): number | undefined {
  if (state !== 'stale' || since === undefined || typeof policy?.staleMax !== 'number') return undefined;
  return since + policy.staleMax * 1000;
}

/** The state in a sentence, for people. */
function whyOf(health: Health): string {
  const { state, since, expired, policy } = health;
  switch (state) {
    case 'starting':
      return 'the registry has not been read yet: questions in the zones are answered SERVFAIL';
    case 'synced':
      return 'answers are up to date with the registry';
    case 'stopping':
      return 'it has been told to stop';
    case 'stale': {
      const cut = `cut off from the registry${since === undefined ? '' : ` since ${timeText(since)}`}`;
      if (expired === true)
        return `${cut}, longer than --stale-max: questions in the zones are answered SERVFAIL`;
      const until = servedUntil(health);
      const ttl = policy === undefined ? '' : `, with TTLs of ${policy.staleTtl} s at most`;
      return `${cut}: what was known is served${ttl}${until === undefined ? '' : `, until ${timeText(until)}`}`;
    }
    default:
      return state satisfies never;
  }
}

function upstreamServer({ address, state, since, roundTripMs }: ServerStatus): Record<string, unknown> {
  return {
    address,
    state,
    ...(since === undefined ? {} : { since: timeText(since) }),
    ...(roundTripMs === undefined ? {} : { roundTripMs: Math.round(roundTripMs * 10) / 10 }),
  };
}

function heldName({ name, since, of, held }: HeldName): Record<string, unknown> {
  return { name, since: timeText(since), held, of };
}

export function healthBody(health: Health): Record<string, unknown> {
  const { registry, state, since, expired, revision, cause, upstream = [], held = [] } = health;
  const groups = upstream.map(({ name, servers }) => ({ name, servers: servers.map(upstreamServer) }));
  const until = servedUntil(health);
  return {
    registry,
    state,
    why: whyOf(health),
    revision,
    ...(since === undefined ? {} : { since: timeText(since) }),
    ...(until === undefined ? {} : { servedUntil: timeText(until) }),
    ...(expired === undefined ? {} : { expired }),
    ...(cause === undefined ? {} : { cause: messageOf(cause) }),
    ...(groups.length === 0 ? {} : { upstream: groups }),
    ...(held.length === 0 ? {} : { held: held.slice(0, MOST_HELD).map(heldName) }),
  };
}
