// What every engine behind the Registry seam must do: one suite, run on each of them.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FingerpostError } from '../../src/base/errors.ts';
import type { Position, Registry } from '../../src/registry/registry.ts';
import { conditionTests } from './conditions.ts';
import { propertyTests } from './property.ts';
import { byBytes, textOf, View } from './view.ts';
import { del, put } from './writes.ts';

/** A running store with data of its own. */
export interface Place {
  /** A registry on this data; every call is another client of it. */
  open(prefix: string): Promise<Registry>;
  remove(): Promise<void>;
}

/** The shortest lease that etcd grants, in seconds. */
const SHORT = 2;

export function registryContract(name: string, start: () => Promise<Place>): void {
  describe(`the registry contract on ${name}`, { timeout: 120_000 }, () => {
    let place: Place;
    let prefix: string;
    let count = 0;
    const opened: Registry[] = [];
    const views: View[] = [];

    const open = async (at = prefix) => {
      const registry = await place.open(at);
      opened.push(registry);
      return registry;
    };
    const watch = async (at = prefix) => {
      const view = new View();
      views.push(view);
      (await open(at)).watch(view);
      await view.synced();
      return view;
    };

    beforeAll(async () => {
      place = await start();
    }, 120_000);
    afterAll(() => place.remove());
    afterEach(async () => {
      for (const registry of opened.splice(0)) await registry.close();
      expect(views.splice(0).flatMap((view) => view.faults)).toEqual([]);
    });
    const test = (title: string, body: () => Promise<void>) =>
      it(title, async () => {
        count += 1;
        prefix = `/p${count}`;
        await body();
      });

    test('an empty registry lists nothing and is synced', async () => {
      const view = await watch();
      expect(view.entries.size).toBe(0);
      expect(view.lists).toHaveLength(1);
      expect((await (await open()).list()).entries).toEqual([]);
    });

    test('lists what was written, with its revision', async () => {
      const registry = await open();
      const first = await registry.commit([put(`${prefix}/a`, '1')]);
      const second = await registry.commit([put(`${prefix}/b`, '2')]);
      expect(second).toBeGreaterThan(first);
      const { revision, entries } = await registry.list();
      expect(revision).toBeGreaterThanOrEqual(second);
      expect(entries.map((e) => [e.key, e.value, e.revision, e.lease])).toEqual([
        [`${prefix}/a`, '1', first, undefined],
        [`${prefix}/b`, '2', second, undefined],
      ]);
    });

    test('delivers a write of its own and one of another client', async () => {
      const view = await watch();
      const other = await open();
      const revision = await other.commit([put(`${prefix}/a`, 'x')]);
      await view.has(`${prefix}/a`, 'x');
      expect(view.batches.at(-1)?.revision).toBe(revision);
      await opened[0]?.commit([put(`${prefix}/a`, 'y')]);
      await view.has(`${prefix}/a`, 'y');
    });

    test('a transaction becomes visible as one batch', async () => {
      const view = await watch();
      const registry = await open();
      await registry.commit([put(`${prefix}/gone`, 'x')]);
      const writes = Array.from({ length: 60 }, (_, i) => put(`${prefix}/t/${i}`, String(i)));
      const revision = await registry.commit([...writes, del(`${prefix}/gone`)]);
      await view.has(`${prefix}/gone`, undefined);
      await view.has(`${prefix}/t/59`, '59');
      const batch = view.batches.find((b) => b.revision === revision);
      expect(batch?.changes).toHaveLength(61);
      expect(batch?.changes.filter((c) => c.kind === 'delete')).toHaveLength(1);
    });

    test('a delete is delivered; one of an absent key changes nothing', async () => {
      const registry = await open();
      const before = await registry.commit([put(`${prefix}/a`, '1')]);
      const view = await watch();
      expect(await registry.commit([del(`${prefix}/none`)])).toBe(before);
      const revision = await registry.commit([del(`${prefix}/a`)]);
      await view.has(`${prefix}/a`, undefined);
      expect(view.batches).toEqual([
        { revision, changes: [{ kind: 'delete', key: `${prefix}/a`, revision }] },
      ]);
      expect((await registry.list()).entries).toEqual([]);
    });

    test('tells what a key holds, and what it held before a revision', async () => {
      const registry = await open();
      const key = `${prefix}/a`;
      const first = await registry.commit([put(key, '1')]);
      const second = await registry.commit([put(key, '2')]);
      const gone = await registry.commit([del(key)]);
      const back = await registry.commit([put(key, '3')]);
      expect((await registry.get(key)).entry).toMatchObject({ key, value: '3', revision: back });
      expect((await registry.get(`${prefix}/none`)).entry).toBeUndefined();
      expect(await registry.before(key, back + 1)).toMatchObject({ key, value: '3', revision: back });
      expect(await registry.before(key, back)).toBeUndefined();
      expect(await registry.before(key, gone)).toMatchObject({ key, value: '2', revision: second });
      expect(await registry.before(key, second)).toMatchObject({ key, value: '1', revision: first });
      expect(await registry.before(key, first)).toBeUndefined();
      await expect(registry.before('/elsewhere/a', 2)).rejects.toMatchObject({ code: 'registry' });
    });

    test('an empty transaction tells the revision in force', async () => {
      const registry = await open();
      const revision = await registry.commit([put(`${prefix}/a`, '1')]);
      expect(await registry.commit([])).toBe(revision);
    });

    test('list and changes leave no gap and no duplicate while others write', async () => {
      const writer = await open();
      let writing = true;
      const written = (async () => {
        for (let i = 0; writing; i++) {
          const writes = [put(`${prefix}/k/${i % 97}`, String(i)), put(`${prefix}/last`, String(i))];
          if (i % 3 === 0) writes.push(del(`${prefix}/k/${(i + 48) % 97}`));
          await writer.commit(writes);
        }
      })();
      const all: View[] = [];
      for (let i = 0; i < 5; i++) all.push(await watch());
      await all[4]?.until('20 batches', () => (all[4]?.batches.length ?? 0) >= 20);
      writing = false;
      await written;
      await writer.commit([put(`${prefix}/end`, 'end')]);
      const truth = textOf((await writer.list()).entries);
      for (const view of all) {
        await view.has(`${prefix}/end`, 'end');
        expect(view.text()).toBe(truth);
        const from = view.lists[0] ?? 0;
        expect(view.batches.every((b) => b.revision > from)).toBe(true);
      }
      // The one that came first saw every later batch of the others, and nothing else.
      const revisions = all.map((view) => view.batches.map((b) => b.revision));
      for (const seen of revisions) {
        expect(revisions[0]?.filter((r) => r >= (seen[0] ?? 0))).toEqual(seen);
      }
    });

    test('sorts keys by their bytes', async () => {
      const registry = await open();
      const names = ['b', 'a/b', 'a', 'a-b', 'a0', 'Z', 'é', '\u{1f600}', '\uffee', '10', '9', 'a/', 'a//b'];
      await registry.commit(names.map((n) => put(`${prefix}/${n}`, n)));
      const view = await watch();
      const sorted = names.map((n) => `${prefix}/${n}`).sort(byBytes);
      expect([...view.entries.keys()]).toEqual(sorted);
      expect((await registry.list()).entries.map((e) => e.key)).toEqual(sorted);
    });

    test('lists a key and what lies below it, by whole labels', async () => {
      const registry = await open();
      const keys = ['ab', 'ab/c', 'ab/c/d', 'ab-c', 'ab0', 'abc', 'a'].map((n) => `${prefix}/${n}`);
      await registry.commit(keys.map((key) => put(key, 'x')));
      const { revision, entries } = await registry.list(`${prefix}/ab`);
      expect(entries.map((e) => e.key)).toEqual(keys.slice(0, 3));
      expect(revision).toBeGreaterThan(0);
      expect((await registry.list(`${prefix}/nothing`)).entries).toEqual([]);
    });

    test('never reads a key outside its prefix', async () => {
      const neighbours = [`${prefix}-x`, `${prefix}0`, `${prefix}x`, `${prefix}.`];
      for (const at of neighbours) await (await open(at)).commit([put(`${at}/a`, 'outside')]);
      const view = await watch();
      for (const at of neighbours) await (await open(at)).commit([put(`${at}/b`, 'outside')]);
      const registry = await open();
      await registry.commit([put(`${prefix}/a`, 'inside')]);
      await view.has(`${prefix}/a`, 'inside');
      expect(view.text()).toBe(`${prefix}/a=inside`);
      expect(view.batches).toHaveLength(1);
      expect((await registry.list()).entries).toHaveLength(1);
    });

    test('refuses keys outside its prefix, and a key twice', async () => {
      const registry = await open();
      const refused = (promise: Promise<unknown>) =>
        expect(promise).rejects.toMatchObject({ name: 'FingerpostError', code: 'registry' });
      await refused(registry.commit([put('/elsewhere/a', 'x')]));
      await refused(registry.commit([put(`${prefix}-x/a`, 'x')]));
      await refused(registry.commit([put(prefix, 'x')]));
      await refused(registry.commit([put(`${prefix}/a`, '1'), del(`${prefix}/a`)]));
      await refused(registry.list('/elsewhere'));
      await refused(registry.commitIf([], [put('/elsewhere/a', 'x')]));
      await refused(registry.commitIf([{ key: '/elsewhere/a', revision: undefined }], []));
      expect((await registry.list()).entries).toEqual([]);
    });

    test('keeps keys and values as they are: Unicode, empty, large', async () => {
      const registry = await open();
      const view = await watch();
      const values = ['', 'ü€\u{1f600}\u0000', `{"text":"${'x'.repeat(1_000_000)}"}`, '\ufeff{}'];
      await Promise.all(values.map((value, i) => registry.commit([put(`${prefix}/straße/${i}`, value)])));
      for (const [i, value] of values.entries()) await view.has(`${prefix}/straße/${i}`, value);
      expect((await registry.list()).entries.map((e) => e.value)).toEqual(values);
    });

    test('many keys come in several pages', async () => {
      const registry = await open();
      const total = 2_345;
      for (let i = 0; i < total; i += 100) {
        const some = Math.min(100, total - i);
        await registry.commit(Array.from({ length: some }, (_, j) => put(`${prefix}/n/${i + j}`, 'x')));
      }
      const view = await watch();
      expect(view.entries.size).toBe(total);
      expect((await registry.list()).entries).toHaveLength(total);
    });

    test('tells the granted TTL of a lease, in lists and in changes', async () => {
      const registry = await open();
      const lease = await registry.grant(600);
      expect(lease.ttl).toBe(600);
      await registry.commit([put(`${prefix}/a`, '1', lease.id)]);
      const view = await watch();
      expect(view.entries.get(`${prefix}/a`)?.lease).toEqual(lease);
      await registry.commit([put(`${prefix}/b`, '2', lease.id), put(`${prefix}/c`, '3')]);
      await view.has(`${prefix}/c`, '3');
      expect(view.entries.get(`${prefix}/b`)?.lease).toEqual(lease);
      expect(view.entries.get(`${prefix}/c`)?.lease).toBeUndefined();
      await registry.keepAlive(lease.id);
      expect((await registry.list()).entries.map((e) => e.lease?.ttl)).toEqual([600, 600, undefined]);
    });

    test('a put without a lease takes the key from its lease', async () => {
      const registry = await open();
      const lease = await registry.grant(600);
      await registry.commit([put(`${prefix}/a`, '1', lease.id)]);
      await registry.commit([put(`${prefix}/a`, '2')]);
      await registry.revoke(lease.id);
      expect((await registry.list()).entries).toMatchObject([{ value: '2', lease: undefined }]);
    });

    test('a lease that is not kept alive takes its keys with it, in one batch', async () => {
      const registry = await open();
      const view = await watch();
      const lease = await registry.grant(SHORT);
      await registry.commit([put(`${prefix}/a`, '1', lease.id), put(`${prefix}/b`, '2', lease.id)]);
      await registry.commit([put(`${prefix}/stays`, '3')]);
      await view.has(`${prefix}/stays`, '3');
      await view.has(`${prefix}/a`, undefined);
      expect(view.text()).toBe(`${prefix}/stays=3`);
      expect(view.batches.at(-1)?.changes.map((c) => c.kind)).toEqual(['delete', 'delete']);
      expect(await registry.keepAlive(lease.id)).toBe(false);
    });

    test('a lease that is kept alive stays', async () => {
      const registry = await open();
      const view = await watch();
      const kept = await registry.grant(SHORT);
      const left = await registry.grant(SHORT);
      await registry.commit([put(`${prefix}/kept`, '1', kept.id), put(`${prefix}/left`, '1', left.id)]);
      await view.has(`${prefix}/left`, '1');
      const renewals: Promise<boolean>[] = [];
      const timer = setInterval(() => renewals.push(registry.keepAlive(kept.id)), 200);
      await view.has(`${prefix}/left`, undefined);
      clearInterval(timer);
      const alive = await Promise.all(renewals); // none is under way when the registry is closed
      expect(new Set(alive)).toEqual(new Set([true]));
      expect(view.text()).toBe(`${prefix}/kept=1`);
    });

    test('revoking a lease deletes its keys in one batch; twice is no error', async () => {
      const registry = await open();
      const view = await watch();
      const lease = await registry.grant(600);
      await registry.commit([put(`${prefix}/a`, '1', lease.id), put(`${prefix}/b`, '2', lease.id)]);
      await view.has(`${prefix}/b`, '2');
      await registry.revoke(lease.id);
      await view.has(`${prefix}/b`, undefined);
      expect(view.batches.at(-1)?.changes).toHaveLength(2);
      await registry.revoke(lease.id);
      expect(await registry.keepAlive(lease.id)).toBe(false);
    });

    test('a put under a lease that does not exist is refused, with all of its transaction', async () => {
      const registry = await open();
      const lease = await registry.grant(600);
      await registry.revoke(lease.id);
      const writes = [put(`${prefix}/a`, '1'), put(`${prefix}/b`, '2', lease.id)];
      const thrown = await registry.commit(writes).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(FingerpostError);
      expect(thrown).toMatchObject({ code: 'registry' });
      expect((await registry.list()).entries).toEqual([]);
    });

    /** Watches on from what `seen` knows, by the position that it was told, or another one. */
    const watchOn = async (seen: View, at: Partial<Position> = {}) => {
      const view = View.knowing(seen);
      views.push(view);
      const { revision, history } = { revision: seen.revision, history: 'none', ...seen.at, ...at };
      (await open()).watch(view, { revision, history, since: 0 });
      return view;
    };

    test('a watch that begins where another one ended misses nothing', async () => {
      const registry = await open();
      await registry.commit(['a', 'b', 'c'].map((name) => put(`${prefix}/${name}`, '1')));
      const first = await watch();
      await opened.pop()?.close();
      await registry.commit([put(`${prefix}/a`, '2'), del(`${prefix}/b`)]);
      await registry.commit([put(`${prefix}/d`, '1')]);
      const second = await watchOn(first);
      await second.has(`${prefix}/d`, '1');
      await second.synced();
      expect(second.text()).toBe(`${prefix}/a=2\n${prefix}/c=1\n${prefix}/d=1`);
      await registry.commit([put(`${prefix}/e`, '1')]);
      await second.has(`${prefix}/e`, '1');
    });

    test('a watch that begins in another history, or in the future, lists', async () => {
      const registry = await open();
      await registry.commit([put(`${prefix}/a`, '1')]);
      const first = await watch();
      first.entries.set(`${prefix}/ghost`, { ...first.entries.get(`${prefix}/a`)!, key: `${prefix}/ghost` });
      for (const at of [{ history: '1/1' }, { history: '' }, { revision: first.revision + 1_000_000 }]) {
        const view = await watchOn(first, at);
        view.revision = 0;
        await view.has(`${prefix}/ghost`, undefined);
        expect(view.lists).toHaveLength(1);
        await view.synced();
      }
    });

    test('lists anew when it is asked to', async () => {
      const view = await watch();
      const [registry] = opened;
      await registry!.commit([put(`${prefix}/a`, '1')]);
      await view.has(`${prefix}/a`, '1');
      registry!.relist();
      await view.until('a second list', () => view.lists.length === 2);
      await registry!.commit([put(`${prefix}/b`, '1')]);
      await view.has(`${prefix}/b`, '1');
      expect(view.states.map((s) => s.kind)).toEqual(['synced']);
    });

    test('after close nothing is delivered, and calls are refused', async () => {
      const registry = await open();
      const view = new View();
      registry.watch(view);
      await view.synced();
      const writer = await open();
      const storm = Array.from({ length: 50 }, (_, i) => writer.commit([put(`${prefix}/${i}`, 'x')]));
      await registry.close();
      const seen = view.batches.length;
      await Promise.all(storm);
      const other = await watch();
      await other.until('all', () => other.entries.size === 50);
      expect(view.batches).toHaveLength(seen);
      expect(view.states.map((s) => s.kind)).toEqual(['synced']);
      await expect(registry.list()).rejects.toMatchObject({ code: 'registry' });
      await registry.close();
    });

    test('close right after watch calls nobody', async () => {
      const registry = await open();
      const view = new View();
      registry.watch(view);
      await registry.close();
      const other = await watch();
      await other.synced();
      expect(view.states).toEqual([]);
      expect(view.lists).toEqual([]);
    });

    conditionTests(async () => {
      count += 1;
      prefix = `/p${count}`;
      return { prefix, open, watch };
    });

    propertyTests(async () => {
      count += 1;
      return { prefix: `/p${count}`, open };
    });
  });
}
