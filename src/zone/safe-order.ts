// The changes of one revision in the order in which no name is gone for a moment.
import type { Change } from '../service/entry.ts';

/**
 * The last change of each key, deletions last: a name that loses one key and gets another in the same revision exists
 * all the while, also for whoever looks on from another thread.
 */
export function inSafeOrder(changes: readonly Change[]): readonly Change[] {
  if (changes.length < 2) return changes;
  const last = new Map(
    changes.map((change) => [change.kind === 'put' ? change.entry.key : change.key, change]),
  );
  return [...last.values()].sort((a, b) => Number(a.kind === 'delete') - Number(b.kind === 'delete'));
}
