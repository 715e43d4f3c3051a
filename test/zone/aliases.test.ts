// CNAMEs: a `host` that is a name gives CNAME and what it leads to; loops cut, chains bounded (design section 3).
import { describe, expect, it } from 'vitest';
import { Fixture, type Records, spec } from '../support/zone-fixture.ts';

/** c0 -> c1 -> ... -> c<length>, the last one an address. */
function chain(length: number): Records {
  const records: Record<string, object> = { [`/skydns/org/example/c${length}`]: { host: '10.0.0.1' } };
  for (let i = 0; i < length; i++)
    records[`/skydns/org/example/c${i}`] = { host: `c${i + 1}.example.org`, ttl: 100 + i };
  return records;
}

function chainAnswer(from: number, to: number): string[] {
  const cnames = Array.from({ length: to - from }, (_, i) => from + i).map(
    (i) => `c${i}.example.org. ${100 + i} CNAME c${i + 1}.example.org.`,
  );
  return [...cnames, `c${to}.example.org. 30 A 10.0.0.1`];
}

describe('chains', () => {
  spec(
    'a host that is a name in the zone gives CNAME and the addresses behind it',
    {
      records: {
        '/skydns/org/example/www': { host: 'Web.Example.ORG.' },
        '/skydns/org/example/web/1': { host: '10.0.0.1' },
        '/skydns/org/example/web/2': { host: '2001:db8::1' },
      },
    },
    ['www.example.org A', 'www.example.org. 30 CNAME web.example.org.', 'web.example.org. 30 A 10.0.0.1'],
    [
      'www.example.org AAAA',
      'www.example.org. 30 CNAME web.example.org.',
      'web.example.org. 30 AAAA 2001:db8::1',
    ],
  );
  spec(
    'a host outside the zones gives the CNAME alone',
    { records: { '/skydns/org/example/www': { host: 'lb.example.net' } } },
    ['www.example.org A', 'www.example.org. 30 CNAME lb.example.net.'],
    ['www.example.org AAAA', 'www.example.org. 30 CNAME lb.example.net.'],
    ['www.example.org TXT', 'www.example.org. 30 CNAME lb.example.net.'],
  );
  it('names outside the zones are told, once each', () => {
    const fixture = new Fixture().load({
      '/skydns/org/example/www/1': { host: 'lb.example.net' },
      '/skydns/org/example/www/2': { host: 'other.example.net' },
      '/skydns/org/example/www/3': { host: 'lb.example.net', port: 8080 },
    });
    for (const type of ['A', 'SRV']) {
      const outcome = fixture.outcome(`www.example.org ${type}`);
      const externals =
        outcome.kind === 'answer' ? outcome.externals.map((n) => Buffer.from(n).toString()) : [];
      expect(externals.sort()).toEqual(['\x02lb\x07example\x03net\0', '\x05other\x07example\x03net\0']);
    }
  });
  spec(
    'a chain of 11 CNAMEs resolves, 12 do not',
    { records: chain(12) },
    ['c1.example.org A', ...chainAnswer(1, 12)],
    ['c0.example.org A', 'NODATA'],
    ['c0.example.org CNAME', 'c0.example.org. 100 CNAME c1.example.org.'],
  );
  spec(
    'the length of a chain is that of the shortest way, whichever key comes first',
    {
      records: {
        ...chain(12),
        '/skydns/org/example/c0/a': { host: 'c1.example.org' },
        '/skydns/org/example/c0/z': { host: 'c11.example.org' },
        '/skydns/org/example/d0/a': { host: 'c11.example.org' },
        '/skydns/org/example/d0/z': { host: 'c1.example.org' },
        '/skydns/org/example/d0/y': { host: 'c2.example.org' },
      },
    },
    [
      'c0.example.org A',
      'c0.example.org. 30 CNAME c11.example.org.',
      'c11.example.org. 111 CNAME c12.example.org.',
      'c12.example.org. 30 A 10.0.0.1',
    ],
    [
      'd0.example.org A',
      'd0.example.org. 30 CNAME c11.example.org.',
      'd0.example.org. 30 CNAME c2.example.org.',
      ...chainAnswer(2, 12),
    ],
  );
  it('a chain is written in the order in which it is followed', () => {
    const fixture = new Fixture().load(chain(5));
    expect(fixture.ask('c0.example.org A')).toEqual(chainAnswer(0, 5));
  });
});

