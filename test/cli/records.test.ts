// put, rm, ls, check and load: the real program over the embedded registry.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeOptions } from '../../src/app/config.ts';
import { withRegistry } from '../../src/cli/registry.ts';
import type { Write } from '../../src/registry/registry.ts';
import { run } from './program.ts';

const EXAMPLES = fileURLToPath(new URL('../../deploy/examples/services.yaml', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fingerpost-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fingerpost = (...words: string[]) => run(words, {}, folder);

/** Writes past the checks, as other programs do. */
async function write(...pairs: [key: string, value: string][]): Promise<void> {
  const writes: Write[] = pairs.map(([key, value]) => ({ kind: 'put', key: `/skydns/${key}`, value }));
  const options = completeOptions({ registry: `sqlite:${join(folder, 'fingerpost.db')}` });
  await withRegistry(options, (registry) => registry.commit(writes));
}

describe('put', () => {
  it('writes a record that ls shows', async () => {
    const put = await fingerpost('put', '1.Rails.skydns.local', '{"host": "10.0.0.1", "port": 8080}');
    expect(put).toMatchObject({ code: 0, err: '' });
    expect(put.out).toMatch(/^put 1\.Rails\.skydns\.local \(revision \d+\)\n$/);
    const ls = await fingerpost('ls');
    expect(ls).toMatchObject({ code: 0, err: '' });
    expect(ls.out).toMatch(/^NAME +TYPE +HOST +PORT +PRIORITY +WEIGHT +TTL +LEASE +AGE\n/);
    expect(ls.out).toMatch(/\n1\.rails\.skydns\.local +ipv4 +10\.0\.0\.1 +8080 +- +- +- +- +\d+s\n$/);
  });

  it.each([
    [
      'a.skydns.local',
      '{"host": "10.0.0.1", "port": 70000}',
      'port: 70000 is not a whole number from 0 to 65535',
    ],
    ['a.skydns.local', '{"host": "a host"}', 'host: "a host" is not'],
    ['a.skydns.local', '{host: 1}', 'not JSON: '],
    ['a.skydns.local', '[]', '[] is not a JSON object'],
    ['a..skydns.local', '{"host": "10.0.0.1"}', 'empty label'],
    [`${'x'.repeat(64)}.skydns.local`, '{"host": "10.0.0.1"}', 'label over 63 bytes'],
    ['a.example.org', '{"host": "10.0.0.1"}', 'outside the zones (skydns.local); name its zone with --zone'],
  ])('refuses %s %s', async (name, json, reason) => {
    const { code, out, err } = await fingerpost('put', name, json);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^fingerpost: .* would not be served: /);
    expect(err).toContain(reason);
  });

  it('binds the key to a lease that ends it', async () => {
    const put = await fingerpost('put', '--lease', '1', 'a.skydns.local', '{"text": "soon gone"}');
    expect(put.code).toBe(0);
    expect(put.out).toMatch(/\nit expires in 1 s unless lease \S+ is kept alive\n$/);
    await expect
      .poll(async () => (await fingerpost('ls')).err, { timeout: 10_000 })
      .toMatch(/^no services in /);
  });

  it('takes whole seconds for a lease', async () => {
    const { code, err } = await fingerpost('put', '--lease', '0', 'a.skydns.local', '{}');
    expect(code).toBe(2);
    expect(err).toContain('--lease: read "0", allowed: a whole number of seconds from 1 to');
  });

  it('says in one line that the registry cannot be used', async () => {
    const put = await fingerpost('put', '--registry', 'sqlite:/proc/nowhere/x.db', 'a.skydns.local', '{}');
    expect(put.code).toBe(1);
    expect(put.err.trimEnd().split('\n')).toHaveLength(1);
    expect(put.err).toContain('/proc/nowhere/x.db');
  });
});

describe('rm', () => {
  it('removes one, and what is below it only when told to', async () => {
    await write(['local/skydns/a', '{"text": "a"}'], ['local/skydns/a/b', '{}'], ['local/skydns/ab', '{}']);
    expect((await fingerpost('rm', 'A.skydns.local')).out).toMatch(
      /^removed A\.skydns\.local \(revision \d+\)\n/,
    );
    const again = await fingerpost('rm', 'a.skydns.local');
    expect(again).toMatchObject({
      code: 1,
      err: 'fingerpost: there is no service a.skydns.local; below it: 1 service (--all)\n',
    });
    expect((await fingerpost('rm', '--all', 'a.skydns.local')).out).toMatch(
      /^removed 1 service at a\.skydns/,
    );
    expect((await fingerpost('ls')).out).toMatch(/\nab\.skydns\.local .*\n$/);
  });

  it('takes a key as it is, for what is no name', async () => {
    await write(['local/skydns/Bad.Key', '{}']);
    expect((await fingerpost('rm', '/skydns/local/skydns/Bad.Key')).code).toBe(0);
    expect((await fingerpost('check')).out).toBe('0 records, all usable\n');
  });
});

describe('ls', () => {
  it('shows what is there, safe for a terminal', async () => {
    await write(
      ['local/skydns/a', '{"text": "\\u001b[2J"}'],
      ['local/skydns/b', '{"host": "fd00::1", "port": 53, "priority": 5, "weight": 7, "ttl": 9}'],
      ['local/skydns/c', 'nonsense'],
      ['local/skydns/d', '{"host": "b.skydns.local"}'],
      ['local/skydns/e', '{}'],
      ['local/sky.dns', '{}'],
    );
    const { out, err } = await fingerpost('ls');
    const cells = out
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ +/).slice(0, 8));
    expect(cells).toEqual([
      ['/skydns/local/sky.dns', 'unusable', '-', '-', '-', '-', '-', '-'],
      ['a.skydns.local', 'text', '\\u001b[2J', '-', '-', '-', '-', '-'],
      ['b.skydns.local', 'ipv6', 'fd00::1', '53', '5', '7', '9', '-'],
      ['c.skydns.local', 'unusable', '-', '-', '-', '-', '-', '-'],
      ['d.skydns.local', 'name', 'b.skydns.local', '-', '-', '-', '-', '-'],
      ['e.skydns.local', 'empty', '-', '-', '-', '-', '-', '-'],
    ]);
    expect(err).toBe('2 records unusable: fingerpost check says why\n');
  });

  it('begins at a name', async () => {
    await write(['local/skydns/a/1', '{}'], ['local/skydns/b/1', '{}']);
    expect((await fingerpost('ls', 'a.skydns.local')).out).toMatch(/^NAME.*\n1\.a\.skydns\.local .*\n$/);
    expect((await fingerpost('ls', 'c.skydns.local')).err).toMatch(/^no services at c\.skydns\.local in /);
  });

  it('prints JSON', async () => {
    await write(['local/skydns/a', '{"host": "10.0.0.1", "note": 1}'], ['local/skydns/b', 'x']);
    const { out } = await fingerpost('ls', '--json');
    expect(JSON.parse(out)).toMatchObject([
      { name: 'a.skydns.local', type: 'ipv4', service: { host: '10.0.0.1', note: 1 }, lease: null },
      { name: 'b.skydns.local', type: 'unusable', value: 'x', problem: expect.stringContaining('not JSON') },
    ]);
  });
});

