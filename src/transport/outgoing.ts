// Which UDP sockets other servers are asked over: those of our own system calls where the system has what they need, else
// the portable ones. The part that asks lies left of this one and knows neither; whoever joins the parts hands them in.
import { openPortable } from '../upstream/udp-portable.ts';
import type { OpenUdp } from '../upstream/udp-socket.ts';
import type { TransportDeps } from './deps.ts';
import { obstacle } from './udp.ts';

export interface Outgoing {
  readonly open: OpenUdp;
  /** Closes all sockets that are still open; none may be opened afterwards. Never rejects. */
  close(): Promise<void>;
}

/** Node's own sockets. */
export const portable: Outgoing = { open: openPortable, close: async () => {} };

/** Chooses. Says nothing where it has to be the portable ones: that is said once for all of UDP, when ports are opened. */
export async function chooseOutgoing(deps: Pick<TransportDeps, 'clock' | 'log'>): Promise<Outgoing> {
  if (obstacle() !== undefined) return portable;
  try {
    const { OutgoingSockets } = await import('./udp-batch/outgoing.ts');
    return new OutgoingSockets(deps);
  } catch {
    return portable;
  }
}
