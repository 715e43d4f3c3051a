// The apex of a zone: its own services, never the whole zone; SOA (design section 3).
import { describe, expect, it } from 'vitest';
import { Fixture, spec } from '../support/zone-fixture.ts';

describe('the apex', () => {
  const zones = ['skydns.test'];
  const members = {
    '/skydns/test/skydns/x': { host: '10.0.0.2' },
    '/skydns/test/skydns/y': { host: '10.0.0.3', text: 'y' },
  };
  spec(
    'never the whole zone',
    { zones, records: members },
    ['skydns.test A', 'NODATA'],
    ['skydns.test SRV', 'NODATA'],
    ['skydns.test TXT', 'NODATA'],
  );
  spec(
    'the services under `apex.dns.<zone>`',
    {
      zones,
      records: {
        ...members,
        '/skydns/test/skydns/dns/apex/a1': { host: '10.0.0.4', port: 80 },
        '/skydns/test/skydns/dns/apex/a2': { host: '2003::8:1', mail: true },
        '/skydns/test/skydns/dns/apex/a3': { text: 'apex' },
        '/skydns/test/skydns/4d658221': { host: '10.0.0.9', targetstrip: 1 },
      },
    },
    ['skydns.test A', 'skydns.test. 30 A 10.0.0.4'],
    ['skydns.test AAAA', 'skydns.test. 30 AAAA 2003::8:1'],
    ['skydns.test TXT', 'skydns.test. 30 TXT "apex"'],
    [
      'skydns.test MX',
      'skydns.test. 30 MX 10 a2.apex.dns.skydns.test.',
      '+ a2.apex.dns.skydns.test. 30 AAAA 2003::8:1',
    ],
    [
      'skydns.test SRV',
      'skydns.test. 30 SRV 10 50 80 a1.apex.dns.skydns.test.',
      'skydns.test. 30 SRV 10 50 0 a2.apex.dns.skydns.test.',
      '+ a1.apex.dns.skydns.test. 30 A 10.0.0.4',
      '+ a2.apex.dns.skydns.test. 30 AAAA 2003::8:1',
    ],
  );
  spec(
    'a service at `apex.dns.<zone>` itself',
    { zones, records: { ...members, '/skydns/test/skydns/dns/apex': { host: '10.0.0.4' } } },
    ['skydns.test A', 'skydns.test. 30 A 10.0.0.4'],
  );
  spec(
    'else those whose owner is the apex',
    {
      zones,
      records: {
        ...members,
        '/skydns/test/skydns': { host: '10.0.0.5' },
        '/skydns/test/skydns/2e3108da': { host: '10.0.0.9', targetstrip: 1, port: 53 },
        '/skydns/test/skydns/a/b': { host: '10.0.0.10', targetstrip: 2 },
      },
    },
    [
      'skydns.test A',
      'skydns.test. 30 A 10.0.0.5',
      'skydns.test. 30 A 10.0.0.9',
      'skydns.test. 30 A 10.0.0.10',
    ],
    ['2e3108da.skydns.test A', '2e3108da.skydns.test. 30 A 10.0.0.9'],
  );
  spec(
    '`apex: subtree` gives the whole zone',
    { zones: [{ name: 'skydns.test', apex: 'subtree', match: 'exact' }], records: members },
    ['skydns.test A', 'skydns.test. 30 A 10.0.0.2', 'skydns.test. 30 A 10.0.0.3'],
    ['skydns.test TXT', 'skydns.test. 30 TXT "y"'],
  );
  spec(
    'a name that leads to the apex finds what the apex answers',
    {
      zones,
      records: {
        ...members,
        '/skydns/test/skydns/www': { host: 'skydns.test' },
        '/skydns/test/skydns/dns/apex': { host: '10.0.0.4' },
      },
    },
    ['www.skydns.test A', 'www.skydns.test. 30 CNAME skydns.test.', 'skydns.test. 30 A 10.0.0.4'],
  );
  spec(
    'a wildcard of the zone does not answer for the apex or for `apex.dns`',
    { zones, records: { '/skydns/test/skydns/*': { host: '10.0.0.1' } } },
    ['skydns.test A', 'NODATA'],
  );
});

describe('the serial of a zone', () => {
  const serials = (fixture: Fixture) =>
    fixture.contents.zones.all.map((zone) => fixture.contents.zones.serial(zone));
  it('is the revision of its last change, the list’s own to begin with', () => {
    const fixture = new Fixture(['a.test', 'b.test', 'c.a.test']).list([], 7);
    expect(serials(fixture)).toEqual([7, 7, 7]);
    fixture.apply({ '/skydns/test/a/x': { host: '10.0.0.1' } });
    expect(serials(fixture)).toEqual([8, 7, 7]);
    fixture.apply({ '/skydns/test/b/x': { host: '10.0.0.1' }, '/skydns/other/x': { host: '10.0.0.1' } });
    expect(serials(fixture)).toEqual([8, 9, 7]);
    fixture.apply({ '/skydns/test/a/c/x': {} });
    expect(serials(fixture)).toEqual([10, 9, 10]);
    fixture.apply({ '/skydns/test/a/x': undefined });
    expect(serials(fixture)).toEqual([11, 9, 10]);
    fixture.apply({ '/skydns/test/a/gone': undefined });
    expect(serials(fixture)).toEqual([11, 9, 10]);
    fixture.apply({ '/skydns/test/b/x': 'no longer JSON' });
    expect(serials(fixture)).toEqual([11, 9, 10]);
    fixture.apply({ '/skydns/test/b/x': undefined });
    expect(serials(fixture)).toEqual([11, 14, 10]);
  });
  it('goes on from where it was when the registry has gone back, and wraps', () => {
    const one = (value: string, revision: number) => ({
      key: '/skydns/test/a/1',
      value,
      revision,
      lease: undefined,
      writtenAt: undefined,
    });
    const fixture = new Fixture(['a.test', 'b.test']).list([one('{}', 90)], 100);
    fixture.list([one('{"host":"10.0.0.1"}', 40)], 50);
    expect(serials(fixture)).toEqual([101, 100]);
    fixture.revision = 59;
    fixture.apply({ '/skydns/test/b/1': {} });
    expect(serials(fixture)).toEqual([101, 111]);
    fixture.list([], 10);
    expect(serials(fixture)).toEqual([112, 112]);
    fixture.list([one('{}', 2 ** 32)], 2 ** 32);
    expect(serials(fixture)).toEqual([102, 112]);
  });
  it('moves to the revision of a list that brings changes, and stands still with one that brings none', () => {
    const one = {
      key: '/skydns/test/a/1',
      value: '{"host":"10.0.0.1"}',
      revision: 3,
      lease: undefined,
      writtenAt: undefined,
    };
    const fixture = new Fixture(['a.test', 'b.test']).list([one], 5);
    fixture.list([one], 9);
    expect(serials(fixture)).toEqual([5, 5]);
    const later = (key: string, revision: number) => ({ ...one, key, revision });
    fixture.list([one, later('/skydns/test/a/2', 12), later('/skydns/test/a/3', 11)], 14);
    expect(serials(fixture)).toEqual([14, 5]);
    fixture.list([one], 20);
    expect(serials(fixture)).toEqual([20, 5]);
  });
  it('wraps at 2^32', () => {
    const fixture = new Fixture(['a.test']).list([], 2 ** 32 + 5);
    expect(serials(fixture)).toEqual([5]);
  });
});
