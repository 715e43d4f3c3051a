// The part of the registry contract about transactions with conditions.
import { expect, it, vi } from 'vitest';
import type { Registry } from '../../src/registry/registry.ts';
import { textOf, type View } from './view.ts';
import { del, put } from './writes.ts';

/** The shortest lease that etcd grants, in seconds. */
const SHORT = 2;

export interface Fresh {
  readonly prefix: string;
  readonly open: () => Promise<Registry>;
  readonly watch: () => Promise<View>;
}

/** `fresh`: an empty prefix, and clients of it. */
export function conditionTests(fresh: () => Promise<Fresh>): void {
  it('a transaction with conditions is made if all of them hold, and else not at all', async () => {
    const { prefix, open, watch } = await fresh();
    const registry = await open();
    const view = await watch();
    const [a, b] = [`${prefix}/a`, `${prefix}/b`];
    const absent = (key: string) => ({ key, revision: undefined });
    const first = await registry.commitIf([absent(a), absent(b)], [put(a, '1')]);
    expect(first).toBeGreaterThan(0);
    expect(await registry.commitIf([absent(a)], [put(a, '2')])).toBeUndefined();
    expect(await registry.commitIf([{ key: a, revision: first! - 1 }], [put(a, '2')])).toBeUndefined();
    expect(await registry.commitIf([{ key: b, revision: first }], [put(b, '2')])).toBeUndefined();
    const both = [{ key: a, revision: first }, absent(b)];
    const second = await registry.commitIf(both, [del(a), put(b, '2')]);
    expect(second).toBeGreaterThan(first!);
    expect(await registry.commitIf(both, [put(a, '3')])).toBeUndefined();
    expect(await registry.commitIf([{ key: b, revision: second }, absent(a)], [put(b, '3')])).toBeDefined();
    await view.has(b, '3');
    expect(view.batches.map(({ changes }) => changes.length)).toEqual([1, 2, 1]);
    expect(textOf((await registry.list()).entries)).toBe(`${b}=3`);
  });

  it('of many who write under the same condition one does it', async () => {
    const { prefix, open } = await fresh();
    const [first, second] = [await open(), await open()];
    const key = `${prefix}/a`;
    const tries = Array.from({ length: 10 }, (_, i) =>
      (i % 2 === 0 ? first : second).commitIf([{ key, revision: undefined }], [put(key, String(i))]),
    );
    const made = (await Promise.all(tries)).filter((revision) => revision !== undefined);
    expect(made).toHaveLength(1);
    expect((await first.list()).entries).toMatchObject([{ key, revision: made[0] }]);
  });

  it('a condition never counts a key whose lease has run out, nor one that was written anew', async () => {
    const { prefix, open } = await fresh();
    const registry = await open();
    const key = `${prefix}/a`;
    const lease = await registry.grant(SHORT);
    const first = await registry.commitIf([{ key, revision: undefined }], [put(key, '1', lease.id)]);
    await vi.waitFor(async () => expect((await registry.list()).entries).toEqual([]), { timeout: 30_000 });
    expect(await registry.commitIf([{ key, revision: first }], [put(key, '2')])).toBeUndefined();
    expect(await registry.commitIf([{ key, revision: undefined }], [put(key, '1')])).toBeGreaterThan(first!);
    expect(await registry.commitIf([{ key, revision: first }], [del(key)])).toBeUndefined();
    const gone = [put(`${prefix}/b`, '1'), put(key, '2', lease.id)];
    await expect(registry.commitIf([], gone)).rejects.toMatchObject({ code: 'registry' });
    expect(textOf((await registry.list()).entries)).toBe(`${key}=1`);
  });
}
