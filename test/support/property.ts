// Property tests that can be run again: one seed for all of a file, from FC_SEED or the clock, printed at the start.
import fc from 'fast-check';

/** The seed of this run. `FC_SEED=1234 vitest run ...` runs it again. */
export const SEED = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);

/** How many times as many cases as usual, for a night's run. */
const TIMES = Number(process.env.FC_TIMES ?? 1);

console.info(`FC_SEED=${SEED}`);

/** Fails with the smallest counterexample found in `cases` cases. */
export function holds<T>(property: fc.IRawProperty<T, false>, cases = 300): void {
  fc.assert(property, { seed: SEED, numRuns: cases * TIMES });
}
