// SRV, MX and NS: members with targets, shares, and the addresses that go with them (design section 3, RFC 2782).
import { describe } from 'vitest';
import { spec } from '../support/zone-fixture.ts';

describe('SRV', () => {
  spec(
    'one per service with a host; the target is the host if a name, else the name of its own key',
    {
      records: {
        '/skydns/org/example/web/1': { host: '10.0.0.1', port: 8080 },
        '/skydns/org/example/web/2': { host: '2001:db8::2', port: 8081 },
        '/skydns/org/example/web/3': { host: 'lb.example.net', port: 8082 },
        '/skydns/org/example/web/4': { text: 'no host' },
      },
    },
    [
      'web.example.org SRV',
      'web.example.org. 30 SRV 10 33 8080 1.web.example.org.',
      'web.example.org. 30 SRV 10 33 8081 2.web.example.org.',
      'web.example.org. 30 SRV 10 33 8082 lb.example.net.',
      '+ 1.web.example.org. 30 A 10.0.0.1',
      '+ 2.web.example.org. 30 AAAA 2001:db8::2',
    ],
  );
  spec(
    'addresses of targets, A and AAAA, also through CNAMEs, in additional',
    {
      records: {
        '/skydns/org/example/web/1': { host: 'db.example.org', port: 1 },
        '/skydns/org/example/web/2': { host: 'alias.example.org', port: 2 },
        '/skydns/org/example/web/3': { host: 'lost.example.org', port: 3 },
        '/skydns/org/example/db/a': { host: '10.0.0.1' },
        '/skydns/org/example/db/b': { host: '2001:db8::1' },
        '/skydns/org/example/alias': { host: 'db.example.org' },
      },
    },
    [
      'web.example.org SRV',
      'web.example.org. 30 SRV 10 33 1 db.example.org.',
      'web.example.org. 30 SRV 10 33 2 alias.example.org.',
      'web.example.org. 30 SRV 10 33 3 lost.example.org.',
      '+ db.example.org. 30 A 10.0.0.1',
      '+ db.example.org. 30 AAAA 2001:db8::1',
      '+ alias.example.org. 30 CNAME db.example.org.',
    ],
  );
  spec(
    'weight = floor(100 w / sum of that priority), at least 1; absent or 0 counts as 100, priority as 10',
    {
      records: {
        '/skydns/org/example/p/1': { host: 'a.example.net', weight: 1 },
        '/skydns/org/example/p/2': { host: 'b.example.net', weight: 2 },
        '/skydns/org/example/p/3': { host: 'c.example.net', weight: 3, priority: 10 },
        '/skydns/org/example/p/4': { host: 'd.example.net', priority: 20, weight: 0 },
        '/skydns/org/example/p/5': { host: 'e.example.net', priority: 20 },
        '/skydns/org/example/q/1': { host: 'a.example.net', weight: 65535, priority: 0 },
        '/skydns/org/example/q/2': { host: 'b.example.net', weight: 1, priority: 10 },
      },
    },
    [
      'p.example.org SRV',
      'p.example.org. 30 SRV 10 16 0 a.example.net.',
      'p.example.org. 30 SRV 10 33 0 b.example.net.',
      'p.example.org. 30 SRV 10 50 0 c.example.net.',
      'p.example.org. 30 SRV 20 50 0 d.example.net.',
      'p.example.org. 30 SRV 20 50 0 e.example.net.',
    ],
    [
      'q.example.org SRV',
      'q.example.org. 30 SRV 10 99 0 a.example.net.',
      'q.example.org. 30 SRV 10 1 0 b.example.net.',
    ],
  );
  spec(
    'weights of a zone with another scale: HAProxy tells weights apart that differ by 256',
    {
      zones: [{ name: 'example.org', weights: 65_535 }],
      records: {
        '/skydns/org/example/p/1': { host: 'a.example.net', weight: 10 },
        '/skydns/org/example/p/2': { host: 'b.example.net', weight: 20 },
        '/skydns/org/example/p/3': { host: 'c.example.net', weight: 30, priority: 10 },
        '/skydns/org/example/p/4': { host: 'd.example.net', priority: 20 },
        '/skydns/org/example/q/1': { host: 'a.example.net', weight: 65535 },
        '/skydns/org/example/q/2': { host: 'b.example.net', weight: 65535 },
        '/skydns/org/example/q/3': { host: 'c.example.net', weight: 1 },
      },
    },
    [
      'p.example.org SRV',
      'p.example.org. 30 SRV 10 10922 0 a.example.net.',
      'p.example.org. 30 SRV 10 21845 0 b.example.net.',
      'p.example.org. 30 SRV 10 32767 0 c.example.net.',
      'p.example.org. 30 SRV 20 65535 0 d.example.net.',
    ],
    [
      'q.example.org SRV',
      'q.example.org. 30 SRV 10 32767 0 a.example.net.',
      'q.example.org. 30 SRV 10 32767 0 b.example.net.',
      'q.example.org. 30 SRV 10 1 0 c.example.net.',
    ],
  );
  spec(
    'duplicates: the same target, port, priority and weight; shares are computed after they are gone',
    {
      records: {
        '/skydns/org/example/web/1': { host: 'a.example.net', port: 80 },
        '/skydns/org/example/web/2': { host: 'a.example.net', port: 80, priority: 10, weight: 100, ttl: 7 },
        '/skydns/org/example/web/3': { host: 'b.example.net', port: 80 },
        '/skydns/org/example/strip/1': { host: '10.0.0.1', port: 80, targetstrip: 1 },
        '/skydns/org/example/strip/2': { host: '10.0.0.2', port: 80, targetstrip: 1 },
        '/skydns/org/example/strip/3': { host: '10.0.0.3', port: 81, targetstrip: 1 },
      },
    },
    [
      'web.example.org SRV',
      'web.example.org. 7 SRV 10 50 80 a.example.net.',
      'web.example.org. 7 SRV 10 50 80 b.example.net.',
    ],
    [
      'strip.example.org SRV',
      'strip.example.org. 30 SRV 10 50 80 strip.example.org.',
      'strip.example.org. 30 SRV 10 50 81 strip.example.org.',
      '+ strip.example.org. 30 A 10.0.0.1',
      '+ strip.example.org. 30 A 10.0.0.2',
      '+ strip.example.org. 30 A 10.0.0.3',
    ],
  );
  spec(
    '`targetstrip` strips labels of the name of the key; longer than the name it strips nothing',
    {
      records: {
        '/skydns/org/example/web/a/b': { host: '10.0.0.1', targetstrip: 2 },
        '/skydns/org/example/top': { host: '10.0.0.2', targetstrip: 2 },
        '/skydns/org/example/all': { host: '10.0.0.3', targetstrip: 3 },
        '/skydns/org/example/more': { host: '10.0.0.4', targetstrip: 127 },
        '/skydns/org/example/name': { host: 'a.b.example.net', targetstrip: 1 },
      },
    },
    [
      'web.example.org SRV',
      'web.example.org. 30 SRV 10 100 0 web.example.org.',
      '+ web.example.org. 30 A 10.0.0.1',
    ],
    ['top.example.org SRV', 'top.example.org. 30 SRV 10 100 0 org.', '+ org. 30 A 10.0.0.2'],
    [
      'all.example.org SRV',
      'all.example.org. 30 SRV 10 100 0 all.example.org.',
      '+ all.example.org. 30 A 10.0.0.3',
    ],
    [
      'more.example.org SRV',
      'more.example.org. 30 SRV 10 100 0 more.example.org.',
      '+ more.example.org. 30 A 10.0.0.4',
    ],
    ['name.example.org SRV', 'name.example.org. 30 SRV 10 100 0 a.b.example.net.'],
  );
});

