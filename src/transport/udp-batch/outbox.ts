// Replies on their way out: filled slot by slot, sent as one batch, what the system refuses counted and left behind.
import type { Packets } from './packets.ts';
import { Errno, errno, send } from './syscalls.ts';

/** How often a full send buffer is waited for (each time as long as the socket's send time-out) before replies are given up. */
const PATIENCE = 3;

/** What is done after a send that failed. */
export const Then = {
  AGAIN: 0,
  /** The buffer is full and stays so: nothing more can be sent. */
  GIVE_UP: 1,
  /** The first message cannot be sent as it is (unreachable, not permitted, from port 0): the others may. */
  PASS_OVER: 2,
} as const;
export type Then = (typeof Then)[keyof typeof Then];

/** Judges failed sends of one batch. One object serves all batches of a thread, one after the other. */
export class Patience {
  #wait = false;
  #waited = 0;

  /** Begins a batch; with `wait` a full buffer is waited for, without it what does not fit is given up at once. */
  begin(wait: boolean): void {
    this.#wait = wait;
    this.#waited = 0;
  }

  /** Whether the next send waits for room. */
  get waits(): boolean {
    return this.#wait;
  }

  judge(error: number): Then {
    if (error === Errno.EINTR) return Then.AGAIN;
    const isFull = error === Errno.EAGAIN || error === Errno.ENOBUFS;
    if (isFull && this.#wait && ++this.#waited <= PATIENCE) return Then.AGAIN;
    if (error !== Errno.EAGAIN) return Then.PASS_OVER;
    // What is tried all the same is not waited for.
    this.#wait = false;
    return Then.GIVE_UP;
  }
}

/** Sends `count` slots from `first` on over `fd`, with the patience that is left; how many could not be sent. */
export function sendSlots(
  fd: number,
  packets: Packets,
  first: number,
  count: number,
  patience: Patience,
): number {
  const end = first + count;
  let failed = 0;
  for (let slot = first; slot < end; ) {
    const sent = send(fd, packets.headersFrom(slot), end - slot, patience.waits);
    if (sent > 0) {
      slot += sent;
      continue;
    }
    const then = patience.judge(errno());
    if (then === Then.AGAIN) continue;
    if (then === Then.GIVE_UP) return failed + end - slot;
    failed++;
    slot++;
  }
  return failed;
}
