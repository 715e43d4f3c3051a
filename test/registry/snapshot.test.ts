// The snapshot: what was known is known again, to the byte; what is not as it was written is never served.
import { appendFile, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HEAD_BYTES, type Identity } from '../../src/registry/snapshot-format.ts';
import type { Entry } from '../../src/service/entry.ts';
import { entry, IDENTITY, Keeper, type KeeperOptions, makeFolder } from './snapshot-keeper.ts';
import { textOf } from './view.ts';

let folder = '';
let remove = async () => {};
const open: Keeper[] = [];

beforeEach(async () => {
  ({ folder, remove } = await makeFolder());
});
afterEach(async () => {
  for (const keeper of open.splice(0)) await keeper.close();
  await remove();
});

function start(options?: KeeperOptions, at = folder): Promise<Keeper> {
  const keeper = new Keeper(at, options);
  open.push(keeper);
  return keeper.start();
}

const path = (at = folder) => join(at, 'snapshot');
const aside = async () => (await readdir(folder)).filter((name) => /damaged|foreign/.test(name));

/** A snapshot of three entries and two batches, on disk. */
async function write(): Promise<Keeper> {
  const keeper = await start();
  keeper.list([entry('a', '{"host":"10.0.0.1"}', 3), entry('b', '{}', 4), entry('c', '{}', 4)], 10);
  await keeper.written();
  keeper.batch(entry('b', '{"host":"10.0.0.2"}', 0), 'c');
  keeper.batch(entry('d', 'x', 0));
  await keeper.written();
  await keeper.close();
  return keeper;
}

