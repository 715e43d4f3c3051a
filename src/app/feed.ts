// The joint between registry and zones: what the registry delivers is applied, and what happens is counted and logged.
import type { Counters } from '../base/counters.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { noProgress, type Progress, type ShowProgress } from '../base/progress.ts';
import type { Known, ListSink, Position, RegistrySink, RegistryState } from '../registry/registry.ts';
import type { Batch, Entry } from '../service/entry.ts';
import type { Ages } from '../zone/ages.ts';
import type { Bad } from '../zone/bad-records.ts';
import type { Contents } from '../zone/contents.ts';
import type { ExpiryGuard } from './expiry-guard.ts';
import type { StalePolicy } from './stale-policy.ts';

/** How the server stands to its registry. */
export interface Standing {
  readonly state: RegistryState;
  /** A whole list has been applied: questions can be answered. */
  readonly listed: boolean;
}

/** The state in one word: nothing can be answered before a whole list was, however the registry is. */
export function wordOf({ state, listed }: Standing): RegistryState['kind'] {
  if (!listed) return 'starting';
  return state.kind === 'stale' ? 'stale' : 'synced';
}

/** Is told how far changes have been applied. */
export interface Applied {
  /** Up to a revision that has changed something, or that a whole list is of. */
  applied(revision: number): void;
  /** Up to a revision that changed nothing. */
  reached(revision: number): void;
}

export interface FeedParts {
  readonly contents: Contents;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly policy: StalePolicy;
  /** Shows how far listing has come. */
  readonly progress?: ShowProgress;
  readonly expiry: ExpiryGuard;
  readonly ages: Ages;
  /** How far changes have been applied. */
  readonly applied: Applied;
  /** Called once, when the first whole list has been applied. */
  readonly onFirstList: () => void;
}

interface Listing {
  readonly progress: Progress;
  /** How many keys it has; undefined where nobody knows. */
  readonly keys: number | undefined;
  done: number;
}

/** Receives a registry's contents and keeps the zones equal to them. */
export class Feed implements RegistrySink {
  readonly #parts: FeedParts;
  #standing: Standing = { state: { kind: 'starting' }, listed: false };
  /** The list that is coming in. */
  #list: Listing | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#show();
  }

  get standing(): Standing {
    return this.#standing;
  }

  listing(revision: number, keys?: number): void {
    const { contents, counters, logger, progress = noProgress } = this.#parts;
    logger.debug({ revision }, 'listing the registry');
    counters.relists.inc();
    contents.listing();
    this.#list?.progress.end();
    this.#list = { progress: progress('reading the registry', 'services'), keys, done: 0 };
  }

  page(entries: readonly Entry[]): void {
    this.#parts.contents.page(entries);
    const list = this.#list;
    if (list === undefined) return;
    list.done += entries.length;
    list.progress.reached(list.done, list.keys);
  }

  #endList(): void {
    this.#list?.progress.end();
    this.#list = undefined;
  }

  listed(revision: number): void {
    this.#endList();
    this.#listed(revision, 'registry listed');
  }

  /** Takes a snapshot, which is no list of the registry and not counted as one. */
  get fromSnapshot(): ListSink {
    return {
      listing: () => this.#parts.contents.listing(),
      page: (entries) => this.page(entries),
      listed: (revision) => this.#listed(revision, 'snapshot read'),
    };
  }

  /** What the snapshot holds is about to be in force, and as old as it is. */
  restored({ since }: Known): void {
    const cause = new FingerpostError('unavailable', 'the registry has not been reached yet');
    this.state({ kind: 'stale', since, cause });
  }

  #listed(revision: number, message: string): void {
    const { contents, logger, expiry, onFirstList } = this.#parts;
    // What a restored registry has lost did not expire.
    if (revision < contents.revision) expiry.clear();
    contents.listed(revision);
    this.#parts.ages.note(revision);
    this.measure();
    const fields = {
      revision,
      services: contents.services,
      bad: contents.bad.size,
      outside: contents.outside,
    };
    logger.info(fields, message);
    this.#parts.applied.applied(revision);
    if (this.#standing.listed) return;
    this.#standing = { ...this.#standing, listed: true };
    this.#show();
    onFirstList();
  }

  batch(batch: Batch): void {
    const { contents, counters } = this.#parts;
    contents.apply(batch);
    this.#parts.ages.note(batch.revision);
    counters.changes.inc(batch.changes.length);
    this.measure();
    this.#parts.applied.applied(batch.revision);
  }

  position({ revision }: Position): void {
    this.#parts.applied.reached(revision);
  }

  reached(revision: number): void {
    this.#parts.applied.reached(revision);
  }

  /** The registry itself logs changes of state, with their cause. */
  state(state: RegistryState): void {
    if (state.kind === 'stale') this.#endList();
    this.#standing = { ...this.#standing, state };
    const { counters, policy } = this.#parts;
    policy.state(state);
    this.#show();
    counters.synced.set(state.kind === 'synced' ? 1 : 0);
    counters.staleSince.set(state.kind === 'stale' ? state.since / 1000 : 0);
  }

  #show(): void {
    const { stateStarting, stateSynced, stateStale } = this.#parts.counters;
    const word = wordOf(this.#standing);
    stateStarting.set(word === 'starting' ? 1 : 0);
    stateSynced.set(word === 'synced' ? 1 : 0);
    stateStale.set(word === 'stale' ? 1 : 0);
  }

  /** Shows what is served now. */
  measure(): void {
    const { contents, counters } = this.#parts;
    counters.revision.set(contents.revision);
    counters.services.set(contents.services);
    counters.leased.set(contents.leased);
    counters.badRecords.set(contents.bad.size);
    counters.quarantined.set(contents.quarantined);
    counters.outsideKeys.set(contents.outside);
  }
}

/** Logs a record that cannot be used. */
export function logBad(logger: Logger, { key, revision, problem, kept }: Bad): void {
  if (kept === undefined) logger.warn({ key, revision, problem }, 'record cannot be used and is left out');
  else logger.warn({ key, revision, problem, kept }, 'record cannot be used: its last good value is served');
}
