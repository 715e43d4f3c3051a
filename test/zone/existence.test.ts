// Which names exist: NXDOMAIN or NODATA, types that only the apex has, ANY, PTR, several zones (RFC 2308, 8020, 8482).
import { describe, expect, it } from 'vitest';
import { Fixture, spec } from '../support/zone-fixture.ts';

describe('NXDOMAIN and NODATA', () => {
  const records = { '/skydns/org/example/a/b/c': { host: '10.0.0.1' } };
  spec(
    'a name exists when a key is at it or below it, and then every type without data is NODATA',
    { records },
    ['c.b.a.example.org TXT', 'NODATA'],
    ['c.b.a.example.org HINFO', 'NODATA'],
    ['c.b.a.example.org TYPE65280', 'NODATA'],
    ['b.a.example.org MX', 'NODATA'],
    ['x.c.b.a.example.org A', 'NXDOMAIN'],
    ['x.b.a.example.org TYPE65280', 'NXDOMAIN'],
    ['x.example.org A', 'NXDOMAIN'],
  );
  spec(
    'NS and SOA below the apex are NODATA or NXDOMAIN like any other type',
    { records },
    ['a.example.org NS', 'NODATA'],
    ['a.example.org SOA', 'NODATA'],
    ['x.example.org NS', 'NXDOMAIN'],
    ['x.example.org SOA', 'NXDOMAIN'],
  );
  spec(
    'the apex of a zone exists, though no key does',
    { records: {} },
    ['example.org A', 'NODATA'],
    ['example.org SRV', 'NODATA'],
    [
      'example.org SOA',
      'example.org. 30 SOA ns.dns.example.org. hostmaster.example.org. 0 7200 1800 86400 10',
    ],
    ['a.example.org A', 'NXDOMAIN'],
  );
  spec(
    'names between two apexes exist, though no key does (RFC 8020: nothing lies below a name that does not exist)',
    {
      zones: ['example.org', 'c.b.a.example.org'],
      records: { '/skydns/org/example/*': { host: '10.0.0.1' } },
    },
    ['b.a.example.org A', 'NODATA'],
    ['a.example.org A', 'NODATA'],
    ['c.b.a.example.org A', 'NODATA'],
    ['x.c.b.a.example.org A', 'NXDOMAIN'],
    ['x.b.a.example.org A', 'NXDOMAIN'],
    ['x.example.org A', 'x.example.org. 30 A 10.0.0.1'],
  );
});

describe('ANY', () => {
  spec(
    'RFC 8482: HINFO for a name that exists, whatever it has',
    {
      records: {
        '/skydns/org/example/web/1': { host: '10.0.0.1', text: 'x' },
        '/skydns/org/example/empty': {},
      },
    },
    ['web.example.org ANY', 'web.example.org. 30 HINFO "RFC8482" ""'],
    ['empty.example.org ANY', 'empty.example.org. 30 HINFO "RFC8482" ""'],
    ['example.org ANY', 'example.org. 30 HINFO "RFC8482" ""'],
    ['none.example.org ANY', 'NXDOMAIN'],
    ['*.web.example.org ANY', '*.web.example.org. 30 HINFO "RFC8482" ""'],
    ['*.none.example.org ANY', 'NODATA'],
  );
});

describe('PTR', () => {
  const zones = ['example.org', '10.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa'];
  spec(
    'services whose owner is the name, under arpa/in-addr or arpa/ip6, whose host is a name',
    {
      zones,
      records: {
        '/skydns/arpa/in-addr/10/0/0/1': { host: 'web.example.org' },
        '/skydns/arpa/in-addr/10/0/0/2/4d658221': { host: 'two.example.org', targetstrip: 1 },
        '/skydns/arpa/in-addr/10/0/0/3': { host: '10.0.0.3' },
        '/skydns/arpa/in-addr/10/0/0/4/x': { host: 'below.example.org' },
        '/skydns/arpa/ip6/2/0/0/1/0/d/b/8/1': { host: 'six.example.org' },
        '/skydns/org/example/www': { host: 'web.example.org' },
      },
    },
    ['1.0.0.10.in-addr.arpa PTR', '1.0.0.10.in-addr.arpa. 30 PTR web.example.org.'],
    ['2.0.0.10.in-addr.arpa PTR', '2.0.0.10.in-addr.arpa. 30 PTR two.example.org.'],
    ['3.0.0.10.in-addr.arpa PTR', 'NODATA'],
    ['4.0.0.10.in-addr.arpa PTR', 'NODATA'],
    ['5.0.0.10.in-addr.arpa PTR', 'NXDOMAIN'],
    ['0.0.10.in-addr.arpa PTR', 'NODATA'],
    ['1.8.b.d.0.1.0.0.2.ip6.arpa PTR', '1.8.b.d.0.1.0.0.2.ip6.arpa. 30 PTR six.example.org.'],
    ['www.example.org PTR', 'NODATA'],
  );
  spec(
    'several PTR records of one name all stand',
    {
      zones,
      records: {
        '/skydns/arpa/in-addr/10/0/0/2/1': { host: 'a.example.org', targetstrip: 1 },
        '/skydns/arpa/in-addr/10/0/0/2/2': { host: 'b.example.org', targetstrip: 1 },
      },
    },
    [
      '2.0.0.10.in-addr.arpa PTR',
      '2.0.0.10.in-addr.arpa. 30 PTR a.example.org.',
      '2.0.0.10.in-addr.arpa. 30 PTR b.example.org.',
    ],
  );
});