describe('what was known', () => {
  it('is known again: entries, changes, leases, keys and values as they are', async () => {
    const first = await start();
    const lease = { id: '7587869461234567890', ttl: 600 };
    const entries = [
      entry('a', '1', 1),
      entry('leased', '2', 2, lease),
      entry('straße/\u{1f600}', 'ü€\0', 3),
    ];
    const before = Date.now();
    first.list([...entries, entry('large', 'x'.repeat(1_000_000), 4), entry('', '', 5)], 10);
    first.batch(entry('a', 'again', 0, lease), 'large');
    first.batch(entry('new', '', 0));
    await first.written();
    await first.close();

    const second = await start();
    expect(second.restored.text()).toBe(first.seen.text());
    expect([...second.restored.entries.values()].map((e) => [e.key, e.revision, e.lease]).sort()).toEqual(
      [...first.seen.entries.values()].map((e) => [e.key, e.revision, e.lease]).sort(),
    );
    expect(second.known).toMatchObject({ revision: 12, history: '7/1' });
    expect(second.known?.since).toBeGreaterThanOrEqual(before);
    expect(second.known?.since).toBeLessThanOrEqual(Date.now());
    expect(second.restored.lists).toEqual([12]);
    expect(second.notes.lines).toEqual([]);
  });

  it('and nothing, is known again', async () => {
    const first = await start();
    first.list([], 1);
    await first.written();
    await first.close();
    const second = await start();
    expect(second.known).toMatchObject({ revision: 1 });
    expect(second.restored.entries.size).toBe(0);
  });

  it('at the end of a process is written before it ends', async () => {
    const first = await start({ times: { gather: 3_600_000, note: 3_600_000 } });
    first.list([entry('a', '1', 1)], 1);
    await first.written();
    first.batch(entry('a', '2', 0));
    first.position();
    await first.close();
    expect((await start()).restored.text()).toBe('/skydns/a=2');
  });

  it('is a state that the registry had, whenever and however the process ends', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'a/b', 'a-b', 'é');
    const batch = fc.uniqueArray(fc.tuple(name, fc.option(fc.string({ maxLength: 5 }))), {
      minLength: 1,
      maxLength: 3,
      selector: ([one]) => one,
    });
    const life = fc.record({
      batches: fc.array(batch, { maxLength: 8 }),
      relist: fc.boolean(),
      wait: fc.nat(30),
      killed: fc.boolean(),
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
        /** What the registry held, by revision. */
        const states = new Map<number, readonly Entry[]>([[1, []]]);
        let revision = 1;
        let at = '';
        const begin = async () => {
          const before = join(at, 'snapshot');
          count += 1;
          at = join(folder, String(count));
          await mkdir(at);
          // What a process that is killed leaves behind is the file as it is at that moment.
          await copyFile(before, path(at)).catch(() => {});
          const keeper = await start({}, at);
          expect(keeper.notes.count('damaged')).toBe(0);
          if (keeper.known === undefined) return keeper;
          expect(keeper.restored.text()).toBe(textOf(states.get(keeper.known.revision) ?? []));
          keeper.seen.entries = new Map(keeper.restored.entries);
          return keeper;
        };
        for (const { batches, relist, wait, killed } of lives) {
          const keeper = await begin();
          // What it has missed etcd would tell; here all is listed.
          if (relist || keeper.known?.revision !== revision)
            keeper.list(states.get(revision) ?? [], revision);
          for (const changes of batches) {
            revision = keeper.batch(
              ...changes.map(([one, value]) => (value === null ? one : entry(one, value, 0))),
            );
            states.set(revision, [...keeper.seen.entries.values()]);
            keeper.position();
          }
          await new Promise((resolve) => setTimeout(resolve, wait));
          if (!killed) await keeper.close();
        }
        const last = await begin();
        if (lives.at(-1)?.killed === false) expect(last.known?.revision).toBe(revision);
        for (const keeper of open.splice(0)) await keeper.close();
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

/** Whether what lies at the path is refused, and set aside. */
async function refused(kind: string): Promise<Keeper> {
  const keeper = await start();
  expect(keeper.known).toBeUndefined();
  expect(keeper.restored.lists).toEqual([]);
  expect(keeper.notes.lines).toEqual([`warn the snapshot is ${kind}: it is not served`]);
  expect(keeper.notes.fields[0]).toMatchObject({ path: path(), cause: expect.any(String) });
  expect(await aside()).toHaveLength(1);
  await rm(join(folder, (await aside())[0] ?? ''));
  await keeper.close();
  open.pop();
  return keeper;
}

describe('a snapshot that is not as it was written', () => {
  it('in any of its bytes is not served', async () => {
    await write();
    const bytes = await readFile(path());
    for (let place = 0; place < bytes.length; place += place < HEAD_BYTES ? 7 : 1) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 4;
      await writeFile(path(), damaged);
      const { notes } = await refused(bytes[place] === 0x31 && place === 20 ? 'foreign' : 'damaged');
      expect(notes.fields[0]?.cause).not.toBe('');
    }
  });

  it('because it was cut short is not served, wherever that was', async () => {
    await write();
    const bytes = await readFile(path());
    for (let length = 0; length < bytes.length; length += length < HEAD_BYTES ? 101 : 13) {
      await writeFile(path(), bytes.subarray(0, length));
      await refused('damaged');
    }
    await writeFile(path(), bytes);
    expect((await start()).known?.revision).toBe(12);
  });

  it('in its order is not served', async () => {
    await write();
    const bytes = await readFile(path());
    const chunks: Buffer[] = [];
    for (let place = HEAD_BYTES; place < bytes.length; ) {
      const end = place + 9 + bytes.readUInt32BE(place);
      chunks.push(bytes.subarray(place, end));
      place = end;
    }
    expect(chunks.length).toBeGreaterThan(2);
    await writeFile(path(), Buffer.concat([bytes.subarray(0, HEAD_BYTES), ...chunks.toReversed()]));
    const { notes } = await refused('damaged');
    expect(notes.fields[0]).toMatchObject({ cause: 'the checksum of the whole is wrong' });
  });

  it('is set aside under a name of its own, and few of them are kept', async () => {
    for (let i = 0; i < 5; i++) {
      await writeFile(path(), `no snapshot ${i}`);
      await (await start()).close();
      await new Promise((resolve) => setTimeout(resolve, 5)); // names have milliseconds
    }
    const names = await aside();
    expect(names).toHaveLength(3);
    const kept = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
    expect(kept).toEqual(['no snapshot 2', 'no snapshot 3', 'no snapshot 4']);
  });

  it('beyond what counts is served: that was never completed', async () => {
    await write();
    await appendFile(path(), 'the beginning of something');
    expect((await start()).known?.revision).toBe(12);
  });
});

describe('a snapshot that is another’s', () => {
  const others: readonly (readonly [string, Identity])[] = [
    ['prefix', { ...IDENTITY, prefix: '/other' }],
    ['cluster', { ...IDENTITY, hosts: ['c:2379', 'd:2379'] }],
  ];
  it.each(others)('of another %s is not served', async (_, identity) => {
    const first = await start({ identity });
    first.list([entry('a', '1', 1)], 5);
    await first.written();
    await first.close();
    const { notes } = await refused('foreign');
    expect(notes.fields[0]?.cause).toContain(`etcd://${identity.hosts}${identity.prefix}`);
  });

  it('of another version is not served', async () => {
    await write();
    const bytes = await readFile(path());
    bytes.write('fingerpost-snapshot 2', 'latin1');
    await writeFile(path(), bytes);
    await refused('foreign');
  });

  it('is ours where one member of the cluster is the same', async () => {
    await write();
    const { known } = await start({ identity: { ...IDENTITY, hosts: ['z:2379', 'b:2379'] } });
    expect(known?.revision).toBe(12);
  });
});
