// Writing the snapshot: bounded work, a disk that takes nothing, a folder that goes away, a server that takes over.
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { entry, Keeper, type KeeperOptions, makeFolder } from './snapshot-keeper.ts';

let base = '';
let folder = '';
let remove = async () => {};
const open: Keeper[] = [];

beforeEach(async () => {
  ({ folder: base, remove } = await makeFolder());
  folder = join(base, 'state');
});
afterEach(async () => {
  for (const keeper of open.splice(0)) await keeper.close();
  await remove();
});

function start(options?: KeeperOptions): Promise<Keeper> {
  const keeper = new Keeper(folder, options);
  open.push(keeper);
  return keeper.start();
}

const path = () => join(folder, 'snapshot');
const inode = async () => (await stat(path())).ino;
const CANNOT = 'warn the snapshot cannot be written: it stays as it is, and is tried again';
const AGAIN = 'info the snapshot is written again';

/** Nobody, not even root, can make a folder there. */
const block = () => writeFile(folder, '');
const unblock = () => rm(folder);

it('says once that there is none yet, and once that it is written', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.written();
  for (let i = 0; i < 3; i++) {
    keeper.batch(entry('a', String(i), 0));
    await keeper.written();
  }
  expect(keeper.notes.lines).toEqual(['info there is no snapshot yet', 'info snapshot written']);
  expect(keeper.onDisk.bytes).toBe((await stat(path())).size);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
});

it('appends changes, and writes the whole anew when they are a quarter of it', async () => {
  const keeper = await start();
  keeper.list([entry('large', 'x'.repeat(8_000_000), 1)], 1);
  await keeper.written();
  const first = await inode();
  const sizes: number[] = [];
  for (let i = 0; i < 30; i++) {
    keeper.batch(entry('changing', `${i} ${'y'.repeat(100_000)}`, 0));
    await keeper.written();
    sizes.push((await stat(path())).size);
    if (i === 10) expect(await inode()).toBe(first);
  }
  expect(await inode()).not.toBe(first);
  expect(Math.max(...sizes)).toBeLessThan(10_500_000);
  await keeper.close();
  const { restored } = await start();
  expect([...restored.entries.keys()].sort()).toEqual(['/skydns/changing', '/skydns/large']);
  expect(restored.entries.get('/skydns/changing')?.value).toMatch(/^29 /);
});

it('notes that nothing has changed', async () => {
  const keeper = await start();
  keeper.list([], 1);
  await keeper.written();
  const first = keeper.onDisk.since;
  await keeper.until(() => {
    keeper.position();
    return keeper.onDisk.since > first;
  });
  const last = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 50)); // no position: it is cut off
  await keeper.close();
  expect((await start()).known?.since).toBeLessThanOrEqual(last);
});

it('takes a whole list in the place of all before', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1), entry('b', '1', 1)], 1);
  keeper.batch(entry('c', '1', 0));
  keeper.list([entry('b', '2', 7)], 9);
  keeper.batch(entry('d', '1', 0));
  await keeper.written();
  await keeper.close();
  const { restored, known } = await start();
  expect(restored.text()).toBe('/skydns/b=2\n/skydns/d=1');
  expect(known?.revision).toBe(10);
});

it('keeps what was whole while a list comes in, and lets a list go that another one follows', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.written();
  keeper.listing([entry('never', 'whole', 5)], 5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  keeper.listing([entry('b', '1', 6)], 6);
  const second = await start();
  expect(second.restored.text()).toBe('/skydns/a=1');
  keeper.listed(6);
  await keeper.written();
  await keeper.close();
  expect((await start()).restored.text()).toBe('/skydns/b=1');
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

it('a disk that takes nothing is told once, and what waits is written when it does', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.written();
  await rename(folder, `${folder}-away`);
  await block();
  keeper.batch(entry('b', '1', 0));
  await keeper.until(() => keeper.failures > 3);
  keeper.batch(entry('c', '1', 0));
  expect(keeper.notes.count(CANNOT)).toBe(1);
  expect(keeper.notes.fields.at(-1)?.cause).toContain(folder);
  expect(keeper.seen.text()).toBe('/skydns/a=1\n/skydns/b=1\n/skydns/c=1');
  await unblock();
  await keeper.written();
  expect(keeper.notes.lines.slice(2)).toEqual([CANNOT, AGAIN]);
  await keeper.close();
  expect((await start()).restored.text()).toBe('/skydns/a=1\n/skydns/b=1\n/skydns/c=1');
  expect(keeper.relists).toBe(0);
});

it('a folder that is removed is made again, with everything in it', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.written();
  await rm(folder, { recursive: true });
  keeper.batch(entry('b', '1', 0));
  await keeper.written();
  await keeper.close();
  expect((await start()).restored.text()).toBe('/skydns/a=1\n/skydns/b=1');
});

