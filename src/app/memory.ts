// Memory after the first list: what reading it left behind is given back to the system once, before questions come.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Below this many services there is nothing worth giving back. */
const WORTHWHILE = 20_000;

/**
 * A list of hundreds of thousands of keys leaves more than twice its size behind, promoted and scattered over pages that
 * no later collection empties; only V8's last resort does. It takes about 1.5 s for a million services, in which nobody
 * is answered yet; so it is done for the first list only.
 */
export function giveBackMemory(services: number): void {
  if (services < WORTHWHILE) return;
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof gc === 'function') gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
