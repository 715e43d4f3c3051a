// Logging in to etcd: users with few rights, wrong passwords, tokens that expire or are lost.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { silent } from '../../src/base/log.ts';
import { openRegistry, type RegistryLogin } from '../../src/registry/open.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';
import { TestCa } from '../support/certificates.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { View } from './view.ts';
import { put } from './writes.ts';

const FRED = { user: 'fred', password: 'secret' };

describe('access to etcd', { timeout: 180_000 }, () => {
  const etcds: TestEtcd[] = [];
  const opened: Registry[] = [];
  const folders: string[] = [];
  const open = async (url: string, login?: RegistryLogin) => {
    const registry = await openRegistry(parseRegistryUrl(url), { logger: silent, clock: realClock }, login);
    opened.push(registry);
    return registry;
  };
  /** A watch that is synced. */
  const watch = async (url: string, login?: RegistryLogin) => {
    const view = new View();
    (await open(url, login)).watch(view);
    await view.synced();
    return view;
  };
  /** Why a watch that cannot begin is stale. */
  const complaint = async (url: string, login?: RegistryLogin) => {
    const view = new View();
    (await open(url, login)).watch(view);
    await view.stale();
    const [state] = view.states;
    expect(state).toMatchObject({ kind: 'stale', cause: { code: 'registry' } });
    return state?.kind === 'stale' ? messageOf(state.cause) : '';
  };
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    for (const etcd of etcds.splice(0)) await etcd.remove();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  /** Users: root/root; fred/secret who may do everything, and rita/secret who may read, below /skydns/ only. */
  const withUsers = async (...flags: string[]) => {
    const etcd = await startEtcd({ flags });
    etcds.push(etcd);
    await etcd.ctl('put', '/skydns-x/a', 'outside');
    await etcd.ctl('put', '/skydns0', 'outside');
    await etcd.ctl('user', 'add', 'root:root');
    await etcd.ctl('user', 'grant-role', 'root', 'root');
    for (const [user, right] of [
      ['fred', 'readwrite'],
      ['rita', 'read'],
    ] as const) {
      await etcd.ctl('role', 'add', right);
      await etcd.ctl('role', 'grant-permission', right, '--prefix=true', right, '/skydns/');
      await etcd.ctl('user', 'add', `${user}:secret`);
      await etcd.ctl('user', 'grant-role', user, right);
    }
    return etcd;
  };
  const guard = async (etcd: TestEtcd) => {
    await etcd.ctl('auth', 'enable');
    etcd.login = 'root:root';
  };
  const guarded = async (...flags: string[]) => {
    const etcd = await withUsers(...flags);
    await guard(etcd);
    return etcd;
  };

  it('a user who may only use the prefix can do everything', async () => {
    const etcd = await guarded();
    const registry = await open(`etcd://fred:secret@${etcd.endpoint}`);
    expect(registry.url).toBe(`etcd://${etcd.endpoint}`);
    const view = new View();
    registry.watch(view);
    await view.synced();
    const lease = await registry.grant(60);
    const first = await registry.commit([put('/skydns/a', '1', lease.id)]);
    await view.has('/skydns/a', '1');
    expect(view.entries.get('/skydns/a')?.lease).toEqual(lease);
    expect(await registry.keepAlive(lease.id)).toBe(true);
    expect((await registry.list('/skydns/a')).entries).toHaveLength(1);
    expect(await registry.before('/skydns/a', first)).toBeUndefined();
    await registry.revoke(lease.id);
    await view.has('/skydns/a', undefined);
    expect(view.faults).toEqual([]);
  });

  it('a user who may only read the prefix can serve it', async () => {
    const etcd = await guarded();
    await etcd.ctl('put', '/skydns/a', '1');
    const url = `etcd://rita:secret@${etcd.endpoint}`;
    const view = await watch(url);
    await etcd.ctl('put', '/skydns/b', '1');
    await etcd.ctl('put', '/skydns1', 'outside');
    await view.has('/skydns/b', '1');
    expect(view.text()).toBe('/skydns/a=1\n/skydns/b=1');
    await expect((await open(url)).commit([put('/skydns/c', '1')])).rejects.toMatchObject({
      code: 'registry',
      message: expect.stringContaining('etcd does not let user "rita" do this below /skydns/'),
    });
  });

  it('a token that etcd has forgotten is renewed, in calls and in the watch', async () => {
    const etcd = await guarded();
    const url = `etcd://${etcd.endpoint}`;
    const registry = await open(url, FRED);
    const view = await watch(url, FRED);
    await registry.commit([put('/skydns/a', '1')]);
    await etcd.kill();
    await view.stale();
    await etcd.start();
    await view.synced();
    await registry.commit([put('/skydns/a', '2')]);
    await view.has('/skydns/a', '2');
    expect(view.faults).toEqual([]);
  });

  const tokens = {
    simple: async () => ['--auth-token-ttl', '1'],
    jwt: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'fingerpost-jwt-'));
      folders.push(folder);
      const { priv, pub } = await (await TestCa.in(folder)).keys();
      return ['--auth-token', `jwt,pub-key=${pub},priv-key=${priv},sign-method=RS256,ttl=2s`];
    },
  };
  it.each(['simple', 'jwt'] as const)('a %s token that has expired is renewed', async (kind) => {
    const etcd = await guarded(...(await tokens[kind]()));
    const url = `etcd://${etcd.endpoint}`;
    const registry = await open(url, FRED);
    const view = await watch(url, FRED);
    const { id } = await registry.grant(600);
    for (const value of ['1', '2']) {
      await delay(3_000); // the token expires meanwhile
      await registry.commit([put('/skydns/a', value, id)]);
      await view.has('/skydns/a', value);
      expect((await registry.list()).entries).toHaveLength(1);
      expect(await registry.keepAlive(id)).toBe(true);
    }
    // A watch that has to begin again needs a token as well.
    await etcd.kill();
    await view.stale();
    await delay(3_000);
    await etcd.start();
    await view.synced();
    await registry.commit([put('/skydns/a', '3')]);
    await view.has('/skydns/a', '3');
    expect(view.faults).toEqual([]);
    expect(view.lists).toHaveLength(1);
  });

  it('users may be set before authentication is turned on, and stay when it is turned off', async () => {
    const etcd = await withUsers();
    const url = `etcd://${etcd.endpoint}`;
    const registry = await open(url, FRED);
    const view = await watch(url, FRED);
    await registry.commit([put('/skydns/a', '1')]);
    await guard(etcd);
    await registry.commit([put('/skydns/a', '2')]);
    await view.has('/skydns/a', '2');
    await etcd.ctl('auth', 'disable');
    etcd.login = undefined;
    await registry.commit([put('/skydns/a', '3')]);
    await view.has('/skydns/a', '3');
    expect(view.faults).toEqual([]);
  });

  it('rights that are changed while a token is in use do not end it', async () => {
    const etcd = await guarded();
    const registry = await open(`etcd://${etcd.endpoint}`, FRED);
    await registry.commit([put('/skydns/a', '1')]);
    await etcd.ctl('role', 'grant-permission', 'readwrite', '--prefix=true', 'readwrite', '/more/');
    await registry.commit([put('/skydns/a', '2')]);
    expect((await registry.list()).entries).toMatchObject([{ value: '2' }]);
  });

  it('what etcd does not let us do is told, and what to do about it', async () => {
    const etcd = await guarded();
    const url = `etcd://${etcd.endpoint}`;
    expect(await complaint(url, { user: 'fred', password: 'guess' })).toMatch(
      /^etcd does not know user "fred" by this password: --etcd-user and --etcd-password-file: /,
    );
    expect(await complaint(url, { user: 'nobody', password: 'secret' })).toContain('user "nobody"');
    expect(await complaint(url)).toMatch(
      /^etcd wants to know who we are: --etcd-user and --etcd-password-file, or a client certificate: /,
    );
    expect(await complaint(`${url}/elsewhere`, FRED)).toMatch(
      /^etcd does not let user "fred" do this below \/elsewhere\/: etcdctl role grant-permission ROLE read --prefix=true \/elsewhere\//,
    );
    const elsewhere = await open(`${url}/elsewhere`, FRED);
    await expect(elsewhere.list()).rejects.toMatchObject({ code: 'registry' });
    await expect(elsewhere.commit([put('/elsewhere/a', '1')])).rejects.toMatchObject({ code: 'registry' });
    const wrong = await open(url, { user: 'fred', password: 'guess' });
    await expect(wrong.list()).rejects.toMatchObject({ code: 'registry' });
  });

  it('a watch that was refused begins when it is let', async () => {
    const etcd = await guarded();
    await etcd.ctl('user', 'revoke-role', 'rita', 'read');
    const view = new View();
    (await open(`etcd://rita:secret@${etcd.endpoint}`)).watch(view);
    await view.stale();
    await etcd.ctl('user', 'grant-role', 'rita', 'read');
    await view.synced();
    await etcd.ctl('put', '/skydns/a', '1');
    await view.has('/skydns/a', '1');
  });
});
