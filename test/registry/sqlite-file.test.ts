// What only a file can do to a registry: other processes, crashes, a bounded log, foreign and broken files.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { textOf, View } from './view.ts';
import { del, put } from './writes.ts';

const WRITER = join(import.meta.dirname, 'sqlite-writer.ts');

describe('a registry file', { timeout: 120_000 }, () => {
  let folder: string;
  let path: string;
  const opened: SqliteRegistry[] = [];
  const children: ChildProcess[] = [];
  const views: View[] = [];

  const open = (at = path, options: { logRows?: number; prefix?: string; clock?: ManualClock } = {}) => {
    const { clock = realClock, ...rest } = options;
    const registry = new SqliteRegistry(
      { url: `sqlite:${at}`, prefix: '/skydns', path: at, ...rest },
      { logger: silent, clock },
    );
    opened.push(registry);
    return registry;
  };
  const watch = async (registry: SqliteRegistry) => {
    const view = new View();
    views.push(view);
    registry.watch(view);
    await view.synced();
    return view;
  };
  /** Starts the writer; `lines` grows as it prints. */
  const start = (mode: string) => {
    const child = spawn(process.execPath, [WRITER, mode, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const out = { child, text: '' };
    child.stdout.on('data', (data) => {
      out.text += data;
    });
    return out;
  };
  const lines = (text: string) => text.split('\n').slice(0, -1); // the last may be cut
  const kill = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fingerpost-file-'));
    path = join(folder, 'registry.db');
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    for (const child of children.splice(0)) await kill(child);
    await rm(folder, { recursive: true, force: true });
    expect(views.splice(0).flatMap((view) => view.faults)).toEqual([]);
  });

  it('keeps what was written, over close and open', async () => {
    const first = open();
    const revision = await first.commit([put('/skydns/a', '1')]);
    await first.close();
    const listed = await open().list();
    expect(listed.revision).toBe(revision);
    expect(textOf(listed.entries)).toBe('/skydns/a=1');
    expect(Date.now() - (listed.entries[0]?.writtenAt ?? 0)).toBeLessThan(60_000);
  });

  it('never loses what was acknowledged before kill -9', async () => {
    for (let round = 0; round < 3; round++) {
      const writer = start('loop');
      while (lines(writer.text).length < 30) await once(writer.child.stdout!, 'data');
      await kill(writer.child);
      const acknowledged = Number(lines(writer.text).at(-1));
      const { entries } = await open().list();
      const n = Number(entries.find((e) => e.key === '/skydns/n')?.value);
      expect(n).toBeGreaterThanOrEqual(acknowledged);
      expect(n).toBeLessThanOrEqual(acknowledged + 1);
      expect(entries.find((e) => e.key === `/skydns/k/${n % 50}`)?.value).toBe(String(n)); // all or nothing
    }
  });

  it('serves what another process writes', async () => {
    const view = await watch(open());
    start('once');
    await view.has('/skydns/once', 'x');
  });

  it('several processes write at once, each revision is one of theirs', async () => {
    const view = await watch(open());
    const writers = [start('loop'), start('loop'), start('loop')];
    const own = open();
    for (let i = 0; i < 50; i++) await own.commit([put('/skydns/own', String(i))]);
    for (const { child, text } of writers) {
      if (text === '') await once(child.stdout!, 'data');
      await kill(child);
    }
    await own.commit([put('/skydns/end', 'end')]);
    await view.has('/skydns/end', 'end');
    const { revision, entries } = await own.list();
    expect(view.text()).toBe(textOf(entries));
    const revisions = view.batches.map((b) => b.revision);
    const from = view.lists[0] ?? 0;
    expect(revisions).toEqual(Array.from({ length: revision - from }, (_, i) => from + 1 + i));
  });

  it('several processes may create it at once', async () => {
    const all = Array.from({ length: 6 }, () => start('once').child);
    const codes = await Promise.all(all.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect((await open().list()).entries).toHaveLength(1);
  });

  it('ends the lease of a process that died', async () => {
    const view = await watch(open());
    const { child } = start('lease');
    await view.has('/skydns/ghost', 'x');
    await kill(child);
    await view.has('/skydns/ghost', undefined);
  });

  it('a list shows no key whose lease ran out while nobody watched', async () => {
    const clock = new ManualClock(1_000_000);
    const registry = open(path, { clock });
    const lease = await registry.grant(10);
    const revision = await registry.commit([put('/skydns/a', '1', lease.id)]);
    clock.advance(9_999);
    expect((await registry.list()).entries).toHaveLength(1);
    expect(await registry.keepAlive(lease.id)).toBe(true);
    clock.advance(9_999);
    expect((await registry.list()).entries).toHaveLength(1);
    clock.advance(1);
    expect(await registry.list()).toEqual({ revision: revision + 1, entries: [] });
    expect(await registry.keepAlive(lease.id)).toBe(false);
  });

  it('each lease that runs out is a revision of its own', async () => {
    const clock = new ManualClock(1_000_000);
    const registry = open(path, { clock });
    const view = new View();
    registry.watch(view);
    clock.advance(0);
    for (const name of ['a', 'b']) {
      const { id } = await registry.grant(10);
      await registry.commit([put(`/skydns/${name}/1`, 'x', id), put(`/skydns/${name}/2`, 'x', id)]);
    }
    await registry.grant(10); // without keys: no revision
    clock.advance(20_000);
    expect(view.batches.slice(2).map((b) => b.changes.length)).toEqual([2, 2]);
    expect(view.entries.size).toBe(0);
  });

  it('own writes are delivered before they are acknowledged', async () => {
    const clock = new ManualClock(1_000_000); // stands still: nobody polls
    const registry = open(path, { clock });
    const view = new View();
    registry.watch(view);
    clock.advance(0);
    await registry.commit([put('/skydns/a', '1')]);
    expect(view.text()).toBe('/skydns/a=1');
  });

  it('a watch that falls behind the log lists anew', async () => {
    const clock = new ManualClock(1_000_000);
    const view = new View();
    views.push(view);
    open(path, { clock }).watch(view);
    clock.advance(0);
    expect(view.lists).toHaveLength(1);
    const writer = open(path, { logRows: 20 });
    await writer.commit([put('/skydns/early', '1')]);
    clock.advance(100);
    for (let i = 0; i < 100; i++) await writer.commit([put(`/skydns/${i % 7}`, String(i))]);
    await writer.commit([del('/skydns/3')]);
    clock.advance(100);
    expect(view.lists).toHaveLength(2);
    expect(view.text()).toBe(textOf((await writer.list()).entries));
    await writer.commit(Array.from({ length: 90 }, (_, i) => put(`/skydns/big/${i}`, 'x'))); // longer than the log
    clock.advance(100);
    expect(view.lists).toHaveLength(3);
    await writer.commit([put('/skydns/after', '1')]);
    clock.advance(100);
    expect(view.lists).toHaveLength(3);
    expect(view.text()).toBe(textOf((await writer.list()).entries));
    const db = new DatabaseSync(path);
    expect(Number(db.prepare('SELECT count(*) AS n FROM change').get()?.n)).toBeLessThanOrEqual(25);
    db.close();
  });

  it('a file that is removed or replaced is noticed', async () => {
    const registry = open();
    await registry.commit([put('/skydns/a', '1')]);
    const view = await watch(registry);
    const otherPath = join(folder, 'other.db');
    const other = open(otherPath);
    await other.commit([put('/skydns/b', '2')]);
    await other.close();
    for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true });
    await view.stale();
    expect(view.text()).toBe('/skydns/a=1');
    await expect(registry.commit([put('/skydns/c', '1')])).rejects.toMatchObject({ code: 'unavailable' });
    await rename(otherPath, path);
    await view.has('/skydns/b', '2');
    expect(view.text()).toBe('/skydns/b=2');
    await view.synced();
    await registry.commit([put('/skydns/c', '3')]);
    await view.has('/skydns/c', '3');
  });

  it('waits for a lock without standing still, and says so when it takes too long', async () => {
    const registry = open();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 10);
    await expect(registry.commit([put('/skydns/a', '1')])).rejects.toMatchObject({ code: 'unavailable' });
    expect(turns).toBeGreaterThan(10);
    clearInterval(timer);
    const later = registry.commit([put('/skydns/a', '2')]);
    setTimeout(() => other.exec('COMMIT'), 300);
    await later;
    other.close();
    expect(textOf((await registry.list()).entries)).toBe('/skydns/a=2');
  });

  it('says why a path cannot be used', async () => {
    const refusal = (at: string) => {
      try {
        open(at);
      } catch (error) {
        expect(error).toMatchObject({ name: 'FingerpostError', code: 'registry' });
        return String(error);
      }
      throw new Error(`${at} was opened`);
    };
    expect(refusal(join(folder, 'none/x.db'))).toMatch(/none\/x\.db .*the folder .*none does not exist/);
    await mkdir(join(folder, 'd'));
    expect(refusal(join(folder, 'd'))).toContain('it is a folder');
    await writeFile(
      join(folder, 'text'),
      'this is no database, but a text of more than one hundred bytes. '.repeat(9),
    );
    expect(refusal(join(folder, 'text'))).toContain('not a database');
    expect(refusal('/proc/fingerpost.db')).toContain('/proc/fingerpost.db cannot be used');
  });

  it('refuses the database of another program, and leaves it as it is', async () => {
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    db.close();
    const before = await readFile(path);
    expect(() => open()).toThrow(/database of another program/);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('refuses a format of the future', async () => {
    await open().close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => open()).toThrow(/version 99/);
  });

  it('works in memory', async () => {
    const registry = open(':memory:');
    const view = await watch(registry);
    await registry.commit([put('/skydns/a', '1')]);
    expect(view.text()).toBe('/skydns/a=1');
  });
});
