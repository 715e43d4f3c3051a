// Entries as other writers leave them: what can be served is, what cannot is left out with one sentence.
import { describe, expect, test } from 'vitest';
import { isProblem, quoted } from '../../src/service/problem.ts';
import { readEntry } from '../../src/service/read.ts';

describe('entries as external-dns writes them', () => {
  test.each<[what: string, key: string, value: string, fields: Record<string, unknown>]>([
    [
      'an address',
      '/skydns/org/example/web/4d658221',
      '{"host":"10.0.0.1","ttl":60,"targetstrip":1,"group":"g1"}',
      { kind: 'ipv4', host: '10.0.0.1', ttl: 60, targetstrip: 1, group: 'g1' },
    ],
    [
      'its ownership, quotes and all',
      '/skydns/org/example/a-web/55104dc7',
      '{"text":"\\"heritage=external-dns,external-dns/owner=cluster1\\"","targetstrip":1}',
      { kind: 'none', text: '"heritage=external-dns,external-dns/owner=cluster1"' },
    ],
    [
      'a CNAME',
      '/skydns/org/example/www/1408d2ac',
      '{"host":"lb.example.net","targetstrip":1}',
      { kind: 'name' },
    ],
    [
      'a text with escapes of Go',
      '/skydns/org/example/note/268447a4',
      '{"text":"v=1 a\\u003cb\\u0026c","targetstrip":1}',
      { text: 'v=1 a<b&c' },
    ],
    [
      'a pointer',
      '/skydns/arpa/in-addr/172/18/0/2',
      '{"host":"web.example.org"}',
      { host: 'web.example.org' },
    ],
    [
      'a wildcard',
      '/skydns/org/example/*/1bf98be2',
      '{"host":"10.0.0.9","targetstrip":1}',
      { host: '10.0.0.9' },
    ],
    [
      'a field that only it knows',
      '/skydns/org/example/web/30b95ff1',
      '{"host":"2001:db8::1","text":"hello","targetstrip":1,"owner":"cluster1"}',
      { kind: 'ipv6', text: 'hello' },
    ],
  ])('%s', (_, key, value, fields) => {
    const entry = readEntry('/skydns', { key, value });
    expect(entry).toMatchObject({ labels: key.split('/').slice(2), service: fields });
  });

  test('SRV data as a host harms nothing but itself', () => {
    const value = '{"host":"10 5 5060 sip.example.org.","targetstrip":1}';
    const entry = readEntry('/skydns', { key: '/skydns/org/example/_udp/_sip/25845c95', value });
    expect(isProblem(entry)).toBe(true);
  });
});

describe('what cannot be served', () => {
  test('the key is judged before the value', () => {
    const entry = readEntry('/skydns', { key: '/skydns/a.b', value: 'not JSON' });
    expect(isProblem(entry) && entry.problem).toMatch(/^key /);
  });

  test('then the value', () => {
    const entry = readEntry('/skydns', { key: '/skydns/local/a', value: '{"port":70000}' });
    expect(isProblem(entry) && entry.problem).toMatch(/^port: 70000 /);
  });
});

test.each<[value: unknown, text: string]>([
  ['a"b', '"a\\"b"'],
  [1, '1'],
  [undefined, 'undefined'],
  ['a\nb', '"a\\nb"'],
  ['a'.repeat(78), `"${'a'.repeat(78)}"`],
  ['a'.repeat(79), `"${'a'.repeat(76)}...`],
])('%j is quoted %s', (value, text) => {
  expect(quoted(value)).toBe(text);
});
