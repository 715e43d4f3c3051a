// The services and questions that CoreDNS's etcd plugin is held to; where the answer differs, design section 3 says so.
import { describe } from 'vitest';
import { spec } from '../support/zone-fixture.ts';

const zones = ['skydns.test', 'skydns_extra.test', 'skydns_zoneb.test', 'in-addr.arpa'];
const region = '/skydns/test/skydns/region1';
const records = {
  [`${region}/dev/server1/a`]: { host: 'dev.server1', port: 8080 },
  [`${region}/prod/server1/a`]: { host: '10.0.0.1', port: 8080 },
  [`${region}/prod/server1/b`]: { host: '10.0.0.2', port: 8080 },
  [`${region}/prod/server6/b`]: { host: '::1', port: 8080 },
  [`${region}/prod/cname`]: { host: 'unresolvable.skydns.test' },
  '/skydns/test/skydns/priority': { host: 'priority.server1', priority: 333, port: 8080 },
  [`${region}/sub/a`]: { host: 'sub.server1', port: 0 },
  [`${region}/sub/b`]: { host: 'sub.server2', port: 80 },
  [`${region}/sub/c`]: { host: '10.0.0.1', port: 8080 },
  '/skydns/test/skydns/cname/b': { host: 'a.cname.skydns.test' },
  '/skydns/test/skydns/cname/a': { host: 'b.cname.skydns.test' },
  '/skydns/test/skydns/dns/ns/a': { host: '10.0.0.2' },
  '/skydns/test/skydns/dns/ns/b': { host: '10.0.0.3' },
  '/skydns/test/skydns_zoneb/x': { host: '10.0.0.2' },
  '/skydns/test/skydns_zoneb/dns/apex': { host: '10.0.0.4' },
  '/skydns/arpa/in-addr/10/0/0/1': { host: 'reverse.example.com' },
};

const prod = (question: string): [string, ...string[]] => [
  `${question} SRV`,
  `${question}. 30 SRV 10 25 0 unresolvable.skydns.test.`,
  `${question}. 30 SRV 10 25 8080 a.server1.prod.region1.skydns.test.`,
  `${question}. 30 SRV 10 25 8080 b.server1.prod.region1.skydns.test.`,
  `${question}. 30 SRV 10 25 8080 b.server6.prod.region1.skydns.test.`,
  '+ a.server1.prod.region1.skydns.test. 30 A 10.0.0.1',
  '+ b.server1.prod.region1.skydns.test. 30 A 10.0.0.2',
  '+ b.server6.prod.region1.skydns.test. 30 AAAA ::1',
];

describe('what CoreDNS answers', () => {
  spec(
    'SRV',
    { zones, records },
    [
      'a.server1.dev.region1.skydns.test SRV',
      'a.server1.dev.region1.skydns.test. 30 SRV 10 100 8080 dev.server1.',
    ],
    [
      'a.SERVer1.dEv.region1.skydns.tEst SRV',
      'a.server1.dev.region1.skydns.test. 30 SRV 10 100 8080 dev.server1.',
    ],
    ['priority.skydns.test SRV', 'priority.skydns.test. 30 SRV 333 100 8080 priority.server1.'],
    [
      'a.server1.prod.region1.skydns.test SRV',
      'a.server1.prod.region1.skydns.test. 30 SRV 10 100 8080 a.server1.prod.region1.skydns.test.',
      '+ a.server1.prod.region1.skydns.test. 30 A 10.0.0.1',
    ],
    [
      'sub.region1.skydns.test SRV',
      'sub.region1.skydns.test. 30 SRV 10 33 0 sub.server1.',
      'sub.region1.skydns.test. 30 SRV 10 33 80 sub.server2.',
      'sub.region1.skydns.test. 30 SRV 10 33 8080 c.sub.region1.skydns.test.',
      '+ c.sub.region1.skydns.test. 30 A 10.0.0.1',
    ],
  );
  spec(
    'SRV with a wildcard label',
    { zones, records },
    prod('prod.*.skydns.test'),
    prod('prod.any.skydns.test'),
    [
      '*.region1.skydns.test SRV',
      '*.region1.skydns.test. 30 SRV 10 12 0 sub.server1.',
      '*.region1.skydns.test. 30 SRV 10 12 0 unresolvable.skydns.test.',
      '*.region1.skydns.test. 30 SRV 10 12 80 sub.server2.',
      '*.region1.skydns.test. 30 SRV 10 12 8080 a.server1.prod.region1.skydns.test.',
      '*.region1.skydns.test. 30 SRV 10 12 8080 b.server1.prod.region1.skydns.test.',
      '*.region1.skydns.test. 30 SRV 10 12 8080 b.server6.prod.region1.skydns.test.',
      '*.region1.skydns.test. 30 SRV 10 12 8080 c.sub.region1.skydns.test.',
      '*.region1.skydns.test. 30 SRV 10 12 8080 dev.server1.',
      '+ a.server1.prod.region1.skydns.test. 30 A 10.0.0.1',
      '+ b.server1.prod.region1.skydns.test. 30 A 10.0.0.2',
      '+ b.server6.prod.region1.skydns.test. 30 AAAA ::1',
      '+ c.sub.region1.skydns.test. 30 A 10.0.0.1',
    ],
  );
  spec(
    'addresses',
    { zones, records },
    ['a.server1.prod.region1.skydns.test A', 'a.server1.prod.region1.skydns.test. 30 A 10.0.0.1'],
    ['b.server6.prod.region1.skydns.test AAAA', 'b.server6.prod.region1.skydns.test. 30 AAAA ::1'],
    [
      'server1.prod.region1.skydns.test A',
      'server1.prod.region1.skydns.test. 30 A 10.0.0.1',
      'server1.prod.region1.skydns.test. 30 A 10.0.0.2',
    ],
    ['ns.dns.skydns.test A', 'ns.dns.skydns.test. 30 A 10.0.0.2', 'ns.dns.skydns.test. 30 A 10.0.0.3'],
    ['skydns_zoneb.test A', 'skydns_zoneb.test. 30 A 10.0.0.4'],
  );
  spec(
    'negative answers',
    { zones, records },
    ['doesnotexist.skydns.test A', 'NXDOMAIN'],
    ['cname.prod.region1.skydns.test A', 'NODATA'],
    ['a.cname.skydns.test A', 'NODATA'],
    ['a.server1.dev.region1.skydns.test HINFO', 'NODATA'],
    ['a.server1.nonexistent.region1.skydns.test HINFO', 'NXDOMAIN'],
    ['a.skydns.test NS', 'NXDOMAIN'],
  );
  spec(
    'SOA, NS, PTR',
    { zones, records },
    [
      'skydns_extra.test SOA',
      'skydns_extra.test. 30 SOA ns.dns.skydns_extra.test. hostmaster.skydns_extra.test. 0 7200 1800 86400 10',
    ],
    [
      'skydns.test NS',
      'skydns.test. 30 NS a.ns.dns.skydns.test.',
      'skydns.test. 30 NS b.ns.dns.skydns.test.',
      '+ a.ns.dns.skydns.test. 30 A 10.0.0.2',
      '+ b.ns.dns.skydns.test. 30 A 10.0.0.3',
    ],
    ['1.0.0.10.in-addr.arpa PTR', '1.0.0.10.in-addr.arpa. 30 PTR reverse.example.com.'],
  );
  spec(
    'unlike CoreDNS: a TXT question follows the CNAME of a host that is a name, here outside all zones',
    { zones, records },
    ['a.server1.dev.region1.skydns.test TXT', 'a.server1.dev.region1.skydns.test. 30 CNAME dev.server1.'],
  );
});
