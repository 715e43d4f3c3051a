// How the servers that are asked stand, for health and metrics.
import type { Member, ServerGroup } from './group.ts';

export interface ServerStatus {
  /** `127.0.0.1:53`. */
  readonly address: string;
  /** `loop`: it leads back to us. `down`: it does not answer. */
  readonly state: 'up' | 'down' | 'loop';
  /** Since when it is down, milliseconds since 1970. */
  readonly since?: number;
  /** The smoothed round-trip time in milliseconds; absent where none was measured. */
  readonly roundTripMs?: number;
}

export interface GroupStatus {
  readonly name: string;
  readonly servers: readonly ServerStatus[];
}

export interface ForwarderStatus {
  /** Questions that wait for a reply. */
  readonly waiting: number;
  readonly groups: readonly GroupStatus[];
}

export function groupStatus({ name, members }: ServerGroup): GroupStatus {
  return { name, servers: members.map(serverStatus) };
}

function serverStatus({ server, loops }: Member): ServerStatus {
  const { downSince, roundTrip } = server.standing;
  const speed = roundTrip.mean === undefined ? {} : { roundTripMs: roundTrip.mean };
  if (loops) return { address: server.text, state: 'loop', ...speed };
  if (downSince !== undefined) return { address: server.text, state: 'down', since: downSince, ...speed };
  return { address: server.text, state: 'up', ...speed };
}
