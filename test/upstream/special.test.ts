// Names that never leave, and what they are answered.
import { describe, expect, it, test } from 'vitest';
import { special } from '../../src/upstream/special.ts';
import { compileSpecial } from '../../src/upstream/special-compile.ts';
import { Type, typeFromName } from '../../src/wire/codes.ts';
import { readMessage } from '../../src/wire/message.ts';
import { reversedLabels } from '../../src/wire/name.ts';
import { renderCompiled } from '../../src/wire/reply.ts';
import { linesOfRecords } from '../support/zone-text.ts';
import { header, name, question } from '../wire/packets.ts';
import { asked } from './asked.ts';

/** What `name type` is answered: rcode, answer and authority records; `asked outside` for a name that is not special. */
function answer(text: string): string[] {
  const [owner = '', type = ''] = text.split(' ');
  const code = typeFromName(type) ?? 0;
  const said = special(reversedLabels(name(owner)), code);
  if (said === undefined) return ['asked outside'];
  const packet = Uint8Array.from([...header(), ...question([...name(owner)], code)]);
  const { request, query } = asked(packet);
  const reply = new Uint8Array(512);
  const compiled = compileSpecial(name(owner), said);
  const length = renderCompiled(request, query, compiled, 0, 0, new Uint32Array(8), 512, reply);
  const message = readMessage(reply.subarray(0, length));
  expect((message?.flags ?? 0) & 0x8400).toBe(0x8400);
  const rcode = (message?.flags ?? 0) & 15;
  const shown = linesOfRecords([...(message?.answers ?? []), ...(message?.authority ?? [])]);
  return [rcode === 3 ? 'NXDOMAIN' : 'NOERROR', ...shown];
}

const soa = (zone: string): string => `${zone}. 10800 SOA ${zone}. nobody.invalid. 1 3600 1200 604800 10800`;

describe('localhost', () => {
  test.each<[question: string, ...records: string[]]>([
    ['localhost A', 'localhost. 10800 A 127.0.0.1'],
    ['localhost AAAA', 'localhost. 10800 AAAA ::1'],
    ['db.dev.localhost A', 'db.dev.localhost. 10800 A 127.0.0.1'],
    ['LOCALHOST A', 'localhost. 10800 A 127.0.0.1'],
    ['localhost MX', soa('localhost')],
    ['localhost ANY', 'localhost. 10800 HINFO "RFC8482" ""'],
    ['1.0.0.127.in-addr.arpa PTR', '1.0.0.127.in-addr.arpa. 10800 PTR localhost.'],
    [`1${'.0'.repeat(31)}.ip6.arpa PTR`, `1${'.0'.repeat(31)}.ip6.arpa. 10800 PTR localhost.`],
    ['0.0.127.in-addr.arpa PTR', soa('127.in-addr.arpa')],
  ])('%s', (asked, ...records) => {
    expect(answer(asked)).toEqual(['NOERROR', ...records]);
  });
});

describe('an empty zone', () => {
  test.each<[question: string, zone: string]>([
    ['x.invalid A', 'invalid'],
    ['abcdef.onion AAAA', 'onion'],
    ['_dns.resolver.arpa TYPE64', 'resolver.arpa'],
    ['4.3.2.10.in-addr.arpa PTR', '10.in-addr.arpa'],
    ['1.0.16.172.in-addr.arpa PTR', '16.172.in-addr.arpa'],
    ['1.0.31.172.in-addr.arpa PTR', '31.172.in-addr.arpa'],
    ['1.1.168.192.in-addr.arpa PTR', '168.192.in-addr.arpa'],
    ['1.0.64.100.in-addr.arpa PTR', '64.100.in-addr.arpa'],
    ['1.0.127.100.in-addr.arpa PTR', '127.100.in-addr.arpa'],
    ['1.1.254.169.in-addr.arpa PTR', '254.169.in-addr.arpa'],
    ['2.0.0.127.in-addr.arpa PTR', '127.in-addr.arpa'],
    ['1.1.0.0.127.in-addr.arpa PTR', '127.in-addr.arpa'],
    ['1.0.0.0.in-addr.arpa PTR', '0.in-addr.arpa'],
    [`1${'.0'.repeat(29)}.d.f.ip6.arpa PTR`, 'd.f.ip6.arpa'],
    [`1${'.0'.repeat(28)}.b.e.f.ip6.arpa PTR`, 'b.e.f.ip6.arpa'],
    ['1.8.b.d.0.1.0.0.2.ip6.arpa PTR', '8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('has nothing: %s', (asked, zone) => {
    expect(answer(asked)).toEqual(['NXDOMAIN', soa(zone)]);
  });

  it('has an apex', () => {
    expect(answer('10.in-addr.arpa SOA')).toEqual(['NOERROR', soa('10.in-addr.arpa')]);
    expect(answer('invalid NS')).toEqual(['NOERROR', 'invalid. 10800 NS invalid.']);
    expect(answer('10.in-addr.arpa A')).toEqual(['NOERROR', soa('10.in-addr.arpa')]);
    expect(answer('255.255.255.255.in-addr.arpa PTR')).toEqual([
      'NOERROR',
      soa('255.255.255.255.in-addr.arpa'),
    ]);
  });
});

describe('other names', () => {
  test.each([
    '. NS',
    'com NS',
    'example.com A',
    'localhost.example.com A',
    'mylocalhost A',
    'arpa SOA',
    'in-addr.arpa SOA',
    '172.in-addr.arpa SOA',
    '1.0.15.172.in-addr.arpa PTR',
    '1.0.32.172.in-addr.arpa PTR',
    '1.0.63.100.in-addr.arpa PTR',
    '8.8.8.8.in-addr.arpa PTR',
    '110.in-addr.arpa PTR',
    '1.255.255.255.in-addr.arpa PTR',
    'f.ip6.arpa PTR',
    '1.c.e.f.ip6.arpa PTR',
    'dev.test A',
    'printer.local A',
    'router.home.arpa A',
  ])('%s', (asked) => {
    expect(answer(asked)).toEqual(['asked outside']);
  });

  it('do not lie in a zone because of a dot within a label', () => {
    expect(special(['arpa', 'in-addr.10'], Type.PTR)).toBeUndefined();
  });
});

describe('the longest name', () => {
  it('is answered whole', () => {
    const label = 'a'.repeat(63);
    const longest = `${label}.${label}.${label}.${'b'.repeat(51)}.localhost`;
    expect(answer(`${longest} A`)).toEqual(['NOERROR', `${longest}. 10800 A 127.0.0.1`]);
    expect(answer(`${longest} MX`)).toEqual(['NOERROR', soa('localhost')]);
  });
});
