// Words that the pool and its workers signal each other with, each on a cache line of its own.

export const Signal = {
  /** Not 0: workers end, as `Stop` says. */
  STOP: 0,
  /** Counts up with every batch that left misses; the main thread waits on it. */
  MISSES: 16,
  /** 1 while the main thread waits, or is about to: only then does it have to be woken, which costs a system call. */
  WAITING: 32,
} as const;

/** How workers end: when nothing is left in their sockets, or after the batch in hand. */
export const Stop = { WHEN_EMPTY: 1, NOW: 2 } as const;

export function signalMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(192);
}
