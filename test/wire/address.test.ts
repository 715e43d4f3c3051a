// Addresses: text to bytes and back, held against the platform's own parsers and the examples of RFC 5952.
import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text, mappedIpv4 } from '../../src/wire/address.ts';
import { holds } from '../support/property.ts';

describe('IPv4', () => {
  test.each(['0.0.0.0', '10.0.0.1', '255.255.255.255'])('%s', (text) => {
    expect([...ipv4Bytes(text)!].join('.')).toBe(text);
    expect(ipv4Text(ipv4Bytes(text)!)).toBe(text);
  });

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '10.0.0.010',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.-4',
    '0x7f.0.0.1',
    '1..2.3',
    '1.2.3.4:53',
    '1.2.3.4/32',
    '١.2.3.4',
    '::1',
  ])('%j is none', (text) => {
    expect(ipv4Bytes(text)).toBeUndefined();
  });
});

describe('IPv6', () => {
  test.each<[text: string, canonical: string]>([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    // RFC 5952, sections 1 to 4.
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['0:0:1::', '0:0:1::'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4:5:6:c000:221'],
  ])('%s is written %s', (text, canonical) => {
    expect(ipv6Bytes(text)).toHaveLength(16);
    expect(ipv6Text(ipv6Bytes(text)!)).toBe(canonical);
  });

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.256',
    '::1.2.3.04',
    '1.2.3.4::',
    '::1%eth0',
    'fe80::1%1',
    '[::1]',
    '::1/128',
    '::1 ',
    '10.0.0.1',
  ])('%j is none', (text) => {
    expect(ipv6Bytes(text)).toBeUndefined();
  });

  test('any spelling has the bytes and the canonical text that the platform gives it', () => {
    holds(
      fc.property(fc.ipV6(), (text) => {
        const ours = ipv6Bytes(text)!;
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(ipv6Text(ours)).toBe(canonical);
        expect(ipv6Bytes(canonical)).toEqual(ours);
      }),
      2000,
    );
  });

  test('any bytes survive the way through text', () => {
    const words = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
    holds(
      fc.property(words, (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
        expect(ipv6Bytes(ipv6Text(bytes))).toEqual(bytes);
        const spelled = groups.map((group) => group.toString(16)).join(':');
        expect(ipv6Text(bytes)).toBe(new URL(`http://[${spelled}]/`).hostname.slice(1, -1));
      }),
      2000,
    );
  });
});

test('any text is an address exactly where the platform takes it for one', () => {
  const pieces = fc.constantFrom(
    '1',
    '0',
    '255',
    '256',
    '01',
    'ffff',
    'A',
    '.',
    '.',
    ':',
    ':',
    '::',
    '%',
    ' ',
    'g',
  );
  holds(
    fc.property(fc.array(pieces, { maxLength: 16 }), (parts) => {
      const text = parts.join('');
      expect(ipv4Bytes(text) !== undefined).toBe(platformTakes(text, 'ipv4'));
      expect(ipv6Bytes(text) !== undefined).toBe(!text.includes('%') && platformTakes(text, 'ipv6'));
    }),
    3000,
  );
});

function platformTakes(address: string, family: 'ipv4' | 'ipv6'): boolean {
  try {
    new SocketAddress({ address, family });
    return true;
  } catch {
    return false;
  }
}

test.each<[text: string, mapped: string | undefined]>([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['0:0:0:0:0:FFFF:255.255.255.255', '255.255.255.255'],
  ['::10.0.0.1', undefined],
  ['::fffe:10.0.0.1', undefined],
  ['1::ffff:10.0.0.1', undefined],
  ['64:ff9b::10.0.0.1', undefined],
])('%s is the IPv4 address %s', (text, mapped) => {
  expect(mappedIpv4(ipv6Bytes(text)!)).toBe(mapped);
});
