// Rows of the embedded registry as entries, changes and batches.
import type { Batch, Change, Entry, Lease } from '../service/entry.ts';

/**
 * A row of `entry`, and of `change` where `value` is NULL for a deletion, which names a lease where it came of the lease's
 * running out; `null` stands for NULL.
 */
export interface Row {
  readonly key: string;
  readonly value: string | null;
  readonly revision: number;
  readonly lease: number | null;
  readonly ttl: number | null;
  readonly written: number;
}

export const COLUMNS = 'key, value, revision, lease, ttl, written';

export function entryOf(row: Row): Entry {
  return {
    key: row.key,
    value: row.value ?? '',
    revision: row.revision,
    lease: leaseOf(row),
    writtenAt: row.written,
  };
}

export function changeOf(row: Row): Change {
  if (row.value !== null) return { kind: 'put', entry: entryOf(row) };
  const { key, revision } = row;
  return row.lease === null
    ? { kind: 'delete', key, revision }
    : { kind: 'delete', key, revision, expired: true };
}

/** Cuts rows of the log, in its order, into one batch per revision. */
export function batchesOf(rows: readonly Row[]): Batch[] {
  const batches: { revision: number; changes: Change[] }[] = [];
  for (const row of rows) {
    const last = batches.at(-1);
    if (last?.revision === row.revision) last.changes.push(changeOf(row));
    else batches.push({ revision: row.revision, changes: [changeOf(row)] });
  }
  return batches;
}

function leaseOf({ lease, ttl }: Row): Lease | undefined {
  return lease === null ? undefined : { id: String(lease), ttl: ttl ?? 0 };
}
