// The open registry file: still the one at its path, or opened anew when it was replaced.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { FingerpostError } from '../base/errors.ts';
import { openDatabase } from './sqlite-schema.ts';
import { SqliteStore } from './sqlite-store.ts';

/** What stands for a registry that is no file. */
const MEMORY = ':memory:';

/** Milliseconds that a statement may block our thread while another process writes; then we come back later. */
const BUSY_MS = 20;
const BUSY = 5;

export class SqliteFile {
  readonly #path: string;
  readonly #logRows: number | undefined;
  readonly #isDurable: boolean;
  #db: DatabaseSync;
  #store: SqliteStore;
  #identity: string | undefined;

  /** Throws a FingerpostError `registry` when the file cannot be opened, written, or is not ours. */
  constructor(path: string, logRows?: number, isDurable = true) {
    this.#path = path;
    this.#logRows = logRows;
    this.#isDurable = isDurable;
    this.#db = openDatabase(path);
    this.#store = this.#ready();
  }

  get store(): SqliteStore {
    return this.#store;
  }

  /**
   * Opens the file anew if another one lies at its path (a backup was put back): the store is a new one then.
   * Throws a FingerpostError `unavailable` if none does: what we write would be lost, what we know stays in force.
   */
  verify(): void {
    if (this.#path === MEMORY) return;
    const found = identityOf(this.#path);
    if (found === this.#identity) return;
    if (found === undefined) {
      throw new FingerpostError('unavailable', `the registry file ${resolve(this.#path)} was removed`);
    }
    this.close();
    this.#db = openDatabase(this.#path);
    this.#store = this.#ready();
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #ready(): SqliteStore {
    this.#identity = identityOf(this.#path);
    this.#db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    if (!this.#isDurable) this.#db.exec('PRAGMA synchronous = NORMAL'); // no commit waits for the disk
    return new SqliteStore(this.#db, this.#logRows);
  }
}

/** Whether another process holds the lock; it passes. */
export function isBusy(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return false;
  return (Number(thrown.errcode) & 0xff) === BUSY;
}

/** Device and inode; undefined where there is no such file. */
function identityOf(path: string): string | undefined {
  if (path === MEMORY) return undefined;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
  } catch (cause) {
    throw new FingerpostError('unavailable', `the registry file ${resolve(path)} cannot be reached`, {
      cause,
    });
  }
}
