// What a registry holds and how it changes, as data: keys, values, revisions, leases.

/** A lease: the keys bound to it vanish when it is not kept alive. */
export interface Lease {
  readonly id: string;
  /** The TTL that was granted, in seconds. */
  readonly ttl: number;
}

/** One key with its value, as of one revision. */
export interface Entry {
  /** The full key, prefix included: `/skydns/local/skydns/rails/1`. */
  readonly key: string;
  readonly value: string;
  /** Revision of the last write to this key. */
  readonly revision: number;
  readonly lease: Lease | undefined;
  /** When it was written, in milliseconds since 1970, where the registry knows (etcd does not). */
  readonly writtenAt: number | undefined;
}

export type Change =
  | { readonly kind: 'put'; readonly entry: Entry }
  | {
      readonly kind: 'delete';
      readonly key: string;
      readonly revision: number;
      /** Its lease has run out, where the registry says so by itself (etcd does not: see `Registry.hasExpired`). */
      readonly expired?: true;
    };

/** All changes of one revision: they become visible together. */
export interface Batch {
  readonly revision: number;
  readonly changes: readonly Change[];
}
