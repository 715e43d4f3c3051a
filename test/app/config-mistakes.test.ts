// Every mistake names its source, the key, what was read and what is allowed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOptions } from '../../src/app/config.ts';
import { FingerpostError } from '../../src/base/errors.ts';

let folder = '';
let config = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fingerpost-mistakes-'));
  config = join(folder, 'fp.yaml');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of the complaint. */
function mistakes(flags: Record<string, string | string[]>, environment = {}): string[] {
  try {
    loadOptions(flags, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(FingerpostError);
    expect((error as FingerpostError).code).toBe('config');
    return (error as FingerpostError).message.split('\n');
  }
  throw new Error('nothing was found wrong');
}

function inFile(text: string): string[] {
  writeFileSync(config, text);
  return mistakes({ config }).map((line) => line.replace(config, 'FILE'));
}

describe('a flag', () => {
  it.each([
    ['ttl', 'abc', '--ttl: read "abc", allowed: a whole number of seconds from 0 to 2147483647'],
    ['ttl', '-1', '--ttl: read "-1", allowed:'],
    ['ttl', '1.5', '--ttl: read "1.5", allowed:'],
    ['ttl', '', '--ttl: read "", allowed:'],
    ['ttl', '2147483648', '--ttl: read "2147483648", allowed:'],
    ['ttl', '0x10', '--ttl: read "0x10", allowed:'],
    ['negativeTtl', '1e3', '--negative-ttl: read "1e3", allowed:'],
    [
      'listen',
      'localhost:53',
      '--listen: read "localhost:53" ("localhost" is not an IP address), allowed: ADDR:PORT',
    ],
    ['listen', '127.0.0.1:65536', '--listen: read "127.0.0.1:65536" ("65536" is not a port from 0 to 65535)'],
    ['listen', '127.0.0.1:', '--listen: read "127.0.0.1:" ("" is not a port'],
    ['listen', '[::1', '--listen: read "[::1" ("[::1" is not an IP address)'],
    ['listen', '127.0.0.1,127.0.0.1:53', '(127.0.0.1:53 is given twice)'],
    [
      'http',
      '127.0.0.1',
      '--http: read "127.0.0.1" (the port is missing), allowed: ADDR:PORT, [IPv6]:PORT or off',
    ],
    ['acl', 'permit any', '--acl: read "permit any" ("permit" is not allow, deny or drop), allowed: allow,'],
    ['acl', 'deny', '(the network is missing)'],
    ['acl', 'deny 10.0.0.1/8', '(10.0.0.1 has bits set beyond /8)'],
    ['acl', 'deny example.com', '("example.com" is not an IP address)'],
    [
      'acl',
      'allow 10.0.0.0/8',
      '(it allows only, and who is in no rule is allowed anyway: end it with deny any)',
    ],
    ['acl', 'deny any,allow 10.0.0.0/8', '(rule 2 is never reached, rule 1 holds for all)'],
    ['rateLimit', '-1', '--rate-limit: read "-1", allowed: a whole number from 0'],
    [
      'rateLimitExempt',
      'any',
      '--rate-limit-exempt: read "any" ("any" is not an IP address), allowed: a network',
    ],
    ['cookieSecretFile', '/nonexistent', '--cookie-secret-file: read "/nonexistent" (ENOENT'],
    ['chaos', 'maybe', '--chaos: read "maybe", allowed: on or off'],
    ['tableSize', '64MB', '--table-size: read "64MB", allowed: a number of bytes or a size such as 64MiB'],
    ['tableSize', '17GiB', '--table-size: read "17GiB", allowed:'],
    ['tcpMaxConnections', '0', '--tcp-max-connections: read "0", allowed: a whole number from 1 to'],
    ['logLevel', 'loud', '--log-level: read "loud", allowed: debug, info, warn or error'],
    ['logFormat', 'xml', '--log-format: read "xml", allowed: auto, json or pretty'],
    ['serverId', 'a\nb', '--server-id: read "a\\nb", allowed: a text of 1 to 255 bytes'],
    [
      'etcdCa',
      '/nowhere/ca.pem',
      '--etcd-ca: read "/nowhere/ca.pem" (ENOENT: no such file or directory), allowed:',
    ],
    ['config', '/nowhere/fp.yaml', '--config: read "/nowhere/fp.yaml" (ENOENT: no such file or directory)'],
    [
      'registry',
      'mysql:x',
      '--registry: read "mysql:x" (it is none of the forms that are known), allowed: sqlite:PATH',
    ],
    ['zone', 'a..b', '--zone: read "a..b" ("a..b" is not a name: empty label), allowed: a domain name'],
    ['zone', `${'x'.repeat(64)}.local`, 'label over 63 bytes'],
    [
      'zone',
      '10.0.0.0/9',
      '(/9 does not end on a whole octet (/8, /16, /24, /32), so it is no single reverse zone)',
    ],
    ['zone', 'fc00::/7', '(/7 does not end on a whole nibble (a multiple of 4)'],
    ['zone', '10.0.0.0/33', '("/33" is not a prefix length from /0 to /32)'],
    ['zone', '10.0.0.1/8', '(10.0.0.1 has bits set beyond /8)'],
    ['zone', 'x/8', '("x" is not an IP address)'],
    ['zone', 'a.local,match=exat', '(match is subtree or exact), allowed:'],
    ['zone', 'a.local,apex=none', '(apex is services or subtree), allowed:'],
    ['zone', 'a.local,weights=65536', '(weights is 100 to 65535), allowed:'],
    ['zone', 'a.local,weights=99', '(weights is 100 to 65535), allowed:'],
    ['zone', 'a.local,weights=heavy', '(weights is 100 to 65535), allowed:'],
    ['zone', 'a.local,color=red', '(unknown: color), allowed:'],
    ['zone', 'a.local,A.LOCAL.', '(a.local is given twice)'],
  ])('%s %s', (name, text, complaint) => {
    expect(mistakes({ [name]: text })[0]).toContain(complaint);
  });

  it('keeps a password out of the message', () => {
    const [line] = mistakes({ registry: 'etcd://me:secret@host:0/' });
    expect(line).toContain('"etcd://***@host:0/"');
    expect(line).not.toContain('secret');
  });

  it('misses its other half', () => {
    writeFileSync(config, '');
    expect(mistakes({ etcdCert: config })).toEqual([
      'etcd-cert is given without etcd-key, allowed: both or neither',
    ]);
  });
});

describe('the environment', () => {
  it('is named with its variable', () => {
    expect(mistakes({}, { FINGERPOST_NEGATIVE_TTL: 'x' })).toEqual([
      'environment variable FINGERPOST_NEGATIVE_TTL: read "x", allowed: a whole number of seconds from 0 to 2147483647',
    ]);
  });

  it('is checked even where a flag wins', () => {
    expect(mistakes({ ttl: '5' }, { FINGERPOST_TTL: 'x' })).toHaveLength(1);
  });
});

describe('the file', () => {
  it('has a typo on line 7', () => {
    expect(inFile('zone:\n  - skydns.local\n\n# TTLs\n\nttl: 30\nnegative-tll: 10\n')).toEqual([
      'FILE:7: unknown key "negative-tll", did you mean "negative-ttl"?',
    ]);
  });

  it('has a key that is like no other', () => {
    expect(inFile('colour: red\n')[0]).toMatch(/^FILE:1: unknown key "colour", allowed: registry, etcd-ca, /);
  });

  it.each(['zones', 'listens', 'negative_ttl', 'TTL', 'chaso'])('suggests what %s was meant to be', (key) => {
    expect(inFile(`${key}: 1\n`)[0]).toContain('did you mean "');
  });

  it('cannot name another file', () => {
    expect(inFile('config: x\n')[0]).toContain('FILE:1: unknown key "config"');
  });

  it('names the line of an item, and of a field of an item', () => {
    const lines = inFile(
      'listen:\n  - 127.0.0.1:1\n  - nowhere:2\nzone:\n  - a.local\n  - name: b.local\n    match: exat\n    colour: red\n',
    );
    expect(lines[0]).toMatch(/^FILE:3: listen: read "nowhere:2" /);
    expect(lines.find((line) => line.startsWith('FILE:7: zone: read "exat" '))).toBeDefined();
    expect(lines.join()).toContain('(unknown: colour)');
  });

  it('reports all its mistakes together, and those of the environment and the flags', () => {
    writeFileSync(config, 'ttl: x\nhttp: 5380\nnonsense: 1\n');
    const lines = mistakes({ config, negativeTtl: 'y' }, { FINGERPOST_CHAOS: 'z' });
    expect(lines.map((line) => line.replace(config, 'FILE').split(' ').slice(0, 3).join(' '))).toEqual([
      'FILE:1: ttl: read',
      'FILE:2: http: read',
      'FILE:3: unknown key',
      'environment variable FINGERPOST_CHAOS:',
      '--negative-ttl: read "y",',
    ]);
  });

  it.each([
    ['a: 1\nb: [1\nc: 2\n', 'FILE:3: not YAML: '],
    ['ttl: 1\nttl: 2\n', 'FILE:2: not YAML: Map keys must be unique'],
    ['\tttl: 1\n', 'FILE:1: not YAML: Tabs are not allowed as indentation'],
    ['listen:\n  - [::1]:5300\n', 'needs quotes in YAML'],
    ['- ttl\n', 'FILE:1: the file is not a map of keys and values'],
    ['ttl\n', 'FILE:1: the file is not a map of keys and values'],
    ['ttl:\n', 'FILE:1: ttl: read null, allowed: '],
    ['zone: []\n', 'FILE:1: zone: read [], allowed: '],
    ['zone:\n  name: a\n  match: exact\n  match: exact\n', 'FILE:4: not YAML'],
    ['zone: [{match: exact}]\n', '(a zone has a name)'],
    ['ttl: 99999999999\n', 'FILE:1: ttl: read 99999999999, allowed: '],
    ['zone: *nowhere\n', 'FILE:1: '],
  ])('%j', (text, complaint) => {
    expect(inFile(text)[0]).toContain(complaint);
  });
});
