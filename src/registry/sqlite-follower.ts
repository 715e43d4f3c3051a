// Follows the embedded registry for ever: looks for changes, also those of other processes, and ends leases.
import type { Cancel, Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { below, type KeyRange } from './keys.ts';
import type { RegistrySink } from './registry.ts';
import { isBusy, type SqliteFile } from './sqlite-file.ts';
import { batchesOf, entryOf, type Row } from './sqlite-rows.ts';
import type { Horizon, SqliteStore } from './sqlite-store.ts';
import { Status } from './status.ts';

export interface SqliteFollowerDeps {
  readonly file: SqliteFile;
  readonly prefix: string;
  readonly url: string;
  readonly sink: RegistrySink;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Between two looks, in milliseconds: others' writes are seen well within 100 ms, and idling costs next to nothing. */
const LOOK_MS = 50;
/** After a failure. */
const RETRY_MS = 500;
/** How often the file at the path is compared with the one that is open. */
const VERIFY_MS = 1_000;
const PAGE_ROWS = 10_000;
/** So many leases end in one look at the most: thousands may run out at once, and questions want their turn. */
const MOST_EXPIRED = 500;

export class SqliteFollower {
  readonly #deps: SqliteFollowerDeps;
  readonly #range: KeyRange;
  readonly #status: Status;
  /** Everything up to this revision was delivered; `undefined`: a list is needed. */
  #revision: number | undefined;
  #store: SqliteStore | undefined;
  #version: number | undefined;
  #nextExpiry = 0;
  #verified = 0;
  #cancel: Cancel = () => {};
  #closed = false;

  constructor(deps: SqliteFollowerDeps) {
    this.#deps = deps;
    this.#range = below(deps.prefix);
    this.#status = new Status(deps);
  }

  /** When the file was last looked at, milliseconds since 1970. */
  get lastWord(): number | undefined {
    return this.#status.lastWord;
  }

  start(): void {
    this.#again(0);
  }

  close(): void {
    this.#closed = true;
    this.#status.close();
    this.#cancel();
  }

  /** The next look delivers a whole list. */
  relist(): void {
    this.#revision = undefined;
    this.#version = undefined;
  }

  /** Delivers what was written, at once. Never throws. */
  look(): void {
    this.#version = undefined;
    this.#attempt();
  }

  #again(ms: number): void {
    this.#cancel();
    if (this.#closed) return;
    this.#cancel = this.#deps.clock.after(ms, () => this.#again(this.#attempt() ? LOOK_MS : RETRY_MS));
  }

  /** One look; false when it failed. */
  #attempt(): boolean {
    try {
      this.#look();
      return true;
    } catch (cause) {
      this.#status.stale(asError(cause));
      this.#version = undefined;
      return false;
    }
  }

  #look(): void {
    if (this.#closed) return;
    const now = this.#deps.clock.now();
    const store = this.#current(now);
    this.#catchUp(store);
    if (this.#nextExpiry <= now && this.#expire(store, now)) this.#catchUp(store);
    this.#status.heard();
  }

  #catchUp(store: SqliteStore): void {
    const version = store.version();
    if (version === this.#version) return;
    this.#deliver(store);
    this.#nextExpiry = store.nextExpiry();
    this.#version = version;
    this.#status.synced(this.#revision ?? 0);
    if (this.#revision !== undefined) this.#deps.sink.reached?.(this.#revision);
  }

  /** The store to read; what was known does not count when it is another file's. */
  #current(now: number): SqliteStore {
    const { file } = this.#deps;
    if (Math.abs(now - this.#verified) >= VERIFY_MS) {
      file.verify();
      this.#verified = now;
    }
    if (file.store !== this.#store) {
      this.#store = file.store;
      this.#revision = undefined;
      this.#version = undefined;
    }
    return file.store;
  }

  /** False when another process is writing: the next look will do. */
  #expire(store: SqliteStore, now: number): boolean {
    try {
      store.transaction('write', () => store.expire(now, MOST_EXPIRED));
      this.#version = undefined;
      return true;
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      throw thrown;
    }
  }

  #deliver(store: SqliteStore): void {
    const rows = store.transaction('read', () => this.#read(store));
    for (const batch of batchesOf(rows)) this.#deps.sink.batch(batch);
  }

  /** What changed, in the log's order; lists instead if the log does not reach back to what is known. */
  #read(store: SqliteStore): Row[] {
    const horizon = store.horizon();
    const known = this.#revision;
    if (known === undefined || known < horizon.compacted || known > horizon.revision) {
      this.#list(store, horizon);
      return [];
    }
    this.#revision = horizon.revision;
    return known === horizon.revision ? [] : store.changes(this.#range, known);
  }

  #list(store: SqliteStore, { revision }: Horizon): void {
    const { sink } = this.#deps;
    sink.listing(revision, store.count(this.#range));
    let rows: Row[] = [];
    do {
      rows = store.page(this.#range, rows.at(-1)?.key ?? this.#range.start, PAGE_ROWS);
      if (rows.length > 0) sink.page(rows.map(entryOf));
    } while (rows.length === PAGE_ROWS);
    sink.listed(revision);
    this.#revision = revision;
  }
}

function asError(cause: unknown): FingerpostError {
  if (cause instanceof FingerpostError) return cause;
  return new FingerpostError('registry', 'the registry file cannot be read', { cause });
}
