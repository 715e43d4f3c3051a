// The host of a service: an address, a host name, or a reason why it is neither.
import { describe, expect, test } from 'vitest';
import { isProblem } from '../../src/service/problem.ts';
import { type HostKind, parseService } from '../../src/service/record.ts';

function hostOf(host: string): { kind: HostKind; host: string } | string {
  const service = parseService(JSON.stringify({ host }));
  return isProblem(service) ? service.problem : { kind: service.kind, host: service.host };
}

const label63 = 'a'.repeat(63);
const name253 = [label63, label63, label63, 'b'.repeat(61)].join('.');

describe('can be used', () => {
  test.each<[host: string, kind: HostKind, as: string]>([
    ['', 'none', ''],
    ['10.0.0.1', 'ipv4', '10.0.0.1'],
    ['0.0.0.0', 'ipv4', '0.0.0.0'],
    ['255.255.255.255', 'ipv4', '255.255.255.255'],
    ['2001:db8::1', 'ipv6', '2001:db8::1'],
    ['2001:DB8::1', 'ipv6', '2001:db8::1'],
    ['::', 'ipv6', '::'],
    ['::1', 'ipv6', '::1'],
    ['64:ff9b::10.0.0.1', 'ipv6', '64:ff9b::10.0.0.1'],
    // Mapped addresses are the IPv4 address, however they are spelled (RFC 4291 2.5.5.2).
    ['::ffff:10.0.0.1', 'ipv4', '10.0.0.1'],
    ['::ffff:a00:1', 'ipv4', '10.0.0.1'],
    ['::FFFF:A00:1', 'ipv4', '10.0.0.1'],
    ['0:0:0:0:0:ffff:a00:1', 'ipv4', '10.0.0.1'],
    ['web.example', 'name', 'web.example'],
    ['Web.Example.', 'name', 'web.example'],
    ['web', 'name', 'web'],
    ['_tcp.web_1.example', 'name', '_tcp.web_1.example'],
    ['1.example', 'name', '1.example'],
    ['10.0.0.1.example', 'name', '10.0.0.1.example'],
    ['1a', 'name', '1a'],
    ['xn--bcher-kva.example', 'name', 'xn--bcher-kva.example'],
    [`${label63}.example`, 'name', `${label63}.example`],
    [name253, 'name', name253],
    [`${name253}.`, 'name', name253],
  ])('%j: %s', (host, kind, as) => {
    expect(hostOf(host)).toEqual({ kind, host: as });
  });
});

describe('cannot be used', () => {
  test.each([
    ['a space', 'a b'],
    ['a space in front', ' 10.0.0.1'],
    ['a line end', '10.0.0.1\n'],
    ['the root', '.'],
    ['two dots', 'a..b'],
    ['a dot in front', '.a'],
    ['two dots at the end', 'a..'],
    ['leading zeros', '010.0.0.1'],
    ['an address out of range', '10.0.0.256'],
    ['three numbers', '10.0.0'],
    ['five numbers', '10.0.0.1.2'],
    ['a number', '167772161'],
    ['a last label of digits', 'web.example.1'],
    ['a last label of digits and a dot', 'web.1.'],
    ['an address and a dot', '10.0.0.1.'],
    ['a label of 64 bytes', `${label63}a.example`],
    ['a name of 256 bytes', `${name253}b`],
    ['a URL', 'http://web.example/'],
    ['a host and a port', 'web.example:80'],
    ['an address and a port', '10.0.0.1:80'],
    ['a bracketed address', '[::1]'],
    ['a zone id', 'fe80::1%eth0'],
    ['a network', '10.0.0.0/8'],
    ['a wildcard', '*.example'],
    ['an escape', 'a\\046b.example'],
    ['a bad escape', 'a\\9'],
    ['letters beyond ASCII', 'bücher.example'],
    ['a letter that folds to an ASCII one in Unicode', '\u212a.example'],
    ['a control character', 'a\0.example'],
    ['SRV data', '10 5 5060 sip.example.org.'],
  ])('%s', (_, host) => {
    expect(hostOf(host)).toMatch(/^host: .* is not an IPv4 address, an IPv6 address or a host name$/);
  });

  test('the reason is said where there is one', () => {
    expect(hostOf('web.1')).toContain('its last label is a number');
    expect(hostOf('a..b')).toContain('empty label');
    expect(hostOf(`${name253}b`)).toContain('name over 255 bytes');
  });
});
