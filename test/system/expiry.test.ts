// Most leases of a name run out at once, in real registries: its services are held for a minute, and what is deleted is not.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { dig, short, status } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const SERVICES = 20;
const STALE = /EDE: 3 \(Stale Answer\)/;
const key = (name: string, i: number) => `/skydns/local/skydns/${name}/${i}`;

/** Registers services of a name, each under a lease of so many seconds, which nobody renews. */
async function register(registry: Registry, name: string, seconds: number): Promise<string[]> {
  const leases = await Promise.all(Array.from({ length: SERVICES }, () => registry.grant(seconds)));
  const writes = leases.map(({ id }, i) => {
    const value = JSON.stringify({ host: `10.0.0.${i}`, port: 80, ttl: 600 });
    return { kind: 'put', key: key(name, i), value, lease: id } as const;
  });
  try {
    await registry.commit(writes);
  } catch (error) {
    if (seconds > 2_000) throw error;
    return register(registry, name, 2 * seconds); // a busy machine was too slow for such short leases
  }
  return leases.map(({ id }) => id);
}

const addresses = (server: TestServer, name: string) => async () =>
  (await short(server.address, `${name}.skydns.local`)).length;
const held = (server: TestServer) => () => server.metric('fingerpost_held_services');

async function withEtcd(...args: string[]): Promise<{ registry: Registry; server: TestServer }> {
  const etcd = await scene.etcd();
  const options = { url: `etcd://${etcd.endpoint}`, prefix: '/skydns', hosts: [etcd.endpoint] };
  const registry = new EtcdRegistry(options, { logger: silent, clock: realClock });
  scene.onEnd(() => registry.close());
  const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`, ...args]);
  return { registry, server };
}

describe('leases of etcd that run out at once', { timeout: 180_000 }, () => {
  it('leave the services there marked; one that registers again is itself again', async () => {
    const { registry, server } = await withEtcd('--stale-ttl', '4');
    await register(registry, 'web', 10);
    await expect.poll(held(server), soon).toBe(SERVICES);
    expect(await addresses(server, 'web')()).toBe(SERVICES);
    const text = await dig(server.address, 'web.skydns.local');
    expect(text).toMatch(STALE);
    expect(text).toMatch(/^web\.skydns\.local\.\s+4\s+IN\s+A\s/m);
    expect((await registry.list()).entries).toEqual([]);
    const told = await server.program.logged(/^most leased services of a name have expired at once/);
    expect(told).toMatchObject({ level: 'warn', name: expect.stringMatching(/skydns\.local\.$/) });
    expect(await server.readyz()).toMatchObject({
      status: 200,
      state: 'synced',
      held: [{ name: told.name, held: SERVICES, of: SERVICES }],
    });

    // A service is back, and another comes and is deleted: that one is not held.
    await registry.commit([{ kind: 'put', key: key('web', 0), value: '{"host":"10.0.0.100","ttl":600}' }]);
    await expect.poll(held(server), soon).toBe(SERVICES - 1);
    expect(await dig(server.address, '0.web.skydns.local')).not.toMatch(STALE);
    await registry.commit([{ kind: 'put', key: key('web', 1), value: '{"host":"10.0.0.101"}' }]);
    await registry.commit([{ kind: 'delete', key: key('web', 1) }]);
    await expect.poll(() => status(server.address, '1.web.skydns.local'), soon).toBe('NXDOMAIN');
  });
});

describe('services that a writer takes out of etcd', { timeout: 120_000 }, () => {
  it('are gone, whether keys are deleted one by one, all at once, or with their leases', async () => {
    const { registry, server } = await withEtcd();
    for (const name of ['all', 'revoked', 'one']) {
      const leases = await register(registry, name, 600);
      await expect.poll(addresses(server, name), soon).toBe(SERVICES);
      const keys = leases.map((_, i) => ({ kind: 'delete', key: key(name, i) }) as const);
      if (name === 'one') for (const one of keys) await registry.commit([one]);
      if (name === 'all') await registry.commit(keys);
      if (name === 'revoked') for (const lease of leases) await registry.revoke(lease);
      await expect.poll(() => status(server.address, `${name}.skydns.local`), soon).toBe('NXDOMAIN');
      // Of keys deleted one by one etcd has to be asked, which a busy machine may be late with.
      if (name !== 'one') expect(await server.metric('fingerpost_services_held_total')).toBe(0);
    }
  });
});

it('leases of the embedded registry that run out at once leave the services there, revoked ones do not', async () => {
  const cwd = await scene.folder();
  const server = await scene.server([], { cwd });
  const path = join(cwd, 'fingerpost.db');
  const registry = new SqliteRegistry(
    { url: `sqlite:${path}`, prefix: '/skydns', path },
    { logger: silent, clock: realClock },
  );
  scene.onEnd(() => registry.close());
  const leases = await register(registry, 'revoked', 600);
  await expect.poll(addresses(server, 'revoked'), soon).toBe(SERVICES);
  for (const lease of leases) await registry.revoke(lease);
  await expect.poll(() => status(server.address, 'revoked.skydns.local'), soon).toBe('NXDOMAIN');
  expect(await server.metric('fingerpost_services_held_total')).toBe(0);
  await register(registry, 'web', 5);
  await expect.poll(held(server), soon).toBe(SERVICES);
  expect(await addresses(server, 'web')()).toBe(SERVICES);
  expect(await dig(server.address, 'web.skydns.local')).toMatch(STALE);
}, 120_000);