describe('check', () => {
  it('is content with records that can be served', async () => {
    await write(['local/skydns/a', '{"host": "10.0.0.1"}']);
    expect(await fingerpost('check')).toEqual({ code: 0, out: '1 record, all usable\n', err: '' });
  });

  it('lists each that cannot with key, revision and reason', async () => {
    await write(
      ['local/skydns/a', '{"host": "10.0.0.1", "port": 70000}'],
      ['local/skydns/b', '{"text": "fine"}'],
      ['org/example/c', '{"host": "10.0.0.1"}'],
    );
    const { code, out } = await fingerpost('check');
    expect(code).toBe(1);
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\/skydns\/local\/skydns\/a {2}revision \d+: port: 70000 is not a whole number/),
      expect.stringMatching(
        /^\/skydns\/org\/example\/c {2}revision \d+: outside the zones \(skydns\.local\)$/,
      ),
      '3 records, 2 not served as they are',
    ]);
    expect((await fingerpost('check', '--zone', 'skydns.local', '--zone', 'example.org')).out).toMatch(
      /1 not served as they are\n$/,
    );
  });
});

describe('check on a record that turned bad', () => {
  const key = 'local/skydns/a';
  const lineOf = async () => (await fingerpost('check')).out.split('\n')[0] ?? '';

  it('names the last good revision, however many bad ones came after it', async () => {
    await write([key, '{"host": "10.0.0.1"}']);
    await write([key, 'x']);
    await write([key, 'y']);
    const [, bad = '', good = ''] = /revision (\d+): not JSON: .*; last good: revision (\d+)$/.exec(
      await lineOf(),
    )!;
    expect(Number(bad) - Number(good)).toBe(2);
  });

  it('says where there was none, also before it was deleted', async () => {
    await write([key, 'x']);
    expect(await lineOf()).toMatch(/; it never was usable$/);
    await write([key, '{}']);
    expect((await fingerpost('rm', 'a.skydns.local')).code).toBe(0);
    await write([key, 'x']);
    expect(await lineOf()).toMatch(/; it never was usable$/);
  });
});

describe('load', () => {
  it('puts the examples into an empty registry only', async () => {
    expect(await fingerpost('load', EXAMPLES)).toMatchObject({ code: 0, err: '' });
    expect((await fingerpost('check')).out).toMatch(/^\d+ records, all usable\n$/);
    const again = await fingerpost('load', EXAMPLES);
    expect(again.code).toBe(1);
    expect(again.err).toContain('has services already (--add puts these there too)');
    expect((await fingerpost('load', '--add', EXAMPLES)).code).toBe(0);
  });

  it.each([
    [
      'services:\n  a.skydns.local: {host: 10.0.0.1}\n  b.skydns.local: {port: x}\n',
      2,
      ':3: b.skydns.local would not be served: port: ',
    ],
    ['service: {}\n', 2, ':1: unknown key "service", allowed: services, try'],
    ['services: [a]\n', 2, ':1: services: allowed: names, each with its record'],
    ['try: [a]\n', 2, ':1: try: allowed: '],
    ['services:\n  a: {\n', 2, 'not YAML'],
  ])('writes nothing of %j', async (text, code, complaint) => {
    const path = join(folder, 'services.yaml');
    writeFileSync(path, text);
    const load = await fingerpost('load', path);
    expect(load.code).toBe(code);
    expect(load.err).toContain(complaint);
    expect((await fingerpost('ls')).out).toBe('');
  });
});
