// How the servers outside stand, as metrics: one line for each server, of which there are as many as were configured.
import type { GroupStatus, ServerStatus } from '../upstream/status.ts';
import { type Family, line } from './family.ts';

export function upstreamFamilies(status: () => readonly GroupStatus[]): Family[] {
  /** A server may be asked for several zones: it is shown once. */
  const servers = (): Iterable<ServerStatus> => {
    const all = status().flatMap((group) => group.servers);
    return new Map(all.map((server) => [server.address, server])).values();
  };
  const up = 'fingerpost_upstream_up';
  const roundTrip = 'fingerpost_upstream_round_trip_seconds';
  return [
    {
      name: up,
      help: '1 for a server outside that answers, 0 for one that does not or leads back here.',
      kind: 'gauge',
      *lines() {
        for (const { address, state } of servers()) yield line(up, [['to', address]], state === 'up' ? 1 : 0);
      },
    },
    {
      name: roundTrip,
      help: 'How long a server outside takes to answer over UDP, smoothed.',
      kind: 'gauge',
      *lines() {
        for (const { address, roundTripMs } of servers())
          if (roundTripMs !== undefined) yield line(roundTrip, [['to', address]], roundTripMs / 1000);
      },
    },
  ];
}
