// The built program with a state directory: a start without etcd, a start with it, and what is found not to be right.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { short, status } from '../support/dig.ts';
import { mountDisk } from '../support/disk.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const put = (label: string, host: string) =>
  ['put', `/skydns/local/skydns/${label}`, JSON.stringify({ host })] as const;
const given = (etcd: TestEtcd, folder: string) => [
  ...['--registry', `etcd://${etcd.endpoint}`, '--state-dir', folder],
];
const answered = (server: TestServer, label: string) => short(server.address, `${label}.skydns.local`);
const revision = async (etcd: TestEtcd) => {
  const text = await etcd.ctl('get', '/', '-w', 'json');
  return (JSON.parse(text) as { header: { revision: number } }).header.revision;
};
/** When a record was last written; what servers say of themselves beside the records has revisions, too. */
const lastWrite = async (etcd: TestEtcd) => {
  const last = ['--prefix', '--sort-by=MODIFY', '--order=DESCEND', '--limit=1', '-w', 'json'];
  const { kvs } = JSON.parse(await etcd.ctl('get', '/skydns/', ...last)) as {
    kvs: { mod_revision: number }[];
  };
  return kvs[0]!.mod_revision;
};
/** What is on disk came up with etcd. */
const written = async (server: TestServer, etcd: TestEtcd) => {
  const goal = await lastWrite(etcd);
  const metric = () => server.metric('fingerpost_snapshot_revision');
  await expect.poll(metric, soon).toBeGreaterThanOrEqual(goal);
};

