// The seam between where records live and everything that answers with them.
import type { Batch, Entry, Lease } from '../service/entry.ts';
import type { Waited } from './applied.ts';

export type RegistryState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'synced' }
  /** Cut off since `since` (milliseconds since 1970); what was known stays in force. */
  | { readonly kind: 'stale'; readonly since: number; readonly cause: unknown };

/** A point in a registry's history. */
export interface Position {
  readonly revision: number;
  /** Which history the revision belongs to, in words of the engine. */
  readonly history: string;
}

/** What is known before a watch begins: the registry's state at a position, when that was last all there was. */
export interface Known extends Position {
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * Receives one registry's contents and then its changes, in order:
 * `listing`, `page`*, `listed`, then `batch`*; again from `listing` when the changes between were lost.
 * Nothing here may throw.
 */
export interface RegistrySink {
  /**
   * A whole, consistent list follows, of so many keys where the engine knows. What was known before stays in force until
   * `listed`.
   */
  listing(revision: number, keys?: number): void;
  page(entries: readonly Entry[]): void;
  /** The list is whole: what it did not name is gone. */
  listed(revision: number): void;
  /** The changes of one revision; revisions only grow. */
  batch(batch: Batch): void;
  /**
   * All that was delivered is the registry's state here, now: a later watch may begin from it. Called after `listed` and
   * every second or so while synced; never by an engine that always lists anew.
   */
  position(position: Position): void;
  /**
   * Nothing has changed up to `revision`, as far as the engine can tell: enough to tell people, not to begin a watch from.
   */
  reached?(revision: number): void;
  /**
   * Called on every change of state; `starting` is where it begins and is not announced, nor is a loss that is over
   * within two seconds.
   */
  state(state: RegistryState): void;
}

/** The part of a sink that takes a whole list. */
export type ListSink = Pick<RegistrySink, 'listing' | 'page' | 'listed'>;

export type Write =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly kind: 'delete'; readonly key: string };

/** What must hold of a key for a transaction to be made. */
export interface Condition {
  readonly key: string;
  /** That of its last write; undefined: there is no such key. */
  readonly revision: number | undefined;
}

export interface Listed {
  readonly revision: number;
  readonly entries: Entry[];
}

/** One key at a revision; undefined where it held nothing. */
export interface Got {
  readonly revision: number;
  readonly entry: Entry | undefined;
}

/**
 * A consistent list at a revision, then ordered batches of changes; writes; leases.
 * Every promise rejects with a FingerpostError of code `registry` (refused, broken) or `unavailable` (not reached).
 */
export interface Registry {
  /** For people: the URL without any password. */
  readonly url: string;
  /** Only keys below `<prefix>/` are ever read. */
  readonly prefix: string;
  /** When the watch last heard of the registry, milliseconds since 1970; undefined before it has. */
  readonly lastWord?: number | undefined;
  /**
   * Lists, then follows, for ever: reconnects by itself. It does not keep the process alive by itself. Once only.
   * With `from` the first list is left out where changes since then can still be told.
   */
  watch(sink: RegistrySink, from?: Known): void;
  /** Lists anew, for the sink of the watch. */
  relist(): void;
  /** Every entry whose key is `key` or lies below `<key>/`, sorted by key; by default all under the prefix. */
  list(key?: string): Promise<Listed>;
  /** One key as it is now. */
  get(key: string): Promise<Got>;
  /**
   * `key` as it was just before `revision`; undefined where it held nothing, `unknown` where the registry has forgotten.
   */
  before(key: string, revision: number): Promise<Entry | 'unknown' | undefined>;
  /** All writes in one transaction; the revision that they were made at. A delete of a key that is not there is no error. */
  commit(writes: readonly Write[]): Promise<number>;
  /**
   * As `commit`, if all conditions hold at that moment; undefined where one does not, and nothing was written. A rejection
   * may leave it open whether the writes were made.
   */
  commitIf(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | undefined>;
  /** A new lease of `ttl` seconds. */
  grant(ttl: number): Promise<Lease>;
  /** Renews a lease; false when it is gone. */
  keepAlive(id: string): Promise<boolean>;
  /** Ends a lease and deletes its keys. */
  revoke(id: string): Promise<void>;
  /**
   * Whether a lease whose key was deleted has run out, for a deletion that does not say so. False where the lease is
   * there, so that it was the key alone that a writer deleted, and where it has ended before it could run out. Where an
   * engine cannot tell a lease that was revoked from one that ran out, it counts as the latter.
   */
  hasExpired(lease: string): Promise<boolean>;
  /** Learns how long leases have left, so that `hasExpired` can tell it where they end sooner. Never rejects. */
  heed(leases: Iterable<string>): Promise<void>;
  /**
   * Waits until there are live servers of this registry and all of them have `revision` in their answers, for `ms` at most;
   * what it has come to. Rejects where what they say cannot be read.
   */
  waitApplied(revision: number, ms: number): Promise<Waited>;
  /** Stops the watch and lets go of everything; no sink is called after it resolves. */
  close(): Promise<void>;
}
