// Properties that have to wait: for changes that count from the next turn of the event loop on.
import fc from 'fast-check';
import { SEED } from '../support/property.ts';

/** As `holds` of the support folder, for an asynchronous property. */
export async function holdsSoon<T>(property: fc.IAsyncProperty<T>, cases = 100): Promise<void> {
  await fc.assert(property, { seed: SEED, numRuns: cases * Number(process.env.FC_TIMES ?? 1) });
}
