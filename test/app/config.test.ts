// Where options come from, and which source wins.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeOptions, loadOptions, optionRows } from '../../src/app/config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fingerpost-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'fp.yaml');
  writeFileSync(path, text);
  return path;
}

const names = (options: { zone: readonly { name: string }[] }) => options.zone.map(({ name }) => name);

describe('defaults', () => {
  it('are those of the design', () => {
    expect(loadOptions({}, {})).toMatchObject({
      registry: 'sqlite:fingerpost.db',
      zone: [{ name: 'skydns.local', match: 'subtree', apex: 'services', weights: 100 }],
      http: { host: '127.0.0.1', port: 5380 },
      ttl: 30,
      negativeTtl: 10,
      chaos: true,
      tableSize: 64 * 2 ** 20,
      tcpIdleTimeout: 10,
      logLevel: 'info',
      logFormat: 'auto',
    });
  });

  it('listen on the loopback, on IPv6 where there is one', () => {
    const [first, ...rest] = loadOptions({}, {}).listen;
    expect(first).toEqual({ host: '127.0.0.1', port: 5300 });
    for (const one of rest) expect(one).toEqual({ host: '::1', port: 5300 });
  });

  it.each(optionRows.map((row) => [row.flag, row] as const))(
    '%s has a flag, a variable and a help text',
    (_, row) => {
      expect(row.flag).toMatch(/^--[a-z]+(-[a-z]+)*$/);
      expect(row.variable).toBe(`FINGERPOST_${row.flag.slice(2).replaceAll('-', '_').toUpperCase()}`);
      expect(row.key).toBe(row.name === 'config' ? undefined : row.flag.slice(2));
      expect(row.spec.help).not.toBe('');
      expect(row.spec.allowed).not.toBe('');
    },
  );
});

describe('precedence', () => {
  it('is flags, environment, file, defaults', () => {
    const config = file('ttl: 1\nnegative-ttl: 1\nchaos: off\n');
    const options = loadOptions({ config, ttl: '3' }, { FINGERPOST_TTL: '2', FINGERPOST_NEGATIVE_TTL: '2' });
    expect(options).toMatchObject({ ttl: 3, negativeTtl: 2, chaos: false, tcpIdleTimeout: 10 });
  });

  it('replaces lists and does not append to them', () => {
    const config = file('zone: [a.local, b.local]\nlisten: 127.0.0.1:1\n');
    expect(names(loadOptions({ config }, {}))).toEqual(['a.local', 'b.local']);
    expect(names(loadOptions({ config }, { FINGERPOST_ZONE: 'c.local' }))).toEqual(['c.local']);
    expect(names(loadOptions({ config, zone: ['d.local', 'e.local'] }, {}))).toEqual(['d.local', 'e.local']);
  });

  it('takes the file from the environment, and a flag over it', () => {
    const config = file('ttl: 7\n');
    expect(loadOptions({}, { FINGERPOST_CONFIG: config }).ttl).toBe(7);
    expect(loadOptions({ config }, { FINGERPOST_CONFIG: '/nowhere' === config ? '' : config }).ttl).toBe(7);
  });
});

describe('the environment', () => {
  it('separates the items of a list with commas, options of a zone included', () => {
    const options = loadOptions(
      {},
      {
        FINGERPOST_LISTEN: '10.0.0.1:53, [fd00::1]:5353,[::1],127.0.0.1:0,127.0.0.1:0',
        FINGERPOST_ZONE: 'A.local.,match=exact,apex=subtree, b.local,weights=65535 ,10.0.0.0/8,apex=subtree',
      },
    );
    expect(options.listen).toEqual([
      { host: '10.0.0.1', port: 53 },
      { host: 'fd00::1', port: 5353 },
      { host: '::1', port: 53 },
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ]);
    expect(options.zone).toEqual([
      { name: 'a.local', match: 'exact', apex: 'subtree', weights: 100 },
      { name: 'b.local', match: 'subtree', apex: 'services', weights: 65_535 },
      { name: '10.in-addr.arpa', match: 'subtree', apex: 'subtree', weights: 100 },
    ]);
  });

  it('counts an empty variable as unset, and leaves those of others alone', () => {
    const kubernetes = { FINGERPOST_PORT: 'tcp://10.0.0.1:53', FINGERPOST_SERVICE_HOST: '10.0.0.1' };
    expect(loadOptions({}, { FINGERPOST_TTL: '', ...kubernetes }).ttl).toBe(30);
  });
});

describe('the file', () => {
  it('takes numbers, words, lists and objects', () => {
    const config = file(`
zone:
  - {name: a.local, match: exact, weights: 1000}
  - b.local,apex=subtree
  - fd00::/8
listen: ["[::1]:5300", 127.0.0.1]
http: off
table-size: 1MiB
chaos: true
server-id: 7
log-level: debug
`);
    expect(loadOptions({ config }, {})).toMatchObject({
      zone: [
        { name: 'a.local', match: 'exact', apex: 'services', weights: 1000 },
        { name: 'b.local', match: 'subtree', apex: 'subtree', weights: 100 },
        { name: 'd.f.ip6.arpa', match: 'subtree', apex: 'services', weights: 100 },
      ],
      listen: [
        { host: '::1', port: 5300 },
        { host: '127.0.0.1', port: 53 },
      ],
      http: 'off',
      tableSize: 2 ** 20,
      chaos: true,
      serverId: '7',
      logLevel: 'debug',
    });
  });

  it.each(['', '# nothing\n', '---\n', '~\n'])('may be empty: %j', (text) => {
    expect(loadOptions({ config: file(text) }, {}).ttl).toBe(30);
  });
});

describe('the options of a program', () => {
  it('are text or checked values', () => {
    const checked = loadOptions({}, {});
    expect(completeOptions(checked)).toEqual(checked);
    const options = completeOptions({ zone: ['a.local'], listen: '127.0.0.1:0', http: 'off', ttl: 5 });
    expect(options).toMatchObject({ listen: [{ host: '127.0.0.1', port: 0 }], http: 'off', ttl: 5 });
    expect(names(options)).toEqual(['a.local']);
  });

  it('are named when they are wrong', () => {
    expect(() => completeOptions({ ttl: 'x' })).toThrow('option ttl: read "x", allowed: a whole number');
    expect(() => completeOptions({ tttl: 1 } as object)).toThrow('unknown option tttl');
  });
});
