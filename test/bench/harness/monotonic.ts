// CLOCK_MONOTONIC: on Linux it reads the same in every process of the machine.

/** Milliseconds since the machine was started. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
