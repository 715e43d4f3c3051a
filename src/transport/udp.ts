// Which UDP transport serves: batches in worker threads where the system has what they need, else the portable one.
import { endianness } from 'node:os';
import { messageOf } from '../base/errors.ts';
import type { GuardMemory } from '../guard/guard.ts';
import type { Respond } from '../query/responder.ts';
import type { TableMemory } from '../table/layout.ts';
import type { TapMemory } from '../tap/writer.ts';
import type { TransportDeps } from './deps.ts';
import type { Open } from './listen.ts';
import type { UdpPool } from './udp-batch/pool.ts';
import { listenUdp } from './udp-portable.ts';

export interface UdpParts {
  readonly respond: Respond;
  readonly table: TableMemory;
  /** Default: everything is answered to everyone. */
  readonly guard?: GuardMemory;
  /** Makes each worker a ring for what it notes; default: nothing is noted. */
  readonly tap?: () => TapMemory;
  /** Threads for each address; 0 for the portable transport. */
  readonly workers: number;
  /** Other processes may share the ports; default: they must be free. */
  readonly sharesPort?: boolean;
}

export interface Udp {
  readonly open: Open;
  /** The workers; undefined where UDP is portable. */
  readonly pool: UdpPool | undefined;
}

/** Why batches cannot be had here; undefined where they can, as far as can be told without trying. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return `the system is ${process.platform}, not linux`;
  // The structures of the system calls are laid out for 64-bit little-endian machines.
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)) {
    return `the processor is ${process.arch}`;
  }
  return undefined;
}

/** Chooses; says once why where batches were wanted and cannot be had. */
export async function chooseUdp(parts: UdpParts, deps: TransportDeps): Promise<Udp> {
  const portable: Udp = {
    open: (address) => listenUdp(address, parts.respond, deps, parts),
    pool: undefined,
  };
  if (parts.workers === 0) return portable;
  const reason = obstacle();
  if (reason === undefined) {
    try {
      const { UdpPool } = await import('./udp-batch/pool.ts');
      const pool = new UdpPool(parts, deps);
      return { open: (address) => pool.open(address), pool };
    } catch (error) {
      deps.log.warn(
        { reason: messageOf(error) },
        'UDP is served the portable way: batched system calls cannot be used',
      );
      return portable;
    }
  }
  deps.log.warn({ reason }, 'UDP is served the portable way: batched system calls cannot be used');
  return portable;
}
