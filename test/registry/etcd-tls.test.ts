// etcd over TLS: who is trusted, who is taken, and what is said where one of the two is not so.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { silent } from '../../src/base/log.ts';
import { openRegistry, type RegistryLogin } from '../../src/registry/open.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';
import { type Pems, pems, TestCa } from '../support/certificates.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { View } from './view.ts';
import { put } from './writes.ts';

describe('etcd over TLS', { timeout: 180_000 }, () => {
  const opened: Registry[] = [];
  let folder: string;
  let ca: TestCa;
  let own: Pems;
  let etcd: TestEtcd;
  const open = async (url: string, login: RegistryLogin = { tls: own }) => {
    const registry = await openRegistry(parseRegistryUrl(url), { logger: silent, clock: realClock }, login);
    opened.push(registry);
    return registry;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fingerpost-tls-'));
    ca = await TestCa.in(folder);
    const paths = await ca.sign('etcd');
    own = await pems(paths);
    etcd = await startEtcd({ tls: paths });
  }, 120_000);
  afterAll(async () => {
    await etcd.remove();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
  });

  it('is listed, watched and written', async () => {
    const registry = await open(`etcds://${etcd.endpoint}`);
    const view = new View();
    registry.watch(view);
    await view.synced();
    await registry.commit([put('/skydns/a', '1')]);
    await view.has('/skydns/a', '1');
    await etcd.kill();
    await view.stale();
    await etcd.start();
    await view.synced();
    await registry.commit([put('/skydns/a', '2')]);
    await view.has('/skydns/a', '2');
    expect(view.faults).toEqual([]);
  });

  /** What a list says to a client with these options. */
  const complaint = async (url: string, login: RegistryLogin) => {
    const thrown: unknown = await (await open(url, login)).list().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'FingerpostError', code: 'unavailable' });
    return messageOf(thrown);
  };

  it('is told from an etcd that no trusted CA has signed for, and from one that does not take us', async () => {
    const url = `etcds://${etcd.endpoint}`;
    const { ca: trusted, cert, key } = own;
    expect(await complaint(url, {})).toContain('(no trusted CA has signed its certificate: --etcd-ca)');
    expect(await complaint(url, { tls: { cert, key } })).toContain('--etcd-ca)');
    expect(await complaint(url, { tls: { ca: trusted } })).toContain(
      '(it does not take our certificate: --etcd-cert and --etcd-key)',
    );
  });

  it('is told from an etcd that goes by another name, and from one that speaks no TLS, or TLS alone', async () => {
    expect(await complaint(`etcds://localhost:${etcd.port}`, { tls: own })).toContain(
      '(its certificate is for another host name: use that name in --registry)',
    );
    expect(await complaint(`etcd://${etcd.endpoint}`, {})).toContain('(if it speaks TLS, use etcds://)');
    const plain = await startEtcd();
    try {
      expect(await complaint(`etcds://${plain.endpoint}`, { tls: own })).toContain(
        '(if it speaks no TLS, use etcd://)',
      );
    } finally {
      await plain.remove();
    }
  });

  it('knows a user by the name in the certificate', async () => {
    const guarded = await startEtcd({ tls: await ca.sign('etcd') });
    try {
      await guarded.ctl('user', 'add', 'root:root');
      await guarded.ctl('user', 'grant-role', 'root', 'root');
      await guarded.ctl('role', 'add', 'dns');
      await guarded.ctl('role', 'grant-permission', 'dns', '--prefix=true', 'readwrite', '/skydns/');
      await guarded.ctl('user', 'add', 'fred:secret');
      await guarded.ctl('user', 'grant-role', 'fred', 'dns');
      await guarded.ctl('auth', 'enable');
      const fred = await open(`etcds://${guarded.endpoint}`, { tls: await pems(await ca.sign('fred')) });
      const view = new View();
      fred.watch(view);
      await view.synced();
      await fred.commit([put('/skydns/a', '1')]);
      await view.has('/skydns/a', '1');
      const stranger = await open(`etcds://${guarded.endpoint}`, {
        tls: await pems(await ca.sign('stranger')),
      });
      await expect(stranger.list()).rejects.toMatchObject({ code: 'registry' });
    } finally {
      await guarded.remove();
    }
  });
});