describe('chains that lead nowhere', () => {
  spec(
    'a chain that leads nowhere is left out, and if nothing remains the answer is NODATA',
    {
      records: {
        '/skydns/org/example/www/1': { host: 'nowhere.example.org' },
        '/skydns/org/example/www/2': { host: 'web.example.org' },
        '/skydns/org/example/web': { host: '10.0.0.1' },
        '/skydns/org/example/lost': { host: 'nowhere.example.org' },
        '/skydns/org/example/note': { host: 'text.example.org' },
        '/skydns/org/example/text': { text: 'only text' },
      },
    },
    ['www.example.org A', 'www.example.org. 30 CNAME web.example.org.', 'web.example.org. 30 A 10.0.0.1'],
    ['www.example.org AAAA', 'NODATA'],
    ['lost.example.org A', 'NODATA'],
    ['lost.example.org CNAME', 'lost.example.org. 30 CNAME nowhere.example.org.'],
    ['note.example.org A', 'NODATA'],
    [
      'note.example.org TXT',
      'note.example.org. 30 CNAME text.example.org.',
      'text.example.org. 30 TXT "only text"',
    ],
  );
  spec(
    'a chain back to itself is left out',
    {
      records: {
        '/skydns/org/example/self': { host: 'self.example.org' },
        '/skydns/org/example/a': { host: 'b.example.org' },
        '/skydns/org/example/b': { host: 'a.example.org' },
        '/skydns/org/example/in': { host: 'a.example.org' },
      },
    },
    ['self.example.org A', 'NODATA'],
    ['a.example.org A', 'NODATA'],
    ['b.example.org AAAA', 'NODATA'],
    ['in.example.org A', 'NODATA'],
  );
  spec(
    'a loop beside an address leaves the address',
    {
      records: {
        '/skydns/org/example/self/1': { host: 'self.example.org' },
        '/skydns/org/example/self/2': { host: '10.0.0.1' },
        '/skydns/org/example/a/1': { host: 'b.example.org' },
        '/skydns/org/example/a/2': { host: '10.0.0.2' },
        '/skydns/org/example/b': { host: 'a.example.org' },
      },
    },
    ['self.example.org A', 'self.example.org. 30 A 10.0.0.1'],
    ['a.example.org A', 'a.example.org. 30 A 10.0.0.2'],
    ['b.example.org A', 'b.example.org. 30 CNAME a.example.org.', 'a.example.org. 30 A 10.0.0.2'],
  );
  const loop = {
    '/skydns/org/example/a/1': { host: 'b.example.org' },
    '/skydns/org/example/a/2': { host: '10.0.0.2' },
    '/skydns/org/example/b': { host: 'a.example.org' },
  };
  const loopAnswer = [
    'x.example.org. 30 CNAME a.example.org.',
    'x.example.org. 30 CNAME b.example.org.',
    'b.example.org. 30 CNAME a.example.org.',
    'a.example.org. 30 A 10.0.0.2',
  ];
  spec(
    'what leads somewhere does not depend on which key comes first',
    {
      records: {
        ...loop,
        '/skydns/org/example/x/1': { host: 'a.example.org' },
        '/skydns/org/example/x/2': { host: 'b.example.org' },
      },
    },
    ['x.example.org A', ...loopAnswer],
  );
  spec(
    '... nor on which comes last',
    {
      records: {
        ...loop,
        '/skydns/org/example/x/1': { host: 'b.example.org' },
        '/skydns/org/example/x/2': { host: 'a.example.org' },
      },
    },
    ['x.example.org A', ...loopAnswer],
  );
});

