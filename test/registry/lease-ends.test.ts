// Why a leased key is gone: its lease ran out, or a writer deleted it. Each engine says so as well as it can.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock, realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { View } from './view.ts';
import { del, put } from './writes.ts';

/** The shortest lease that etcd grants, in seconds. */
const SHORT = 2;
const opened: Registry[] = [];
afterEach(async () => {
  for (const registry of opened.splice(0)) await registry.close();
});

let etcd: TestEtcd;
let folder: string;
beforeAll(async () => {
  etcd = await startEtcd();
  folder = await mkdtemp(join(tmpdir(), 'fingerpost-leases-'));
}, 120_000);
afterAll(async () => {
  await etcd.remove();
  await rm(folder, { recursive: true, force: true });
});

const engines: Record<string, (prefix: string) => Registry> = {
  etcd: (prefix) =>
    new EtcdRegistry(
      { url: `etcd://${etcd.endpoint}${prefix}`, prefix, hosts: [etcd.endpoint] },
      { logger: silent, clock: realClock },
    ),
  sqlite: (prefix) =>
    new SqliteRegistry(
      { url: 'sqlite:leases.db', prefix, path: join(folder, 'leases.db') },
      { logger: silent, clock: realClock },
    ),
};

describe.each(Object.keys(engines))('a leased key that is gone from %s', { timeout: 120_000 }, (name) => {
  const open = (): Registry => {
    const registry = engines[name]!('/leases');
    opened.push(registry);
    return registry;
  };
  /** Whether the deletion of a key came of its lease's running out, as the guard finds out. */
  const expired = async (by: (registry: Registry, lease: string) => Promise<unknown>, ttl: number) => {
    const registry = open();
    const view = new View();
    registry.watch(view);
    await view.synced();
    const { id } = await registry.grant(ttl);
    await registry.commit([put('/leases/a', '1', id)]);
    await view.has('/leases/a', '1');
    await by(registry, id);
    await view.has('/leases/a', undefined);
    const change = view.batches.at(-1)?.changes[0];
    return change?.kind === 'delete' && (change.expired ?? (await registry.hasExpired(id)));
  };

  it('was deleted where its lease lives on', async () => {
    expect(await expired((registry) => registry.commit([del('/leases/a')]), 600)).toBe(false);
  });
  it('was deleted where its lease ended before its time', async () => {
    expect(await expired((registry, id) => registry.revoke(id), 600)).toBe(false);
    expect(await expired((_, id) => open().revoke(id), 600)).toBe(false);
  });
  it('ran out where nobody renewed the lease', async () => {
    expect(await expired(async () => {}, SHORT)).toBe(true);
  });
});

it('a revocation that comes after the time that etcd told of may as well be an expiry: it counts as one', async () => {
  const registry = engines.etcd!('/late') as EtcdRegistry;
  opened.push(registry);
  const { id } = await registry.grant(600);
  await registry.revoke(id);
  // This one never heard of the lease while it lived.
  expect(await registry.hasExpired(id)).toBe(true);
});

it('... unless it was heeded since', async () => {
  const registry = engines.etcd!('/heeded') as EtcdRegistry;
  opened.push(registry);
  const [kept, revoked] = [await registry.grant(600), await registry.grant(600)];
  await registry.heed([kept.id, revoked.id, '4711']);
  await registry.revoke(revoked.id);
  expect(await registry.hasExpired(revoked.id)).toBe(false);
  expect(await registry.hasExpired(kept.id)).toBe(false);
  expect(await registry.hasExpired('4711')).toBe(true);
});

it('thousands of leases that run out at once end some at a time, so that questions get their turn', async () => {
  const clock = new ManualClock(1_000_000);
  const registry = new SqliteRegistry(
    { url: 'sqlite::memory:', prefix: '/many', path: ':memory:' },
    { logger: silent, clock },
  );
  opened.push(registry);
  const view = new View();
  registry.watch(view);
  clock.advance(0);
  for (let i = 0; i < 1_200; i++) {
    const { id } = await registry.grant(10);
    await registry.commit([put(`/many/${i}`, 'x', id)]);
  }
  const before = view.batches.length;
  clock.advance(10_000);
  const counts: number[] = [];
  while (view.entries.size > 0) {
    counts.push(view.entries.size);
    clock.advance(50);
  }
  expect(counts.length).toBeGreaterThan(1);
  expect(view.batches.length - before).toBe(1_200);
  expect(view.batches.slice(before).every(({ changes }) => changes[0]?.kind === 'delete')).toBe(true);
});
