// etcd as it is run in earnest, from the command line: TLS both ways, users with few rights, hosts that are dead or foreign.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TestCa } from '../support/certificates.ts';
import { short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const service = (host: string) => JSON.stringify({ host });

describe('an etcd with TLS and users', { timeout: 180_000 }, () => {
  let etcd: TestEtcd;
  let folder: string;
  let files: string[];
  const password = async (text: string) => {
    const path = join(folder, `password-${text}`);
    await writeFile(path, `${text}\n`);
    return ['--etcd-user', 'dns', '--etcd-password-file', path];
  };

  beforeAll(async () => {
    folder = await scene.folder();
    const paths = await (await TestCa.in(folder)).sign('nobody');
    files = ['--etcd-ca', paths.ca, '--etcd-cert', paths.cert, '--etcd-key', paths.key];
    etcd = await scene.etcd({ tls: paths });
    await etcd.ctl('user', 'add', 'root:root');
    await etcd.ctl('user', 'grant-role', 'root', 'root');
    await etcd.ctl('role', 'add', 'dns');
    await etcd.ctl('role', 'grant-permission', 'dns', 'read', '--prefix=true', '/skydns/');
    await etcd.ctl('user', 'add', 'dns:secret');
    await etcd.ctl('user', 'grant-role', 'dns', 'dns');
    await etcd.ctl('auth', 'enable');
    etcd.login = 'root:root';
  });

  it('is followed by a user who may only read below the prefix, past a host that is dead', async () => {
    const hosts = `127.0.0.1:${await freePort()},${etcd.endpoint}`;
    const login = await password('secret');
    const server = await scene.server(['--registry', `etcds://${hosts}/skydns`, ...files, ...login]);
    await etcd.ctl('put', '/skydns0/local/skydns/b', service('10.0.0.1'));
    await etcd.ctl('put', '/skydns', service('10.0.0.1'));
    await etcd.ctl('put', '/skydns/local/skydns/a', service('10.0.0.1'));
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
    expect(await status(server.address, 'b.skydns.local')).toBe('NXDOMAIN');
    expect(await server.metric('fingerpost_outside_keys')).toBe(0);
    expect(await server.metric('fingerpost_bad_records')).toBe(0);
    expect(await server.readyz()).toMatchObject({ status: 200, state: 'synced' });
    const silent = await server.program.logged(/^this server cannot say what it has applied/);
    expect(silent).toMatchObject({
      level: 'warn',
      key: expect.stringMatching(/^\/skydns-status\//),
      cause: expect.stringContaining('readwrite'),
    });
    await etcd.ctl('put', '/skydns/local/skydns/a', service('10.0.0.2'));
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.2']);
    expect(server.log.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(server.log)).not.toContain('secret');
  });

  it.each([
    ['a password', 'skydns', 'guess', 'etcd does not know user "dns" by this password: --etcd-user and'],
    [
      'what is below a prefix',
      'elsewhere',
      'secret',
      'etcd does not let user "dns" do this below /elsewhere/: etcdctl role grant-permission',
    ],
  ])('that refuses %s is told of in the log, once, and on /readyz', async (_, prefix, word, said) => {
    const login = await password(word);
    const server = await scene.starting([
      '--registry',
      `etcds://${etcd.endpoint}/${prefix}`,
      ...files,
      ...login,
    ]);
    const told = await server.program.logged(/^cut off from the registry/);
    expect(told).toMatchObject({ level: 'warn', cause: expect.stringContaining(said) });
    expect(await server.readyz()).toMatchObject({
      status: 503,
      state: 'starting',
      cause: expect.stringContaining(said),
    });
    expect(await status(server.address, 'a.skydns.local')).toBe('SERVFAIL');
    const lines = server.log.filter(({ level }) => level === 'warn' || level === 'error');
    expect(lines).toHaveLength(1);
  });
});

it('a host of another cluster is named and never served from', async () => {
  const [ours, foreign] = [await scene.etcd(), await scene.etcd()];
  await ours.ctl('put', '/skydns/local/skydns/a', service('10.0.0.1'));
  await foreign.ctl('put', '/skydns/local/skydns/a', service('10.0.0.2'));
  const server = await scene.server(['--registry', `etcd://${ours.endpoint},${foreign.endpoint}`]);
  const told = await server.program.logged(/belongs to another cluster than the other hosts and is not used/);
  expect(told).toMatchObject({ level: 'error', host: foreign.endpoint });
  expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
  await ours.kill();
  await expect.poll(async () => (await server.readyz()).state, soon).toBe('stale');
  expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
}, 180_000);
