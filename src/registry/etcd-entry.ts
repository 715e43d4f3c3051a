// etcd's key-value pairs as entries.
import type { IEvent, IKeyValue } from 'etcd3';
import type { Change, Entry, Lease } from '../service/entry.ts';

export type LeaseLookup = (id: string) => Lease | undefined;

/** The lease that etcd gives to a key without one. */
const NO_LEASE = '0';

/** `toString` copies, so an entry does not keep the page alive that it came in. */
export function entryOf(kv: IKeyValue, lease: LeaseLookup): Entry {
  return {
    key: kv.key.toString(),
    value: kv.value.toString(),
    revision: Number(kv.mod_revision),
    lease: kv.lease === NO_LEASE ? undefined : lease(kv.lease),
    writtenAt: undefined,
  };
}

export function changeOf({ type, kv }: IEvent, lease: LeaseLookup): Change {
  if (type === 'Put') return { kind: 'put', entry: entryOf(kv, lease) };
  return { kind: 'delete', key: kv.key.toString(), revision: Number(kv.mod_revision) };
}

/** Adds the ids of the leases that `kvs` name to `ids`. */
export function collectLeases(kvs: Iterable<IKeyValue>, ids = new Set<string>()): Set<string> {
  for (const { lease } of kvs) if (lease !== NO_LEASE) ids.add(lease);
  return ids;
}
