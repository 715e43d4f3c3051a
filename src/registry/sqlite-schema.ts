// The file of the embedded registry: opening it, knowing our own from foreign ones, creating its tables.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FingerpostError, messageOf } from '../base/errors.ts';

/** `FPST`, in SQLite's application_id. */
const APPLICATION = 0x46505354;
const VERSION = 1;
/** Of a registry in which nothing was ever written, as in etcd. */
export const FIRST_REVISION = 1;
/** Milliseconds that SQLite waits for another process, blocking ours. */
const OPEN_BUSY_MS = 5_000;

const TABLES = `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,   -- of the last change
    compacted INTEGER NOT NULL   -- changes up to here have left the log
  );
  INSERT INTO state VALUES (1, ${FIRST_REVISION}, ${FIRST_REVISION});
  CREATE TABLE lease (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ttl INTEGER NOT NULL,        -- seconds, as granted
    expires INTEGER NOT NULL     -- milliseconds since 1970
  );
  CREATE INDEX lease_expires ON lease (expires);
  CREATE TABLE entry (
    key TEXT PRIMARY KEY,        -- compared by its UTF-8 bytes, as etcd does
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    lease INTEGER,
    ttl INTEGER,                 -- of the lease
    written INTEGER NOT NULL     -- milliseconds since 1970
  ) WITHOUT ROWID;
  CREATE INDEX entry_lease ON entry (lease) WHERE lease IS NOT NULL;
  CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT,                  -- NULL: deleted
    lease INTEGER,
    ttl INTEGER,
    written INTEGER NOT NULL
  );
  CREATE INDEX change_revision ON change (revision);
`;

/**
 * Opens the registry at `path` (`:memory:` for none), creating it if it is not there.
 * Throws a FingerpostError `registry` that names the path and the reason.
 */
export function openDatabase(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: OPEN_BUSY_MS });
    prepare(db);
    return db;
  } catch (cause) {
    if (db?.isOpen) db.close();
    const reason =
      cause instanceof FingerpostError ? cause.message : (placeProblem(path) ?? messageOf(cause));
    throw new FingerpostError('registry', `the registry file ${resolve(path)} cannot be used: ${reason}`, {
      cause,
    });
  }
}

function prepare(db: DatabaseSync): void {
  inspect(db); // before anything is written: a foreign file must stay as it is
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL'); // what was acknowledged survives a loss of power
  db.exec('BEGIN IMMEDIATE'); // fails here, not at the first write, if the file cannot be written
  if (inspect(db) === 'empty') {
    db.exec(TABLES);
    db.exec(`PRAGMA application_id = ${APPLICATION}`);
    db.exec(`PRAGMA user_version = ${VERSION}`);
  }
  db.exec('COMMIT');
}

function inspect(db: DatabaseSync): 'empty' | 'ours' {
  const application = numberOf(db, 'PRAGMA application_id');
  const version = numberOf(db, 'PRAGMA user_version');
  if (application === APPLICATION && version === VERSION) return 'ours';
  if (application === APPLICATION) {
    throw new FingerpostError(
      'registry',
      `its format is version ${version}; this Fingerpost reads version ${VERSION}`,
    );
  }
  const tables = numberOf(db, 'SELECT count(*) FROM sqlite_schema');
  if (application === 0 && version === 0 && tables === 0) return 'empty';
  throw new FingerpostError('registry', 'it is the database of another program');
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}

/** What is wrong with the place, in words that say more than SQLite's. */
function placeProblem(path: string): string | undefined {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) return `the folder ${folder} does not exist`;
  if (!existsSync(path)) return writable(folder) ? undefined : `the folder ${folder} cannot be written`;
  if (statSync(path).isDirectory()) return 'it is a folder';
  return writable(path) ? undefined : 'it cannot be written';
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
