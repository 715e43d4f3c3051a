// Wildcards: labels `*` and `any` in the question, and `*` in stored keys (RFC 4592).
import { describe } from 'vitest';
import { spec } from '../support/zone-fixture.ts';

describe('`*` or `any` in the question matches exactly one label at that place', () => {
  const records = {
    '/skydns/test/skydns/region1/dev/server1/a': { host: '10.0.0.1' },
    '/skydns/test/skydns/region1/prod/server1/a': { host: '10.0.0.2' },
    '/skydns/test/skydns/region1/prod/server2/b': { host: '10.0.0.3' },
    '/skydns/test/skydns/region2/prod': { host: '10.0.0.4' },
    '/skydns/test/skydns/any/thing': { host: '10.0.0.5' },
  };
  const given = { zones: ['skydns.test'], records };
  const a = (question: string, ...last: number[]): [string, ...string[]] => [
    `${question} A`,
    ...last.map((n) => `${question}. 30 A 10.0.0.${n}`),
  ];
  spec(
    'below the last label the whole subtree counts',
    given,
    a('*.region1.skydns.test', 1, 2, 3),
    a('any.region1.skydns.test', 1, 2, 3),
    a('*.skydns.test', 1, 2, 3, 4, 5),
  );
  spec(
    'in the middle and at the end',
    given,
    a('prod.*.skydns.test', 2, 3, 4),
    a('prod.any.skydns.test', 2, 3, 4),
    a('a.server1.*.region1.skydns.test', 1, 2),
    a('server1.any.*.skydns.test', 1, 2),
    a('*.*.skydns.test', 1, 2, 3, 4, 5),
    a('*.*.*.skydns.test', 1, 2, 3),
    a('a.*.*.*.skydns.test', 1, 2),
  );
  spec(
    'one label, never none: the name itself is not among them',
    {
      records: {
        '/skydns/org/example/a': { host: '10.0.0.1' },
        '/skydns/org/example/a/b': { host: '10.0.0.2' },
      },
    },
    ['*.a.example.org A', '*.a.example.org. 30 A 10.0.0.2'],
  );
  spec(
    'a question with a wildcard label that matches nothing is NODATA',
    given,
    ['*.region9.skydns.test A', 'NODATA'],
    ['x.*.skydns.test A', 'NODATA'],
    ['*.a.server1.dev.region1.skydns.test SRV', 'NODATA'],
  );
  spec(
    'only whole labels, and only inside the zone',
    {
      zones: ['any.test', '*.test'],
      records: { '/skydns/test/any/a': { host: '10.0.0.1' }, '/skydns/test/any/xany': { host: '10.0.0.2' } },
    },
    ['a.any.test A', 'a.any.test. 30 A 10.0.0.1'],
    ['xany.any.test A', 'xany.any.test. 30 A 10.0.0.2'],
    ['any.any.test A', 'any.any.test. 30 A 10.0.0.1', 'any.any.test. 30 A 10.0.0.2'],
    ['a.*.test A', 'NXDOMAIN'],
  );
  spec('SRV targets are the names of the keys', given, [
    'prod.*.skydns.test SRV',
    'prod.*.skydns.test. 30 SRV 10 33 0 a.server1.prod.region1.skydns.test.',
    'prod.*.skydns.test. 30 SRV 10 33 0 b.server2.prod.region1.skydns.test.',
    'prod.*.skydns.test. 30 SRV 10 33 0 prod.region2.skydns.test.',
    '+ a.server1.prod.region1.skydns.test. 30 A 10.0.0.2',
    '+ b.server2.prod.region1.skydns.test. 30 A 10.0.0.3',
    '+ prod.region2.skydns.test. 30 A 10.0.0.4',
  ]);
});

