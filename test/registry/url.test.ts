// Registry URLs: what they mean, and what is said about those that mean nothing.
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { openRegistry } from '../../src/registry/open.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';

const etcd = (url: string, hosts: string[], more: object = {}) => ({
  kind: 'etcd',
  url,
  prefix: '/skydns',
  hosts,
  secure: false,
  ...more,
});

const http = (url: string, origin: string, prefix = '/skydns') => ({
  kind: 'http',
  url,
  prefix,
  hosts: [origin.replace(/^https?:\/\//, '')],
  origin,
});

describe('a registry URL', () => {
  it.each([
    [
      'sqlite:fingerpost.db',
      { kind: 'sqlite', url: 'sqlite:fingerpost.db', prefix: '/skydns', path: 'fingerpost.db' },
    ],
    [
      'sqlite:/var/lib/f.db',
      { kind: 'sqlite', url: 'sqlite:/var/lib/f.db', prefix: '/skydns', path: '/var/lib/f.db' },
    ],
    ['sqlite::memory:', { kind: 'sqlite', url: 'sqlite::memory:', prefix: '/skydns', path: ':memory:' }],
    ['etcd://a', etcd('etcd://a', ['a:2379'])],
    ['etcd://a/', etcd('etcd://a/', ['a:2379'])],
    ['etcd://a:1,b,10.0.0.1:3', etcd('etcd://a:1,b,10.0.0.1:3', ['a:1', 'b:2379', '10.0.0.1:3'])],
    [
      'etcd://[::1]:4,[fe80::1]/x/y/',
      etcd('etcd://[::1]:4,[fe80::1]/x/y/', ['[::1]:4', '[fe80::1]:2379'], { prefix: '/x/y' }),
    ],
    ['etcds://a/dns', etcd('etcds://a/dns', ['a:2379'], { prefix: '/dns', secure: true })],
    ['http://a:5380', http('http://a:5380', 'http://a:5380')],
    ['https://[::1]/dns', http('https://[::1]/dns', 'https://[::1]:443', '/dns')],
    ['etcd://fred@a', etcd('etcd://a', ['a:2379'], { user: 'fred' })],
    ['etcd://fred:s%3A%40:t@a', etcd('etcd://a', ['a:2379'], { user: 'fred', password: 's:@:t' })],
  ])('%s', (text, parsed) => {
    expect(parseRegistryUrl(text)).toEqual(parsed);
  });

  it.each([
    ['', 'none of the forms'],
    ['fingerpost.db', 'none of the forms'],
    ['ftp://a:2379', 'none of the forms'],
    ['http://', 'is no host'],
    ['http://a,b', 'is no host'],
    ['http://u:p@a', 'api-token-file'],
    ['https://a?x', 'is no host'],
    ['https://a/?x', 'no key prefix'],
    ['sqlite:', 'the path is missing'],
    ['etcd://', 'is no host'],
    ['etcd://a,,b', 'is no host'],
    ['etcd://a:x', '"a:x" is no host'],
    ['etcd://::1', 'is no host'],
    ['etcd://a:0', 'port 0'],
    ['etcd://a:65536', 'port 65536'],
    ['etcd://a//b', 'no key prefix'],
    ['etcd://:p@a', 'user'],
    ['etcd://u:%zz@a', 'percent-encoded'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseRegistryUrl(text)).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining(reason) }),
    );
    expect(() => parseRegistryUrl(text)).toThrow(/allowed: sqlite:PATH, etcd:/);
  });

  it.each([
    'etcd://u:hidden@a:x',
    'etcd://u:hid/den@a',
    'etcd://u:hid@den@a',
    'foo://u:hidden@a',
    'u:hidden@a',
    'http://u:hidden@a',
  ])('%s: the password is not repeated', (text) => {
    const read = (() => {
      try {
        return JSON.stringify(parseRegistryUrl(text).url);
      } catch (error) {
        return String(error);
      }
    })();
    expect(read).not.toMatch(/hid|den/);
  });

  it.each([
    ['etcd://a', { tls: { ca: Buffer.of() } }, 'etcds://'],
    ['etcds://a', { tls: { cert: Buffer.of() } }, 'go together'],
    ['etcd://a', { password: 'p' }, 'no user'],
  ])('%s with %o contradicts itself', async (text, login, reason) => {
    const opening = openRegistry(parseRegistryUrl(text), { logger: silent, clock: realClock }, login);
    await expect(opening).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(reason) });
  });
});
