// What external-dns's coredns provider writes: right answers for what it means, no harm from what it does not translate.
import { describe, expect, it } from 'vitest';
import { Fixture, spec } from '../support/zone-fixture.ts';

const OWNERSHIP =
  '{"text":"\\"heritage=external-dns,external-dns/owner=cluster1,external-dns/resource=service/default/web\\"","targetstrip":1}';
const HERITAGE =
  '"\\"heritage=external-dns,external-dns/owner=cluster1,external-dns/resource=service/default/web\\""';

const records = {
  '/skydns/org/example/web/4d658221': '{"host":"10.0.0.1","ttl":60,"targetstrip":1,"group":"g1"}',
  '/skydns/org/example/web/78629a0f': '{"host":"10.0.0.2","ttl":60,"targetstrip":1,"group":"g1"}',
  '/skydns/org/example/a-web/55104dc7': OWNERSHIP,
  // An update leaves an older ownership key behind.
  '/skydns/org/example/a-web/0a1b2c3d': OWNERSHIP,
  '/skydns/org/example/web/365a8581': '{"host":"2001:db8::1","targetstrip":1}',
  '/skydns/org/example/aaaa-web/11111111': OWNERSHIP,
  '/skydns/org/example/www/1408d2ac': '{"host":"lb.example.net","targetstrip":1}',
  '/skydns/org/example/cname-www/22222222': OWNERSHIP,
  '/skydns/org/example/note/268447a4': '{"text":"v=1 a\\u003cb\\u0026c","targetstrip":1}',
  '/skydns/org/example/both/30b95ff1': '{"host":"10.0.0.1","text":"hello","targetstrip":1}',
  '/skydns/org/example/both/30b95ff2': '{"host":"10.0.0.2","targetstrip":1}',
  '/skydns/arpa/in-addr/172/18/0/2': '{"host":"web.example.org"}',
  '/skydns/arpa/in-addr/172/18/0/ptr-2': OWNERSHIP,
  '/skydns/arpa/in-addr/172/18/0/3/9f8e7d6c': '{"host":"old.example.org","targetstrip":1}',
  '/skydns/org/example/2e3108da': '{"host":"10.0.0.9","targetstrip":1}',
  '/skydns/org/a-example/490bd268': OWNERSHIP,
  '/skydns/org/example/*/1bf98be2': '{"host":"10.0.0.10","targetstrip":1}',
  '/skydns/org/example/owned/33333333': '{"host":"10.0.0.4","targetstrip":1,"owner":"cluster1"}',
  '/skydns/org/example/old/44444444': `{"host":"10.0.0.5",${OWNERSHIP.slice(1)}`,
  '/skydns/org/example/oldname/55555555': `{"host":"lb.example.net",${OWNERSHIP.slice(1)}`,
};

describe.each(['subtree', 'exact'] as const)('external-dns, match: %s', (match) => {
  const zones = [
    { name: 'example.org', match },
    { name: '18.172.in-addr.arpa', match },
  ];
  const given = { zones, records };
  spec(
    'addresses of a name, its group and TTL',
    given,
    ['web.example.org A', 'web.example.org. 60 A 10.0.0.1', 'web.example.org. 60 A 10.0.0.2'],
    ['web.example.org AAAA', 'web.example.org. 30 AAAA 2001:db8::1'],
    ['owned.example.org A', 'owned.example.org. 30 A 10.0.0.4'],
    [
      'web.example.org SRV',
      'web.example.org. 30 SRV 10 100 0 web.example.org.',
      '+ web.example.org. 60 A 10.0.0.1',
      '+ web.example.org. 60 A 10.0.0.2',
      '+ web.example.org. 30 AAAA 2001:db8::1',
    ],
  );
  spec(
    'ownership texts stand beside, never at the name',
    given,
    ['web.example.org TXT', 'NODATA'],
    ['a-web.example.org TXT', `a-web.example.org. 30 TXT ${HERITAGE}`],
    ['a-web.example.org A', 'NODATA'],
  );
  spec(
    'CNAME',
    given,
    ['www.example.org A', 'www.example.org. 30 CNAME lb.example.net.'],
    ['www.example.org CNAME', 'www.example.org. 30 CNAME lb.example.net.'],
  );
  spec(
    'TXT, also beside an address',
    given,
    ['note.example.org TXT', 'note.example.org. 30 TXT "v=1 a<b&c"'],
    ['both.example.org TXT', 'both.example.org. 30 TXT "hello"'],
    ['both.example.org A', 'both.example.org. 30 A 10.0.0.1', 'both.example.org. 30 A 10.0.0.2'],
  );
  spec(
    'PTR, as it is written now and as it was',
    given,
    ['2.0.18.172.in-addr.arpa PTR', '2.0.18.172.in-addr.arpa. 30 PTR web.example.org.'],
    ['3.0.18.172.in-addr.arpa PTR', '3.0.18.172.in-addr.arpa. 30 PTR old.example.org.'],
    ['ptr-2.0.18.172.in-addr.arpa PTR', 'NODATA'],
  );
  spec('the apex', given, ['example.org A', 'example.org. 30 A 10.0.0.9'], ['example.org TXT', 'NODATA']);
  spec(
    'a wildcard',
    given,
    ['anything.example.org A', 'anything.example.org. 30 A 10.0.0.10'],
    ['deep.er.example.org A', 'deep.er.example.org. 30 A 10.0.0.10'],
    ['note.example.org A', 'NODATA'],
    ['x.web.example.org A', 'NXDOMAIN'],
  );
  spec(
    'a store of before v0.18, ownership within the host’s own value',
    given,
    ['old.example.org A', 'old.example.org. 30 A 10.0.0.5'],
    ['oldname.example.org A', 'oldname.example.org. 30 CNAME lb.example.net.'],
    ['oldname.example.org CNAME', 'oldname.example.org. 30 CNAME lb.example.net.'],
  );
  it('SRV, MX and NS are not translated: unusable, and harm nothing', () => {
    const sip = '/skydns/org/example/_udp/_sip/25845c95';
    const fixture = new Fixture(zones).load({
      ...records,
      [sip]: '{"host":"10 5 5060 sip.example.org.","targetstrip":1}',
    });
    expect(fixture.bad).toMatchObject([{ key: sip }]);
    expect(fixture.ask('owned.example.org A')).toEqual(['owned.example.org. 30 A 10.0.0.4']);
  });
});
