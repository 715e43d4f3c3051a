// Leases of etcd: asked once each, many at a time, without ever disturbing the order of batches.
import { LeaseClient } from 'etcd3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { View } from './view.ts';
import { del, put } from './writes.ts';

describe('leases of etcd', { timeout: 180_000 }, () => {
  let etcd: TestEtcd;
  let prefix = '';
  let count = 0;
  const opened: EtcdRegistry[] = [];
  const open = () => {
    const hosts = [etcd.endpoint];
    const registry = new EtcdRegistry(
      { url: `etcd://${hosts}${prefix}`, prefix, hosts },
      { logger: silent, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  /** The lease ids that were asked for, in order. */
  const asked = (spy: { mock: { calls: [{ ID?: string | number }, ...unknown[]][] } }) =>
    spy.mock.calls.map(([{ ID }]) => String(ID));
  const spy = () => vi.spyOn(LeaseClient.prototype, 'leaseTimeToLive');

  beforeAll(async () => {
    etcd = await startEtcd();
  }, 120_000);
  afterAll(() => etcd.remove());
  beforeEach(() => {
    count += 1;
    prefix = `/l${count}`;
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const registry of opened.splice(0)) await registry.close();
  });

  it('each lease is asked for once, however many keys use it', async () => {
    const registry = open();
    const leases = await Promise.all(Array.from({ length: 300 }, () => registry.grant(600)));
    for (const [i, { id }] of leases.entries()) {
      await registry.commit([put(`${prefix}/a/${i}`, 'x', id), put(`${prefix}/b/${i}`, 'x', id)]);
    }
    const calls = spy();
    const view = new View();
    open().watch(view);
    await view.synced();
    expect(asked(calls).sort()).toEqual(leases.map((l) => l.id).sort());
    expect([...view.entries.values()].every((e) => e.lease?.ttl === 600)).toBe(true);

    const late = await registry.grant(700);
    for (let i = 0; i < 20; i++) await registry.commit([put(`${prefix}/c/${i}`, 'x', late.id)]);
    for (const { id } of leases) await registry.commit([put(`${prefix}/d`, 'x', id)]);
    await registry.commit([put(`${prefix}/end`, 'end')]);
    await view.has(`${prefix}/end`, 'end');
    expect(calls).toHaveBeenCalledTimes(leases.length + 1);
    expect(view.entries.get(`${prefix}/c/19`)?.lease).toEqual(late);
    expect(view.faults).toEqual([]);
  });

  it('a put under one that is not there is refused, in words', async () => {
    const registry = open();
    const { id } = await registry.grant(600);
    for (let i = 0; i < 2; i++) await registry.revoke(id);
    await expect(registry.commit([put(`${prefix}/a`, '1', id)])).rejects.toMatchObject({
      code: 'registry',
      message: 'etcd has no such lease: it has run out or was revoked',
    });
    expect((await registry.list()).entries).toEqual([]);
  });

  it('batches stay in order while a lease is being asked for', async () => {
    const registry = open();
    const view = new View();
    open().watch(view);
    await view.synced();
    const ask = LeaseClient.prototype.leaseTimeToLive;
    const gate = Promise.withResolvers<void>();
    spy().mockImplementation(async function (this: LeaseClient, ...args) {
      await gate.promise;
      return ask.apply(this, args);
    });
    const lease = await registry.grant(600);
    const key = `${prefix}/a`;
    await registry.commit([put(key, '1')]);
    await view.has(key, '1');
    await registry.commit([put(key, '2', lease.id), put(`${prefix}/b`, '2')]);
    await registry.commit([del(key)]);
    await registry.commit([put(key, '3', lease.id)]);
    await registry.commit([put(`${prefix}/end`, 'end')]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(view.text()).toBe(`${key}=1`); // nothing overtakes the lease
    gate.resolve();
    await view.has(`${prefix}/end`, 'end');
    expect(view.batches.map((b) => b.changes.map((c) => c.kind).join())).toEqual([
      'put',
      'put,put',
      'delete',
      'put',
      'put',
    ]);
    expect(view.entries.get(key)?.lease).toEqual(lease);
    expect(view.faults).toEqual([]);
  });

  it('a lease that is gone when it is asked for stalls nothing', async () => {
    const registry = open();
    const view = new View();
    open().watch(view);
    await view.synced();
    const ask = LeaseClient.prototype.leaseTimeToLive;
    const lease = await registry.grant(600);
    spy().mockImplementation(async function (this: LeaseClient, ...args) {
      await registry.revoke(lease.id);
      return ask.apply(this, args);
    });
    await registry.commit([put(`${prefix}/a`, '1', lease.id)]);
    await view.until('put and delete', () => view.batches.length === 2);
    expect(view.batches[0]?.changes).toMatchObject([{ kind: 'put', entry: { lease: { ttl: 1 } } }]);
    await registry.commit([put(`${prefix}/after`, '1')]);
    await view.has(`${prefix}/after`, '1');
    expect(view.text()).toBe(`${prefix}/after=1`);
  });

  it('an etcd that does not tell about leases stalls nothing', async () => {
    const registry = open();
    const lease = await registry.grant(600);
    await registry.commit([put(`${prefix}/a`, '1', lease.id)]);
    spy().mockRejectedValue(new Error('etcdserver: permission denied'));
    const view = new View();
    open().watch(view);
    await view.synced();
    expect(view.entries.get(`${prefix}/a`)).toMatchObject({ value: '1', lease: undefined });
  });

  it('a crowd of changes, each with a lease of its own, all arrive', async () => {
    const registry = open();
    const view = new View();
    open().watch(view);
    await view.synced();
    const total = 3_000;
    for (let i = 0; i < total; i += 200) {
      await Promise.all(
        Array.from({ length: 200 }, async (_, j) => {
          const { id } = await registry.grant(600);
          await registry.commit([put(`${prefix}/${i + j}`, id, id)]);
        }),
      );
    }
    await view.until('all', () => view.entries.size === total);
    expect([...view.entries.values()].every((e) => e.lease?.id === e.value && e.lease.ttl === 600)).toBe(
      true,
    );
    expect(view.faults).toEqual([]);
  });
});
