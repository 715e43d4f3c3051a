// The embedded engine: one SQLite file, so that one command runs with nothing else installed.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import { type Logger, silent } from '../base/log.ts';
import type { Entry, Lease } from '../service/entry.ts';
import { statusPrefix, type Waited } from './applied.ts';
import { waitOn } from './applied-board.ts';
import { below, checkConditions, checkKey, checkTtl, checkWrites } from './keys.ts';
import type { Condition, Got, Listed, Registry, RegistrySink, Write } from './registry.ts';
import { isBusy, SqliteFile } from './sqlite-file.ts';
import { SqliteFollower } from './sqlite-follower.ts';
import { changeOf, entryOf } from './sqlite-rows.ts';
import { FIRST_REVISION } from './sqlite-schema.ts';
import type { SqliteStore } from './sqlite-store.ts';

export interface SqliteRegistryOptions {
  readonly url: string;
  readonly prefix: string;
  /** A file, or `:memory:`. */
  readonly path: string;
  /** How many changes the log keeps; a watch that is further behind lists anew. */
  readonly logRows?: number;
  /** Whether what was acknowledged survives a loss of power; true unless it is given. */
  readonly isDurable?: boolean;
}

export interface SqliteRegistryDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** How long a write waits, without blocking, for another process to finish its own; milliseconds. */
const WRITE_MS = 5_000;
const RETRY_MS = 10;

export class SqliteRegistry implements Registry {
  readonly url: string;
  readonly prefix: string;
  readonly #path: string;
  readonly #file: SqliteFile;
  readonly #deps: SqliteRegistryDeps;
  #follower: SqliteFollower | undefined;
  #closed = false;

  /** Throws a FingerpostError `registry` when the file cannot be opened, written, or is not ours. */
  constructor(options: SqliteRegistryOptions, deps: SqliteRegistryDeps) {
    this.url = options.url;
    this.prefix = options.prefix;
    this.#path = options.path;
    this.#file = new SqliteFile(options.path, options.logRows, options.isDurable);
    this.#deps = deps;
  }

  get lastWord(): number | undefined {
    return this.#follower?.lastWord;
  }

  /** It always lists: the file is at hand, and may be another one than before. */
  watch(sink: RegistrySink): void {
    if (this.#follower !== undefined)
      throw new FingerpostError('registry', 'the registry is watched already');
    const { prefix, url } = this;
    this.#follower = new SqliteFollower({ ...this.#deps, file: this.#file, prefix, url, sink });
    this.#follower.start();
  }

  relist(): void {
    this.#follower?.relist();
  }

  async list(key: string = this.prefix): Promise<Listed> {
    if (key !== this.prefix) checkKey(this.prefix, key);
    return this.#do((store, now) => {
      if (store.nextExpiry() <= now) store.transaction('write', () => store.expire(now));
      return store.transaction('read', () => listed(store, key));
    });
  }

  async get(key: string): Promise<Got> {
    checkKey(this.prefix, key);
    return this.#do((store, now) => {
      if (store.nextExpiry() <= now) store.transaction('write', () => store.expire(now));
      return store.transaction('read', () => got(store, key));
    });
  }

  async before(key: string, revision: number): Promise<Entry | 'unknown' | undefined> {
    checkKey(this.prefix, key);
    return this.#do((store) => store.transaction('read', () => entryBefore(store, key, revision)));
  }

  async commit(writes: readonly Write[]): Promise<number> {
    checkWrites(this.prefix, writes);
    return this.#write((store, now) => store.apply(writes, now));
  }

  async commitIf(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | undefined> {
    checkConditions(this.prefix, conditions);
    checkWrites(this.prefix, writes);
    return this.#write((store, now) => {
      const holds = conditions.every(({ key, revision }) => store.entry(key)?.revision === revision);
      return holds ? store.apply(writes, now) : undefined;
    });
  }

  async grant(ttl: number): Promise<Lease> {
    checkTtl(ttl);
    return this.#write((store, now) => store.grant(ttl, now));
  }

  async keepAlive(id: string): Promise<boolean> {
    return this.#write((store, now) => store.keepAlive(id, now));
  }

  async revoke(id: string): Promise<void> {
    await this.#write((store, now) => store.revoke(id, now));
  }

  /** Those that have run out are told with the deletion. */
  async hasExpired(): Promise<boolean> {
    return false;
  }

  async heed(): Promise<void> {}

  async waitApplied(revision: number, ms: number): Promise<Waited> {
    const options = { url: this.url, path: this.#path, prefix: statusPrefix(this.prefix) };
    return waitOn(new SqliteRegistry(options, { ...this.#deps, logger: silent }), revision, ms);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#follower?.close();
    this.#file.close();
  }

  /** One transaction, in which no lease that has run out is left; our own watch sees it before this resolves. */
  #write<T>(work: (store: SqliteStore, now: number) => T): Promise<T> {
    return this.#do((store, now) =>
      store.transaction('write', () => {
        store.expire(now);
        return work(store, now);
      }),
    );
  }

  /** Tries until no other process is in the way. Rejects with a FingerpostError. */
  async #do<T>(work: (store: SqliteStore, now: number) => T): Promise<T> {
    await turn(); // never inside a call of the watch, and a loop of writes leaves time for everything else
    const end = performance.now() + WRITE_MS;
    for (;;) {
      try {
        if (this.#closed) throw new FingerpostError('registry', 'the registry was closed');
        this.#file.verify();
        const result = work(this.#file.store, this.#deps.clock.now());
        this.#follower?.look();
        return result;
      } catch (thrown) {
        if (!isBusy(thrown)) throw this.#failed(thrown);
        if (performance.now() > end) throw this.#locked(thrown);
      }
      await delay(RETRY_MS);
    }
  }

  #failed(cause: unknown): FingerpostError {
    if (cause instanceof FingerpostError) return cause;
    return new FingerpostError('registry', `the registry file ${this.#path} failed`, { cause });
  }

  #locked(cause: unknown): FingerpostError {
    const message = `the registry file ${this.#path} is locked by another process`;
    return new FingerpostError('unavailable', message, { cause });
  }
}

function entryBefore(store: SqliteStore, key: string, revision: number): Entry | 'unknown' | undefined {
  const row = store.changeBefore(key, revision);
  if (row === undefined) return store.horizon().compacted > FIRST_REVISION ? 'unknown' : undefined;
  const change = changeOf(row);
  return change.kind === 'put' ? change.entry : undefined;
}

function got(store: SqliteStore, key: string): Got {
  const row = store.entry(key);
  return { revision: store.horizon().revision, entry: row === undefined ? undefined : entryOf(row) };
}

function listed(store: SqliteStore, key: string): Listed {
  const { revision } = store.horizon();
  const own = store.entry(key);
  const entries: Entry[] = own === undefined ? [] : [entryOf(own)];
  const range = below(key);
  for (const row of store.page(range, range.start, -1)) entries.push(entryOf(row));
  return { revision, entries };
}