describe('MX', () => {
  spec(
    'services with `mail: true`, preference = priority, addresses in additional',
    {
      records: {
        '/skydns/org/example/mx/1': { host: '10.0.0.1', mail: true, priority: 5 },
        '/skydns/org/example/mx/2': { host: 'mail.example.net', mail: true },
        '/skydns/org/example/mx/3': { host: 'web.example.org', mail: true, priority: 20 },
        '/skydns/org/example/mx/4': { host: '10.0.0.4' },
        '/skydns/org/example/mx/5': { text: 'no host', mail: true },
        '/skydns/org/example/mx/6/7': { host: '2001:db8::6', mail: true, targetstrip: 1 },
        '/skydns/org/example/web': { host: '10.0.0.9' },
      },
    },
    [
      'mx.example.org MX',
      'mx.example.org. 30 MX 5 1.mx.example.org.',
      'mx.example.org. 30 MX 10 mail.example.net.',
      'mx.example.org. 30 MX 20 web.example.org.',
      'mx.example.org. 30 MX 10 6.mx.example.org.',
      '+ 1.mx.example.org. 30 A 10.0.0.1',
      '+ web.example.org. 30 A 10.0.0.9',
      '+ 6.mx.example.org. 30 AAAA 2001:db8::6',
    ],
    ['4.mx.example.org MX', 'NODATA'],
    ['5.mx.example.org MX', 'NODATA'],
  );
});

describe('NS', () => {
  spec(
    'at the apex, services under `ns.dns.<zone>` with addresses; addresses in additional',
    {
      records: {
        '/skydns/org/example/dns/ns/a': { host: '10.0.0.1' },
        '/skydns/org/example/dns/ns/b': { host: '2001:db8::2', ttl: 20 },
        '/skydns/org/example/dns/ns/c': { host: 'ns.example.net' },
        '/skydns/org/example/dns/ns/d/e': { host: '10.0.0.4', targetstrip: 1 },
      },
    },
    [
      'example.org NS',
      'example.org. 20 NS a.ns.dns.example.org.',
      'example.org. 20 NS b.ns.dns.example.org.',
      'example.org. 20 NS d.ns.dns.example.org.',
      '+ a.ns.dns.example.org. 30 A 10.0.0.1',
      '+ b.ns.dns.example.org. 20 AAAA 2001:db8::2',
      '+ d.ns.dns.example.org. 30 A 10.0.0.4',
    ],
    ['ns.dns.example.org NS', 'NODATA'],
    [
      'ns.dns.example.org A',
      'ns.dns.example.org. 30 A 10.0.0.1',
      'ns.dns.example.org. 30 A 10.0.0.4',
      'ns.dns.example.org. 30 CNAME ns.example.net.',
    ],
  );
  spec(
    'also where the zone answers exact names only',
    {
      zones: [{ name: 'example.org', match: 'exact' }],
      records: { '/skydns/org/example/dns/ns/a': { host: '10.0.0.1' } },
    },
    ['example.org NS', 'example.org. 30 NS a.ns.dns.example.org.', '+ a.ns.dns.example.org. 30 A 10.0.0.1'],
  );
  spec(
    'a wildcard of the zone makes no name servers',
    { records: { '/skydns/org/example/*/1': { host: '10.0.0.1', targetstrip: 1 } } },
    ['example.org NS', 'NODATA'],
    ['ns.dns.example.org A', 'ns.dns.example.org. 30 A 10.0.0.1'],
  );
  spec('without such services: NODATA', { records: {} }, ['example.org NS', 'NODATA']);
});