describe('zones', () => {
  const zones = [
    'example.org',
    'sub.example.org',
    { name: 'exact.test', match: 'exact' as const },
    'Skydns.Local.',
  ];
  spec(
    'a name belongs to the zone with the longest match; outside all zones it is external',
    {
      zones,
      records: {
        '/skydns/org/example/sub/dns/ns/a': { host: '10.0.0.1' },
        '/skydns/local/skydns/web': { host: '10.0.0.2' },
      },
    },
    [
      'sub.example.org SOA',
      'sub.example.org. 30 SOA ns.dns.sub.example.org. hostmaster.sub.example.org. 0 7200 1800 86400 10',
    ],
    [
      'sub.example.org NS',
      'sub.example.org. 30 NS a.ns.dns.sub.example.org.',
      '+ a.ns.dns.sub.example.org. 30 A 10.0.0.1',
    ],
    ['example.org NS', 'NODATA'],
    ['web.skydns.local A', 'web.skydns.local. 30 A 10.0.0.2'],
    ['local A', 'EXTERNAL'],
    ['org SOA', 'EXTERNAL'],
    ['. NS', 'EXTERNAL'],
    ['xexample.org A', 'EXTERNAL'],
    ['*.org A', 'EXTERNAL'],
  );
  it('says which zone a negative answer is of', () => {
    const fixture = new Fixture(zones).load({});
    const zoneOf = (question: string) => {
      const outcome = fixture.outcome(question);
      return outcome.kind === 'external' ? undefined : outcome.zone.number;
    };
    expect(zoneOf('x.sub.example.org A')).toBe(1);
    expect(zoneOf('x.example.org A')).toBe(0);
    expect(zoneOf('sub.example.org TXT')).toBe(1);
    expect(zoneOf('x.exact.test A')).toBe(2);
  });
  spec(
    'a wildcard of the outer zone does not reach into the inner one',
    { zones, records: { '/skydns/org/example/*': { host: '10.0.0.1' } } },
    ['x.example.org A', 'x.example.org. 30 A 10.0.0.1'],
    ['x.sub.example.org A', 'NXDOMAIN'],
    ['sub.example.org A', 'NODATA'],
  );
  spec(
    'the root zone holds everything',
    { zones: ['.'], records: { '/skydns/org/example/web': { host: '10.0.0.1' } } },
    ['web.example.org A', 'web.example.org. 30 A 10.0.0.1'],
    ['com A', 'NXDOMAIN'],
    ['. SOA', '. 30 SOA ns.dns. hostmaster. 0 7200 1800 86400 10'],
  );
  it.each([['no..dots'], [''], [`${'x'.repeat(64)}.org`], [Array(63).fill('abc').join('.')]])(
    'no zone: %j',
    (zone) => {
      expect(() => new Fixture([zone])).toThrow(/^zone: .* is no zone name/);
    },
  );
  it('the same zone twice is a mistake', () => {
    expect(() => new Fixture(['example.org', 'EXAMPLE.org.'])).toThrow('given twice');
  });
});

describe('match: exact', () => {
  spec(
    'narrows a name to the services whose owner it is: the name of the key less `targetstrip` labels',
    {
      zones: [{ name: 'example.org', match: 'exact' }],
      records: {
        '/skydns/org/example/web': { host: '10.0.0.1' },
        '/skydns/org/example/web/1': { host: '10.0.0.2' },
        '/skydns/org/example/web/4d658221': { host: '10.0.0.3', targetstrip: 1, port: 80 },
        '/skydns/org/example/web/x/y': { host: '10.0.0.4', targetstrip: 2, text: 'four' },
        '/skydns/org/example/web/z/y': { host: '10.0.0.5', targetstrip: 5 },
        '/skydns/org/example/www': { host: 'web.example.org' },
      },
    },
    [
      'web.example.org A',
      'web.example.org. 30 A 10.0.0.1',
      'web.example.org. 30 A 10.0.0.3',
      'web.example.org. 30 A 10.0.0.4',
    ],
    ['web.example.org TXT', 'web.example.org. 30 TXT "four"'],
    ['1.web.example.org A', '1.web.example.org. 30 A 10.0.0.2'],
    ['4d658221.web.example.org A', 'NODATA'],
    ['z.web.example.org A', 'NODATA'],
    ['y.z.web.example.org A', 'y.z.web.example.org. 30 A 10.0.0.5'],
    ['4d658221.web.example.org SRV', 'NODATA'],
    ['*.web.example.org A', '*.web.example.org. 30 A 10.0.0.2'],
    [
      'www.example.org A',
      'www.example.org. 30 CNAME web.example.org.',
      'web.example.org. 30 A 10.0.0.1',
      'web.example.org. 30 A 10.0.0.3',
      'web.example.org. 30 A 10.0.0.4',
    ],
  );
});