describe('a start without etcd', () => {
  it('answers from the snapshot at once, says how old it is, and takes the changes when etcd is there', async () => {
    const [etcd, folder] = [await scene.etcd(), await scene.folder()];
    for (const label of ['kept', 'changed', 'removed']) await etcd.ctl(...put(label, '10.0.0.1'));
    const first = await scene.server(given(etcd, folder));
    await written(first, etcd);
    expect((await first.stop()).code).toBe(0);
    await etcd.kill();

    const second = await scene.server(given(etcd, folder));
    expect(await answered(second, 'kept')).toEqual(['10.0.0.1']);
    expect(await second.readyz()).toMatchObject({ status: 200, ready: true, state: 'stale' });
    const cutOff = await second.program.logged(/^cut off from the registry/);
    expect(cutOff).toMatchObject({ level: 'warn', cause: expect.stringContaining(etcd.endpoint) });
    const since = Date.parse(String(cutOff.since));
    expect(await second.metric('fingerpost_registry_stale_since_seconds')).toBe(since / 1000);
    // Restarted while it is cut off, it knows the same, and is not any fresher.
    await second.stop();
    const third = await scene.server(given(etcd, folder));
    expect(await answered(third, 'removed')).toEqual(['10.0.0.1']);
    const again = await third.program.logged(/^cut off from the registry/);
    expect(again.since).toBe(cutOff.since);

    await etcd.start();
    await etcd.ctl('del', '/skydns/local/skydns/removed');
    await etcd.ctl(...put('changed', '10.0.0.2'));
    await expect.poll(() => answered(third, 'changed'), soon).toEqual(['10.0.0.2']);
    expect(await status(third.address, 'removed.skydns.local')).toBe('NXDOMAIN');
    expect(await answered(third, 'kept')).toEqual(['10.0.0.1']);
    expect(await third.readyz()).toMatchObject({ state: 'synced' });
    expect(await third.metric('fingerpost_registry_relists_total')).toBe(0);
    expect(await third.metric('fingerpost_registry_stale_since_seconds')).toBe(0);
  });

  it('and without a snapshot knows nothing, however often it is tried', async () => {
    const [etcd, folder] = [await scene.etcd(), await scene.folder()];
    await etcd.ctl(...put('a', '10.0.0.1'));
    await etcd.kill();
    for (let i = 0; i < 2; i++) {
      const server = await scene.starting(given(etcd, folder));
      await server.program.logged(/^cut off from the registry/);
      expect(await status(server.address, 'a.skydns.local')).toBe('SERVFAIL');
      expect(await server.readyz()).toMatchObject({ status: 503, state: 'starting' });
      expect((await server.stop()).code).toBe(0);
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a start with etcd', () => {
  it('goes on from the saved revision, a lease that ended among the changes, the serial growing', async () => {
    const [etcd, folder] = [await scene.etcd(), await scene.folder()];
    const lease = /lease (\w+) granted/.exec(await etcd.ctl('lease', 'grant', '600'))?.[1] ?? '';
    await etcd.ctl(...put('a', '10.0.0.1'));
    await etcd.ctl(...put('leased', '10.0.0.9'), '--lease', lease);
    const serial = async (server: TestServer) =>
      Number((await short(server.address, 'skydns.local', 'SOA'))[0]?.split(' ')[2]);
    const first = await scene.server(given(etcd, folder));
    await written(first, etcd);
    const before = await serial(first);
    await first.stop();
    await etcd.ctl('lease', 'revoke', lease);
    const second = await scene.server(given(etcd, folder));
    await expect.poll(() => status(second.address, 'leased.skydns.local'), soon).toBe('NXDOMAIN');
    expect(await answered(second, 'a')).toEqual(['10.0.0.1']);
    expect(await second.metric('fingerpost_registry_relists_total')).toBe(0);
    expect(await serial(second)).toBeGreaterThan(before);
  });

  it('lists where what was missed is compacted, and changes no more than what differs', async () => {
    const [etcd, folder] = [await scene.etcd(), await scene.folder()];
    for (const label of ['kept', 'removed']) await etcd.ctl(...put(label, '10.0.0.1'));
    const first = await scene.server(given(etcd, folder));
    await written(first, etcd);
    await first.stop();
    await etcd.ctl('del', '/skydns/local/skydns/removed');
    await etcd.ctl(...put('added', '10.0.0.2'));
    await etcd.ctl('compact', String(await revision(etcd)));
    const second = await scene.server(given(etcd, folder));
    await expect.poll(() => answered(second, 'added'), soon).toEqual(['10.0.0.2']);
    expect(await answered(second, 'kept')).toEqual(['10.0.0.1']);
    expect(await status(second.address, 'removed.skydns.local')).toBe('NXDOMAIN');
    expect(await second.metric('fingerpost_registry_relists_total')).toBe(1);
    await written(second, etcd);
  });
});

describe('a snapshot that cannot be served', () => {
  const made = async () => {
    const [etcd, folder] = [await scene.etcd(), await scene.folder()];
    await etcd.ctl(...put('a', '10.0.0.1'));
    const server = await scene.server(given(etcd, folder));
    await written(server, etcd);
    await server.stop();
    await etcd.kill();
    return { etcd, folder, path: join(folder, 'snapshot') };
  };

  it.each(['a byte', 'the end'])(
    'because %s is not as it was is named, set aside, and replaced',
    async (what) => {
      const { etcd, folder, path } = await made();
      const bytes = await readFile(path);
      if (what === 'a byte') bytes[600] = (bytes[600] ?? 0) ^ 1;
      await writeFile(path, what === 'a byte' ? bytes : bytes.subarray(0, -40));
      const server = await scene.starting(given(etcd, folder));
      const said = await server.program.logged(/^the snapshot is damaged: it is not served/);
      expect(said).toMatchObject({ level: 'warn', path, cause: expect.any(String) });
      expect(await status(server.address, 'a.skydns.local')).toBe('SERVFAIL');
      expect(String(said.aside)).toMatch(/snapshot\.damaged-/);
      expect(await readdir(folder)).toEqual([String(said.aside).split('/').at(-1)]);
      await etcd.start();
      await server.ready();
      expect(await answered(server, 'a')).toEqual(['10.0.0.1']);
      await written(server, etcd);
      expect(await readdir(folder)).toContain('snapshot');
    },
  );

  it('because it is another registry’s is named and set aside', async () => {
    const { folder } = await made();
    const other = await scene.etcd();
    await other.ctl(...put('b', '10.0.0.2'));
    const server = await scene.server(given(other, folder));
    const said = await server.program.logged(/^the snapshot is foreign: it is not served/);
    expect(said.cause).toContain(other.endpoint);
    await expect.poll(() => answered(server, 'b'), soon).toEqual(['10.0.0.2']);
    expect(await status(server.address, 'a.skydns.local')).toBe('NXDOMAIN');
  });
});

describe('a disk that takes nothing', () => {
  /** A disk of its own, of `size`, that can be made larger and read-only. */
  const disk = async (size: string) => {
    const made = mountDisk(await scene.folder(), size);
    scene.onEnd(async () => made.remove());
    return made;
  };
  const CANNOT = /^the snapshot cannot be written/;
  const AGAIN = /^the snapshot is written again/;

  it('because it is full is told once, answers go on, and it is written when there is room', async () => {
    const { folder, remount } = await disk('64k');
    const etcd = await scene.etcd();
    for (let i = 0; i < 12; i++)
      await etcd.ctl('put', `/skydns/local/skydns/t/${i}`, JSON.stringify({ text: 'x'.repeat(10_000) }));
    await etcd.ctl(...put('a', '10.0.0.1'));
    const server = await scene.server(given(etcd, folder));
    expect(await server.program.logged(CANNOT)).toMatchObject({
      level: 'warn',
      cause: expect.stringContaining('ENOSPC'),
    });
    await etcd.ctl(...put('a', '10.0.0.2'));
    await expect.poll(() => answered(server, 'a'), soon).toEqual(['10.0.0.2']);
    await expect.poll(() => server.metric('fingerpost_snapshot_failures_total'), soon).toBeGreaterThan(1);
    remount('size=10m');
    await server.program.logged(AGAIN);
    await written(server, etcd);
    expect(server.log.filter(({ msg }) => CANNOT.test(msg))).toHaveLength(1);
    expect(await server.readyz()).toMatchObject({ state: 'synced' });
    await server.stop();
    await etcd.kill();
    expect(await answered(await scene.server(given(etcd, folder)), 'a')).toEqual(['10.0.0.2']);
  });

  it('because it is read-only is told once, and what is there is served', async () => {
    const { folder, remount } = await disk('10m');
    const etcd = await scene.etcd();
    await etcd.ctl(...put('a', '10.0.0.1'));
    const first = await scene.server(given(etcd, folder));
    await written(first, etcd);
    await first.stop();
    remount('ro');
    const second = await scene.server(given(etcd, folder));
    await etcd.ctl(...put('a', '10.0.0.2'));
    await expect.poll(() => answered(second, 'a'), soon).toEqual(['10.0.0.2']);
    expect(await second.program.logged(CANNOT)).toMatchObject({ cause: expect.stringContaining('EROFS') });
    await etcd.kill();
    const third = await scene.server(given(etcd, folder));
    expect(await answered(third, 'a')).toEqual(['10.0.0.1']);
    remount('rw');
    await second.program.logged(AGAIN);
    expect(second.log.filter(({ msg }) => CANNOT.test(msg))).toHaveLength(1);
  });
});
