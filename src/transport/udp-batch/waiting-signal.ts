// Words that the main thread and the thread that waits for replies of other servers signal each other with, each on a
// cache line of its own.

export const WaitSignal = {
  /** Not 0: the thread ends. */
  STOP: 0,
  /** 1: the thread is to wait until a socket is ready; it sets it back when one is. */
  ARMED: 16,
  /** Counts up when a socket is ready; the main thread waits on it. */
  READY: 32,
} as const;

export function waitSignalMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(192);
}

/** What the thread is given. */
export interface WaiterParts {
  /** Of the epoll instance that all sockets are in. */
  readonly fd: number;
  readonly signal: SharedArrayBuffer;
}
