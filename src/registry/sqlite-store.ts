// What is done to the embedded registry's tables: reads, and writes that number, log and compact themselves.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { FingerpostError } from '../base/errors.ts';
import type { Lease } from '../service/entry.ts';
import type { KeyRange } from './keys.ts';
import type { Write } from './registry.ts';
import { COLUMNS, type Row } from './sqlite-rows.ts';

export interface Horizon {
  /** The revision of the last change. */
  readonly revision: number;
  /** Changes up to this revision have left the log. */
  readonly compacted: number;
}

/** Rows of the log that are kept at least; a quarter more are tolerated before it is cut. */
export const LOG_ROWS = 10_000;

/** Every method but `transaction` runs inside one. Errors of SQLite pass through. */
export class SqliteStore {
  readonly #db: DatabaseSync;
  readonly #logRows: number;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, logRows: number = LOG_ROWS) {
    this.#db = db;
    this.#logRows = logRows;
  }

  /** Runs `work` in one transaction: `read` sees one state, `write` is all or nothing and one at a time. */
  transaction<T>(kind: 'read' | 'write', work: () => T): T {
    this.#run(kind === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN');
    try {
      const result = work();
      this.#run('COMMIT');
      return result;
    } catch (thrown) {
      if (this.#db.isTransaction) this.#run('ROLLBACK');
      throw thrown;
    }
  }

  horizon(): Horizon {
    return this.#get('SELECT revision, compacted FROM state') as unknown as Horizon;
  }

  /** A number that changes when another connection has written to the file. */
  version(): number {
    return Number(this.#get('PRAGMA data_version')?.data_version);
  }

  entry(key: string): Row | undefined {
    return this.#get(`SELECT ${COLUMNS} FROM entry WHERE key = ?`, key) as unknown as Row | undefined;
  }

  /** Up to `limit` entries of the range after key `after`, sorted by key. */
  page(range: KeyRange, after: string, limit: number): Row[] {
    const sql = `SELECT ${COLUMNS} FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?`;
    return this.#all(sql, after, range.end, limit);
  }

  /** How many keys there are in a range. */
  count(range: KeyRange): number {
    const sql = 'SELECT count(*) AS keys FROM entry WHERE key >= ? AND key < ?';
    return Number(this.#get(sql, range.start, range.end)?.keys ?? 0);
  }

  /** The log of the range after `revision`, oldest first. */
  changes(range: KeyRange, revision: number): Row[] {
    const sql = `SELECT ${COLUMNS} FROM change WHERE revision > ? AND key >= ? AND key < ? ORDER BY id`;
    return this.#all(sql, revision, range.start, range.end);
  }

  /** The last change of a key before `revision` that the log still has. */
  changeBefore(key: string, revision: number): Row | undefined {
    const sql = `SELECT ${COLUMNS} FROM change WHERE key = ? AND revision < ? ORDER BY id DESC LIMIT 1`;
    return this.#get(sql, key, revision) as unknown as Row | undefined;
  }

  /** Makes the writes under one new revision; the revision in force after them. */
  apply(writes: readonly Write[], now: number): number {
    const revision = this.horizon().revision + 1;
    let changed = false;
    for (const write of writes) changed = this.#applyOne(write, revision, now) || changed;
    return changed ? this.#advance(revision) : revision - 1;
  }

  grant(ttl: number, now: number): Lease {
    const { lastInsertRowid } = this.#run(
      'INSERT INTO lease (ttl, expires) VALUES (?, ?)',
      ttl,
      now + ttl * 1000,
    );
    return { id: String(lastInsertRowid), ttl };
  }

  /** False when the lease is gone. */
  keepAlive(id: string, now: number): boolean {
    const sql = 'UPDATE lease SET expires = ? + ttl * 1000 WHERE id = ? AND expires > ?';
    return this.#run(sql, now, id, now).changes > 0;
  }

  /** Ends a lease and deletes its keys under one revision. */
  revoke(id: string, now: number): void {
    this.#end(id, undefined, now);
  }

  /** When the first lease runs out, in milliseconds since 1970; Infinity when there is none. */
  nextExpiry(): number {
    const first = this.#get('SELECT min(expires) AS expires FROM lease')?.expires;
    return typeof first === 'number' ? first : Number.POSITIVE_INFINITY;
  }

  /** Ends leases that have run out, each under its own revision: all, or so many. */
  expire(now: number, most = -1): void {
    const sql = 'SELECT id, ttl FROM lease WHERE expires <= ? ORDER BY expires, id LIMIT ?';
    for (const { id, ttl } of this.#all<{ id: number; ttl: number }>(sql, now, most)) {
      this.#end(String(id), { id: String(id), ttl }, now);
    }
  }

  /** `expired`: the lease, where it ends because it has run out. */
  #end(id: string, expired: Lease | undefined, now: number): void {
    this.#run('DELETE FROM lease WHERE id = ?', id);
    const keys = this.#all<{ key: string }>('SELECT key FROM entry WHERE lease = ? ORDER BY key', id);
    if (keys.length === 0) return;
    const revision = this.horizon().revision + 1;
    for (const { key } of keys) {
      this.#run('DELETE FROM entry WHERE key = ?', key);
      this.#log(revision, key, null, expired, now);
    }
    this.#advance(revision);
  }

  #applyOne(write: Write, revision: number, now: number): boolean {
    if (write.kind === 'delete') {
      const gone = this.#run('DELETE FROM entry WHERE key = ?', write.key).changes > 0;
      if (gone) this.#log(revision, write.key, null, undefined, now);
      return gone;
    }
    const lease = write.lease === undefined ? undefined : this.#lease(write.lease, now);
    const sql = `INSERT OR REPLACE INTO entry (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`;
    this.#run(sql, write.key, write.value, revision, lease?.id ?? null, lease?.ttl ?? null, now);
    this.#log(revision, write.key, write.value, lease, now);
    return true;
  }

  #log(revision: number, key: string, value: string | null, lease: Lease | undefined, now: number): void {
    const sql = `INSERT INTO change (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`;
    this.#run(sql, key, value, revision, lease?.id ?? null, lease?.ttl ?? null, now);
  }

  #lease(id: string, now: number): Lease {
    const row = this.#get('SELECT ttl FROM lease WHERE id = ? AND expires > ?', id, now);
    if (row === undefined)
      throw new FingerpostError('registry', `lease ${id} does not exist: it expired or was revoked`);
    return { id, ttl: Number(row.ttl) };
  }

  #advance(revision: number): number {
    this.#run('UPDATE state SET revision = ?', revision);
    this.#compact();
    return revision;
  }

  /** Cuts the log at a boundary between revisions. */
  #compact(): void {
    // One by one: SQLite finds both at the ends of the index, but reads all rows to find both together.
    const { first } = this.#get('SELECT min(id) AS first FROM change') ?? {};
    const { last } = this.#get('SELECT max(id) AS last FROM change') ?? {};
    const from = Number(first);
    const to = Number(last);
    if (to - from + 1 <= this.#logRows * 1.25) return;
    const row = this.#get('SELECT revision FROM change WHERE id = ?', to - this.#logRows);
    this.#run('UPDATE state SET compacted = ?', Number(row?.revision));
    this.#run('DELETE FROM change WHERE revision <= ?', Number(row?.revision));
  }

  #get(sql: string, ...values: (string | number)[]): Record<string, unknown> | undefined {
    return this.#statement(sql).get(...values);
  }

  #all<T = Row>(sql: string, ...values: (string | number)[]): T[] {
    return this.#statement(sql).all(...values) as unknown as T[];
  }

  #run(sql: string, ...values: (string | number | null)[]) {
    return this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
