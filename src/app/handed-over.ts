// Sockets that whoever started the process has opened for it (systemd.socket(5), sd_listen_fds(3)).
import { FingerpostError, messageOf } from '../base/errors.ts';
import type { OpenSocket } from '../transport/deps.ts';
import { ipv4Text, ipv6Text } from '../wire/address.ts';

type Syscalls = typeof import('../transport/udp-batch/syscalls.ts');

/** The first of them; their number stands in LISTEN_FDS. */
const FIRST_FD = 3;
/** More would hardly be meant. */
const MAX_SOCKETS = 1000;

/**
 * The sockets that `env` says were handed over to this process; none where it says so of none, or of another process.
 * The variables are taken out of `env`, so that no process started from here takes the sockets for its own. Rejects with
 * a FingerpostError of code `listen` that names a descriptor that cannot be served.
 */
export async function handedOver(env: NodeJS.ProcessEnv): Promise<readonly OpenSocket[]> {
  const { LISTEN_PID: pid, LISTEN_FDS: fds = '0', LISTEN_FDNAMES: names = '' } = env;
  if (pid !== `${process.pid}`) return [];
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  const count = /^\d{1,4}$/.test(fds) ? Number(fds) : MAX_SOCKETS + 1;
  if (count > MAX_SOCKETS)
    throw new FingerpostError('listen', `LISTEN_FDS: read "${fds}", allowed: 0 to ${MAX_SOCKETS}`);
  if (count === 0) return [];
  const calls = await syscalls();
  const labels = names.split(':');
  return Array.from({ length: count }, (_, i) => openSocket(calls, FIRST_FD + i, labels[i] ?? ''));
}

async function syscalls(): Promise<Syscalls> {
  try {
    return await import('../transport/udp-batch/syscalls.ts');
  } catch (cause) {
    const why = `sockets that were handed over (LISTEN_FDS) cannot be used here: ${messageOf(cause)}`;
    throw new FingerpostError('listen', why, { cause });
  }
}

function openSocket({ describeSocket }: Syscalls, fd: number, label: string): OpenSocket {
  const found = describeSocket(fd);
  if (found.kind === 'other') {
    const which = label === '' ? `descriptor ${fd}` : `descriptor ${fd} (${label})`;
    const allowed = 'allowed: UDP sockets, and TCP sockets that listen, of IPv4 and IPv6';
    throw new FingerpostError('listen', `${which} that was handed over: ${found.why}; ${allowed}`);
  }
  const { address, port, scope } = found.name;
  const plain = address.length === 4 ? ipv4Text(address) : ipv6Text(address);
  return { protocol: found.kind, fd, host: scope === 0 ? plain : `${plain}%${scope}`, port };
}