it('a list that could not be written is asked for again when there is room', async () => {
  await block();
  const keeper = await start();
  expect(keeper.notes.lines).toEqual(['warn the snapshot cannot be read']);
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.until(() => keeper.failures > 2);
  keeper.batch(entry('b', '1', 0));
  expect(keeper.relists).toBe(0);
  await unblock();
  await keeper.until(() => keeper.relists > 0);
  keeper.list([...keeper.seen.entries.values()], 2);
  await keeper.written();
  expect(keeper.notes.count(CANNOT)).toBe(1);
  expect(keeper.notes.count(AGAIN)).toBe(1);
  await keeper.close();
  expect((await start()).restored.text()).toBe('/skydns/a=1\n/skydns/b=1');
});

it('more changes than can wait are let go, what is on disk stays, and a list is asked for', async () => {
  const keeper = await start();
  keeper.list([entry('a', '1', 1)], 1);
  await keeper.written();
  const away = `${folder}-away`;
  await rename(folder, away);
  await block();
  for (let i = 0; i < 40; i++) keeper.batch(entry(`large/${i}`, 'x'.repeat(1_000_000), 0));
  await keeper.until(() => keeper.failures > 0);
  await unblock();
  await rename(away, folder);
  await keeper.until(() => keeper.relists > 0);
  keeper.batch(entry('b', '1', 0)); // follows from nothing that is on disk
  const other = await start();
  expect(other.restored.text()).toBe('/skydns/a=1');
  keeper.list([entry('b', '1', 42)], 42);
  await keeper.written();
  await keeper.close();
  expect((await start()).restored.text()).toBe('/skydns/b=1');
});

it('a file that was damaged under our hands is not built on', async () => {
  const first = await start();
  first.list([entry('a', '1', 1), entry('b', '1', 1)], 1);
  await first.written();
  await first.close();
  const second = await start();
  const bytes = await readFile(path());
  bytes[bytes.length - 3] = 0;
  await writeFile(path(), bytes);
  second.batch(entry('c', '1', 0)); // a process appends to files of its own only, so the whole is read
  await second.until(() => second.relists > 0);
  expect(second.notes.count(CANNOT)).toBe(1);
  second.list([entry('d', '1', 3)], 3);
  await second.written();
  expect(second.notes.count(AGAIN)).toBe(1);
});

it('of two servers the one that came later writes', async () => {
  const first = await start();
  first.list([entry('a', '1', 1)], 1);
  await first.written();
  const second = await start();
  second.batch(entry('b', '1', 0));
  await second.written();
  first.batch(entry('b', '1', 0));
  first.batch(entry('c', '1', 0));
  await first.until(() => first.notes.count('another process writes the snapshot now') === 1);
  first.batch(entry('d', '1', 0));
  await first.close();
  second.batch(entry('c', '1', 0));
  await second.close();
  expect((await start()).restored.text()).toBe('/skydns/a=1\n/skydns/b=1\n/skydns/c=1');
});

it('removes unfinished files that were left behind, and leaves those of others alone', async () => {
  await mkdir(folder);
  const left = join(folder, 'snapshot.01234567-89ab-4def-8123-456789abcdef.tmp');
  const fresh = join(folder, 'snapshot.11234567-89ab-4def-8123-456789abcdef.tmp');
  const foreign = join(folder, 'other.tmp');
  for (const file of [left, fresh, foreign]) await writeFile(file, 'x');
  for (const file of [left, foreign]) await utimes(file, 1_000, 1_000);
  const keeper = await start();
  keeper.list([], 1);
  await keeper.written();
  expect((await readdir(folder)).sort()).toEqual(
    [foreign, 'snapshot', fresh].map((file) => file.split('/').at(-1)).sort(),
  );
});
