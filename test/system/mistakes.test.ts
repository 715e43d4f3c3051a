// What is wrong at the start is said in exactly one clear line, with an exit code, and nothing is left behind.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scene } from '../support/scene.ts';

const scene = new Scene();

/** `fingerpost serve ARGS` that is expected to fail: its exit code and the one line that it prints. */
async function failure(args: readonly string[], env: Record<string, string> = {}, cwd?: string) {
  const folder = cwd ?? (await scene.folder());
  const free = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const { code, stdout, stderr } = await scene.call(['serve', '--http', 'off', ...free, ...args], {
    cwd: folder,
    env,
  });
  expect(stdout).toBe('');
  return { code, said: stderr, folder };
}

describe('serve', () => {
  it('says which port is in use', async () => {
    const { port } = (await scene.server()).address;
    const { code, said } = await failure(['--listen', `127.0.0.1:${port}`]);
    expect(said).toMatch(
      new RegExp(`^fingerpost: cannot listen on (TCP|UDP) 127\\.0\\.0\\.1:${port}: .*in use.*\n$`),
    );
    expect(code).toBe(1);
  });

  it('says which HTTP port is in use', async () => {
    const { port } = (await scene.server()).http;
    const { code, said } = await failure(['--http', `127.0.0.1:${port}`]);
    expect(said).toMatch(new RegExp(`^fingerpost: cannot serve HTTP on 127\\.0\\.0\\.1:${port}: .*\n$`));
    expect(code).toBe(1);
  });

  it('says that the registry file cannot be opened', async () => {
    const { code, said } = await failure(['--registry', 'sqlite:/nowhere/at/all.db']);
    expect(said).toMatch(/^fingerpost: .*\/nowhere\/at\/all\.db.*\n$/);
    expect(code).toBe(1);
  });

  it("says that the registry file is a folder, or another program's", async () => {
    const cwd = await scene.folder();
    await mkdir(join(cwd, 'folder'));
    await writeFile(join(cwd, 'other.txt'), 'this is no database, and never was one\n'.repeat(100));
    for (const file of ['folder', 'other.txt']) {
      const { code, said } = await failure(['--registry', `sqlite:${file}`], {}, cwd);
      expect(said).toMatch(new RegExp(`^fingerpost: .*${file}.*\n$`));
      expect(code).toBe(1);
    }
  });

  it('says what is wrong on line 7 of its file, before a port or the registry is opened', async () => {
    const cwd = await scene.folder();
    const lines = ['# one', 'ttl: 30', 'zone:', '  - skydns.local', '', '# six', 'negative-tll: 5', ''];
    await writeFile(join(cwd, 'fingerpost.yaml'), lines.join('\n'));
    const { code, said } = await failure(['--config', 'fingerpost.yaml'], {}, cwd);
    expect(said).toBe(
      'fingerpost: fingerpost.yaml:7: unknown key "negative-tll", did you mean "negative-ttl"?\n',
    );
    expect(code).toBe(2);
    expect(existsSync(join(cwd, 'fingerpost.db'))).toBe(false);
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['a flag', ['--ttl', 'long'], {}, /^fingerpost: --ttl: read "long", allowed: .*\n$/],
    [
      'the environment',
      [],
      { FINGERPOST_TTL: '-1' },
      /^fingerpost: environment variable FINGERPOST_TTL: read "-1", .*\n$/,
    ],
    ['an unknown flag', ['--tll', '5'], {}, /^fingerpost: unknown option '--tll'\n.*--ttl.*\n/],
    [
      'a missing file',
      ['--config', 'none.yaml'],
      {},
      /^fingerpost: --config: read "none.yaml" \(.*\), .*\n$/,
    ],
    ['a registry', ['--registry', 'redis://a'], {}, /^fingerpost: --registry: read "redis:\/\/a" .*\n$/],
    ['a zone', ['--zone', '10.0.0.0/9'], {}, /^fingerpost: --zone: read "10.0.0.0\/9" .*octet.*\n$/],
    [
      'half a key pair',
      ['--etcd-cert', '/etc/hostname'],
      {},
      /^fingerpost: etcd-cert is given without etcd-key, .*\n$/,
    ],
  ])('exits 2 for a mistake in %s', async (_what, args, env, said) => {
    const result = await failure(args, env);
    expect(result.said).toMatch(said);
    expect(result.code).toBe(2);
    expect(existsSync(join(result.folder, 'fingerpost.db'))).toBe(false);
  });
});

describe('put', () => {
  it.each([
    ['no JSON', 'a.skydns.local', '{host}', /not JSON/],
    [
      'a port that is none',
      'a.skydns.local',
      '{"port":70000}',
      /port: 70000 is not a whole number from 0 to 65535/,
    ],
    ['a host with a space', 'a.skydns.local', '{"host":"a b"}', /host: "a b" is not an IPv4 address/],
    ['a label that is too long', `${'x'.repeat(64)}.skydns.local`, '{}', /would not be served/],
    [
      'a name outside the zones',
      'a.example.com',
      '{"host":"10.0.0.1"}',
      /outside the zones \(skydns\.local\)/,
    ],
  ])('refuses %s', async (_what, name, json, said) => {
    const { code, stdout, stderr } = await scene.call(['put', name, json]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
