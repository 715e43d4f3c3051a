// Words that the pool and its workers signal each other with, each on a cache line of its own.

export const Signal = {
  /** Not 0: workers end. */
  STOP: 0,
  /** Counts up with every batch that left misses; the main thread waits on it. */
  MISSES: 16,
  /** 1 while the main thread waits, or is about to: only then does it have to be woken, which costs a system call. */
  WAITING: 32,
} as const;

export function signalMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(192);
}