describe('several CNAMEs', () => {
  const records = {
    '/skydns/org/example/x/1': { host: 'a.example.org', ttl: 20 },
    '/skydns/org/example/x/2': { host: 'b.example.org' },
    '/skydns/org/example/x/3': { host: '10.0.0.3' },
    '/skydns/org/example/a': { host: '10.0.0.1' },
    '/skydns/org/example/b/1': { host: 'c.example.org' },
    '/skydns/org/example/b/2': { host: 'd.example.org' },
    '/skydns/org/example/c': { host: '10.0.0.4' },
    '/skydns/org/example/d': { host: '10.0.0.5' },
    '/skydns/org/example/y': { host: 'x.example.org' },
  };
  spec(
    'of the owner asked for all are given, to be sent one at a time; of an owner further on one, addresses of all',
    { records },
    [
      'x.example.org A',
      'x.example.org. 20 CNAME a.example.org.',
      'x.example.org. 20 CNAME b.example.org.',
      'x.example.org. 30 A 10.0.0.3',
      'a.example.org. 30 A 10.0.0.1',
      'b.example.org. 30 CNAME c.example.org.',
      'c.example.org. 30 A 10.0.0.4',
      'd.example.org. 30 A 10.0.0.5',
    ],
  );
  spec(
    'an owner further on that has addresses itself gets no CNAME beside them (RFC 2181 10.1), addresses of all stay',
    { records },
    [
      'y.example.org A',
      'y.example.org. 30 CNAME x.example.org.',
      'x.example.org. 30 A 10.0.0.3',
      'a.example.org. 30 A 10.0.0.1',
      'c.example.org. 30 A 10.0.0.4',
      'd.example.org. 30 A 10.0.0.5',
    ],
  );
  it('clients that take the last CNAME in the message for the name to expect find addresses', () => {
    const { outcome } = {
      outcome: new Fixture()
        .load({
          '/skydns/org/example/x/1': { host: 'a.example.org' },
          '/skydns/org/example/x/2': { host: 'b.example.org' },
          '/skydns/org/example/a': { host: 'lb.example.net' },
          '/skydns/org/example/b': { host: '10.0.0.1' },
        })
        .ask('x.example.org A'),
    };
    expect(outcome.slice(2)).toEqual([
      'b.example.org. 30 A 10.0.0.1',
      'a.example.org. 30 CNAME lb.example.net.',
    ]);
  });
});

describe('the question CNAME', () => {
  const records = {
    '/skydns/org/example/www': { host: 'lb.example.net' },
    '/skydns/org/example/deep/er': { host: 'lb.example.net' },
    '/skydns/org/example/ext/4d658221': { host: 'lb.example.net', targetstrip: 1 },
    '/skydns/org/example/web': { host: '10.0.0.1' },
    '/skydns/org/example/two/1': { host: 'a.example.net', targetstrip: 1, ttl: 5 },
    '/skydns/org/example/two/2': { host: 'b.example.net', targetstrip: 1 },
  };
  spec(
    'services whose owner is the name and whose host is a name',
    { records },
    ['www.example.org CNAME', 'www.example.org. 30 CNAME lb.example.net.'],
    ['ext.example.org CNAME', 'ext.example.org. 30 CNAME lb.example.net.'],
    ['4d658221.ext.example.org CNAME', 'NODATA'],
    ['web.example.org CNAME', 'NODATA'],
    [
      'two.example.org CNAME',
      'two.example.org. 5 CNAME a.example.net.',
      'two.example.org. 5 CNAME b.example.net.',
    ],
  );
  spec(
    'on a name that exists only through names below it: NODATA',
    { records },
    ['deep.example.org CNAME', 'NODATA'],
    ['deep.example.org A', 'deep.example.org. 30 CNAME lb.example.net.'],
  );
});
