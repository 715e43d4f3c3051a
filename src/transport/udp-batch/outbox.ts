// Replies on their way out: filled slot by slot, sent as one batch, what the system refuses counted and left behind.
import type { Packets } from './packets.ts';
import { Errno, errno, send } from './syscalls.ts';

/** How often a full send buffer is waited for (each time as long as the socket's send time-out) before replies are given up. */
const PATIENCE = 3;

/**
 * Sends the first `count` slots over `fd`; how many could not be sent. With `wait` a full buffer is waited for, without
 * it what does not fit is given up at once.
 */
export function sendAll(fd: number, packets: Packets, count: number, wait: boolean): number {
  let failed = 0;
  let waited = 0;
  for (let first = 0; first < count; ) {
    const sent = send(fd, packets.headersFrom(first), count - first, wait);
    if (sent > 0) {
      first += sent;
      continue;
    }
    const error = errno();
    if (error === Errno.EINTR) continue;
    if ((error === Errno.EAGAIN || error === Errno.ENOBUFS) && wait && ++waited <= PATIENCE) continue;
    if (error === Errno.EAGAIN) return failed + count - first;
    // The first one cannot be sent (unreachable, not permitted, from port 0): the others may.
    failed++;
    first++;
  }
  return failed;
}
