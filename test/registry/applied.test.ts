// What servers say of how far they are: published at most once a second, waited for, gone with its server.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { notEverywhere, statusPrefix } from '../../src/registry/applied.ts';
import { AppliedBoard } from '../../src/registry/applied-board.ts';
import { AppliedPublisher } from '../../src/registry/applied-publisher.ts';
import { openRegistry, openStatuses } from '../../src/registry/open.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

const LIMIT = { timeout: 30_000, interval: 20 };
const deps = { logger: silent, clock: realClock };

let etcd: TestEtcd;
let folder: string;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  folder = await mkdtemp(join(tmpdir(), 'fingerpost-applied-'));
}, 120_000);
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(async () => {
  await etcd.remove();
  await rm(folder, { recursive: true, force: true });
});

function kept<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

let count = 0;
const places = {
  sqlite: () => `sqlite:${join(folder, `${++count}.db`)}`,
  etcd: () => `etcd://${etcd.endpoint}/p${++count}`,
};

/** A server as far as this goes: it has applied what a test says. */
async function server(url: string, id: string) {
  const statuses = (await openStatuses(parseRegistryUrl(url), deps))!;
  kept(statuses);
  const writes: number[] = [];
  const commit = statuses.commit.bind(statuses);
  statuses.commit = (all) => {
    writes.push(performance.now());
    return commit(all);
  };
  const board = new AppliedBoard(() => publisher.look());
  const publisher: AppliedPublisher = new AppliedPublisher({
    ...{ statuses, board, server: id, instance: id, ...deps },
    addresses: () => ['192.0.2.1:53'],
    published: () => {},
  });
  kept(publisher);
  statuses.watch(board);
  return { publisher, board, writes };
}

describe.each(['sqlite', 'etcd'] as const)('what servers have applied, in %s', (engine) => {
  let url: string;
  let registry: Registry;

  const start = async () => {
    url = places[engine]();
    registry = kept(await openRegistry(parseRegistryUrl(url), deps));
  };

  it('is waited for, and who has not is named', async () => {
    await start();
    const one = await server(url, 'one');
    const two = await server(url, 'two');
    one.publisher.applied(5);
    two.publisher.applied(4);
    await expect.poll(() => one.board.servers.length, LIMIT).toBe(2);
    const late = await registry.waitApplied(5, 300);
    expect(late.everywhere).toBe(false);
    expect(notEverywhere(late, 5, 0.3)).toBe(
      '1 of 2 live servers have not applied revision 5 within 0.3 s: two (192.0.2.1:53) at revision 4',
    );
    const waiting = registry.waitApplied(5, 30_000);
    two.publisher.applied(6);
    expect(await waiting).toMatchObject({
      everywhere: true,
      servers: [{ server: 'one' }, { server: 'two' }],
    });
  });

  it('is gone with its server', async () => {
    await start();
    const one = await server(url, 'one');
    one.publisher.applied(5);
    expect((await registry.waitApplied(5, 30_000)).everywhere).toBe(true);
    await one.publisher.close();
    const waited = await registry.waitApplied(5, 200);
    expect(waited).toEqual({ everywhere: false, servers: [] });
    expect(notEverywhere(waited, 5, 0.2)).toContain('no live server');
  });

  it('is never read or listed as a record', async () => {
    await start();
    const one = await server(url, 'a/b c');
    one.publisher.applied(5);
    expect((await registry.waitApplied(5, 30_000)).servers).toMatchObject([{ server: 'a/b c' }]);
    expect((await registry.list()).entries).toEqual([]);
  });

  it('is published at most once a second, the last word included', async () => {
    await start();
    const { publisher, writes } = await server(url, 'busy');
    const began = performance.now();
    let revision = 0;
    while (performance.now() - began < 2_500) {
      publisher.applied(++revision);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await registry.waitApplied(revision, 30_000)).everywhere).toBe(true);
    expect(writes.length).toBeGreaterThan(1);
    for (const [i, at] of writes.entries()) if (i > 0) expect(at - writes[i - 1]!).toBeGreaterThan(950);
  });

  it('is published where nothing changed only when somebody waits for it', async () => {
    await start();
    const [one, two] = [await server(url, 'one'), await server(url, 'two')];
    for (const { publisher } of [one, two]) publisher.applied(5);
    await expect.poll(() => one.board.servers.length, LIMIT).toBe(2);
    await expect.poll(() => two.board.servers.length, LIMIT).toBe(2);
    for (const { publisher } of [one, two]) publisher.reached(9);
    const late = await registry.waitApplied(8, 200);
    expect(late.servers.map((live) => live.revision)).toEqual([5, 5]);
    one.publisher.want(8);
    expect((await one.board.wait(8, 30_000)).everywhere).toBe(true);
    expect(one.writes).toHaveLength(2);
    expect(two.writes).toHaveLength(2);
  });

  it('goes back with a registry that was restored', async () => {
    await start();
    const { publisher, board } = await server(url, 'one');
    publisher.applied(50);
    await expect.poll(() => board.servers[0]?.revision, LIMIT).toBe(50);
    publisher.applied(7);
    await expect.poll(() => board.servers[0]?.revision, LIMIT).toBe(7);
  });

  it('is published anew when its lease was lost', async () => {
    await start();
    const { publisher, board } = await server(url, 'one');
    publisher.applied(5);
    await expect.poll(() => board.servers[0]?.revision, LIMIT).toBe(5);
    const statuses = kept((await openStatuses(parseRegistryUrl(url), deps))!);
    const [entry] = (await statuses.list()).entries;
    expect(entry?.key).toBe(`${statusPrefix(registry.prefix)}/one/one`);
    await statuses.revoke(entry!.lease!.id);
    await expect.poll(() => board.servers.length, LIMIT).toBe(0);
    await expect.poll(() => board.servers[0]?.revision, LIMIT).toBe(5);
  });
});