describe('`*` in a stored key answers names below its parent that do not exist themselves', () => {
  // The zone of RFC 4592 2.2.1, as far as service keys can say it.
  const records = {
    '/skydns/example/*/1': { text: 'this is a wildcard', targetstrip: 1 },
    '/skydns/example/*/2': { host: 'host1.example', mail: true, targetstrip: 1 },
    '/skydns/example/sub/*': { text: 'this is not a wildcard' },
    '/skydns/example/host1': { host: '192.0.2.1' },
    '/skydns/example/host1/_tcp/_ssh': { host: 'host1.example', port: 22 },
    '/skydns/example/host2/_tcp/_ssh': { host: 'host2.example', port: 22 },
  };
  const given = { zones: ['example'], records };
  spec(
    'the answers that RFC 4592 2.2.1 lists as synthesized',
    given,
    ['host3.example MX', 'host3.example. 30 MX 10 host1.example.', '+ host1.example. 30 A 192.0.2.1'],
    ['host3.example A', 'host3.example. 30 CNAME host1.example.', 'host1.example. 30 A 192.0.2.1'],
    ['foo.bar.example TXT', 'foo.bar.example. 30 TXT "this is a wildcard"'],
  );
  spec(
    'and those that are not: the name exists, or the closest encloser has no wildcard',
    given,
    ['host1.example MX', 'NODATA'],
    ['_ssh._tcp.host1.example TXT', 'NODATA'],
    ['_telnet._tcp.host1.example SRV', 'NXDOMAIN'],
    ['host2.example MX', 'NODATA'],
    ['ghost.host2.example MX', 'NXDOMAIN'],
    ['example TXT', 'NODATA'],
  );
  spec(
    'a wildcard that exists for one type makes every other type NODATA',
    given,
    ['x.sub.example TXT', 'x.sub.example. 30 TXT "this is not a wildcard"'],
    ['x.sub.example A', 'NODATA'],
    ['host3.example AAAA', 'NODATA'],
  );
  spec(
    'an empty non-terminal exists, and blocks',
    {
      records: {
        '/skydns/org/example/*': { host: '10.0.0.1' },
        '/skydns/org/example/a/b/c': { host: '10.0.0.2' },
      },
    },
    ['x.example.org A', 'x.example.org. 30 A 10.0.0.1'],
    ['y.x.example.org A', 'y.x.example.org. 30 A 10.0.0.1'],
    ['b.a.example.org A', 'b.a.example.org. 30 A 10.0.0.2'],
    ['b.a.example.org TXT', 'NODATA'],
    ['x.a.example.org A', 'NXDOMAIN'],
    ['x.b.a.example.org A', 'NXDOMAIN'],
  );
  spec(
    'the deepest existing ancestor decides which wildcard',
    {
      records: {
        '/skydns/org/example/*': { host: '10.0.0.1' },
        '/skydns/org/example/a/*': { host: '10.0.0.2' },
        '/skydns/org/example/b/*/x': { host: '10.0.0.3', port: 80 },
      },
    },
    ['q.example.org A', 'q.example.org. 30 A 10.0.0.1'],
    ['q.a.example.org A', 'q.a.example.org. 30 A 10.0.0.2'],
    ['q.r.a.example.org A', 'q.r.a.example.org. 30 A 10.0.0.2'],
    ['q.b.example.org A', 'q.b.example.org. 30 A 10.0.0.3'],
  );
  spec(
    'in SRV targets the labels of the question stand for the `*`, so that they can be asked for',
    {
      records: {
        '/skydns/org/example/*/1bf98be2': { host: '10.0.0.9', targetstrip: 1, port: 1 },
        '/skydns/org/example/b/*/x': { host: '10.0.0.3', port: 80 },
      },
    },
    [
      'q.r.example.org SRV',
      'q.r.example.org. 30 SRV 10 100 1 q.r.example.org.',
      '+ q.r.example.org. 30 A 10.0.0.9',
    ],
    [
      'q.b.example.org SRV',
      'q.b.example.org. 30 SRV 10 100 80 x.q.b.example.org.',
      '+ x.q.b.example.org. 30 A 10.0.0.3',
    ],
    ['x.q.b.example.org A', 'x.q.b.example.org. 30 A 10.0.0.3'],
  );
  const long = ['a', 'b', 'c'].map((letter) => letter.repeat(63)).join('.');
  spec(
    'a target that would be longer than a name may be is left out',
    { records: { [`/skydns/org/example/*/${'y'.repeat(60)}`]: { host: '10.0.0.9', port: 1 } } },
    [`${long}.example.org SRV`, 'NODATA'],
    [`${long}.example.org A`, `${long}.example.org. 30 A 10.0.0.9`],
  );
  spec(
    'a wildcard that is an alias of a name it covers itself leads nowhere',
    { records: { '/skydns/org/example/*': { host: 'x.example.org' } } },
    ['a.example.org A', 'NODATA'],
    ['x.example.org A', 'NODATA'],
    ['a.example.org CNAME', 'a.example.org. 30 CNAME x.example.org.'],
  );
  spec(
    'aliases lead to names that a wildcard answers',
    {
      records: {
        '/skydns/org/example/www': { host: 'any-name.web.example.org' },
        '/skydns/org/example/web/*': { host: '10.0.0.1' },
      },
    },
    [
      'www.example.org A',
      'www.example.org. 30 CNAME any-name.web.example.org.',
      'any-name.web.example.org. 30 A 10.0.0.1',
    ],
  );
  spec(
    'asked for by its own name, or as `any`, a stored `*` is a label like any other',
    {
      records: {
        '/skydns/org/example/*': { host: '10.0.0.1' },
        '/skydns/org/example/a': { host: '10.0.0.2' },
      },
    },
    ['*.example.org A', '*.example.org. 30 A 10.0.0.1', '*.example.org. 30 A 10.0.0.2'],
    ['any.example.org A', 'any.example.org. 30 A 10.0.0.1', 'any.example.org. 30 A 10.0.0.2'],
    ['*.a.example.org A', 'NODATA'],
  );
});
