// Logging in to etcd: users with few rights, wrong passwords, tokens that are lost, TLS with client certificates.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { openRegistry, type RegistryLogin } from '../../src/registry/open.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';
import { startEtcd, type TestEtcd, type TlsPaths } from '../support/etcd.ts';
import { put } from './contract.ts';
import { View } from './view.ts';

const run = promisify(execFile);

describe('access to etcd', { timeout: 180_000 }, () => {
  const etcds: TestEtcd[] = [];
  const opened: Registry[] = [];
  const folders: string[] = [];
  const open = async (url: string, login?: RegistryLogin) => {
    const registry = await openRegistry(parseRegistryUrl(url), { logger: silent, clock: realClock }, login);
    opened.push(registry);
    return registry;
  };
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    for (const etcd of etcds.splice(0)) await etcd.remove();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  /** An etcd with authentication: root/root, and fred/secret who may do everything below /skydns/ only. */
  const guarded = async () => {
    const etcd = await startEtcd();
    etcds.push(etcd);
    await etcd.ctl('put', '/skydns-x/a', 'outside');
    await etcd.ctl('user', 'add', 'root:root');
    await etcd.ctl('user', 'grant-role', 'root', 'root');
    await etcd.ctl('role', 'add', 'dns');
    await etcd.ctl('role', 'grant-permission', 'dns', '--prefix=true', 'readwrite', '/skydns/');
    await etcd.ctl('user', 'add', 'fred:secret');
    await etcd.ctl('user', 'grant-role', 'fred', 'dns');
    await etcd.ctl('auth', 'enable');
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
    await registry.commit([put('/skydns/a', '1', lease.id)]);
    await view.has('/skydns/a', '1');
    expect(view.entries.get('/skydns/a')?.lease).toEqual(lease);
    expect(await registry.keepAlive(lease.id)).toBe(true);
    expect((await registry.list('/skydns/a')).entries).toHaveLength(1);
    await registry.revoke(lease.id);
    await view.has('/skydns/a', undefined);
    expect(view.faults).toEqual([]);
  });

  it('a token that etcd has forgotten is renewed, in calls and in the watch', async () => {
    const etcd = await guarded();
    const url = `etcd://${etcd.endpoint}`;
    const login = { user: 'fred', password: 'secret' };
    const registry = await open(url, login);
    const view = new View();
    (await open(url, login)).watch(view);
    await view.synced();
    await registry.commit([put('/skydns/a', '1')]);
    await etcd.kill();
    await view.stale();
    await etcd.start();
    await view.synced();
    await registry.commit([put('/skydns/a', '2')]);
    await view.has('/skydns/a', '2');
    expect(view.faults).toEqual([]);
  });

  it('a wrong password, and a prefix that is not allowed, are told as refusals', async () => {
    const etcd = await guarded();
    const wrong = await open(`etcd://${etcd.endpoint}`, { user: 'fred', password: 'guess' });
    await expect(wrong.list()).rejects.toMatchObject({ code: 'registry' });
    const view = new View();
    wrong.watch(view);
    await view.stale();
    expect(view.states[0]).toMatchObject({ cause: { code: 'registry' } });
    const elsewhere = await open(`etcd://${etcd.endpoint}/elsewhere`, { user: 'fred', password: 'secret' });
    await expect(elsewhere.list()).rejects.toMatchObject({ code: 'registry' });
    await expect(elsewhere.commit([put('/elsewhere/a', '1')])).rejects.toMatchObject({ code: 'registry' });
  });

  /** A CA, and one certificate for both sides, by openssl. */
  const certificates = async (): Promise<TlsPaths> => {
    const folder = await mkdtemp(join(tmpdir(), 'fingerpost-tls-'));
    folders.push(folder);
    const openssl = (command: string) => run('openssl', command.split(' '), { cwd: folder });
    const key = '-newkey rsa:2048 -nodes';
    await openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca`);
    await openssl(`req ${key} -keyout key.pem -out cert.csr -subj /CN=etcd`);
    const usage = 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n';
    await writeFile(join(folder, 'ext'), usage);
    await openssl(
      'x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 2 -extfile ext -out cert.pem',
    );
    return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  };

  it('etcds:// speaks TLS, checks the server and shows its certificate', async () => {
    const paths = await certificates();
    const etcd = await startEtcd({ tls: paths });
    etcds.push(etcd);
    const ca = await readFile(paths.ca);
    const cert = await readFile(paths.cert);
    const key = await readFile(paths.key);
    const registry = await open(`etcds://${etcd.endpoint}`, { tls: { ca, cert, key } });
    const view = new View();
    registry.watch(view);
    await view.synced();
    await registry.commit([put('/skydns/a', '1')]);
    await view.has('/skydns/a', '1');
    for (const login of [{}, { tls: { ca } }, { tls: { cert, key } }]) {
      const stranger = await open(`etcds://${etcd.endpoint}`, login);
      await expect(stranger.list()).rejects.toMatchObject({ code: 'unavailable' });
    }
  });
});
