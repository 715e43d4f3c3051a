// Why names in the zones are answered as they are: each reason, from the question that shows it.
import { describe, expect, it } from 'vitest';
import { entry } from '../../support/zone-fixture.ts';
import { ExplainScene, networks } from './scene.ts';

const scene = new ExplainScene(
  {
    '/skydns/org/example/web/1': { host: '10.0.0.1', port: 80 },
    '/skydns/org/example/web/2': { host: '10.0.0.2', port: 80 },
    '/skydns/org/example/web/6': { host: '2001:db8::1', port: 80 },
    '/skydns/org/example/web/bad': '{"port": 70000}',
    '/skydns/org/example/same/1': { host: '10.0.0.9' },
    '/skydns/org/example/same/2': { host: '10.0.0.9' },
    '/skydns/org/example/group': { host: '10.0.1.1', group: 'one' },
    '/skydns/org/example/group/a': { host: '10.0.1.2', group: 'two' },
    '/skydns/org/example/group/b': { host: '10.0.1.3' },
    '/skydns/org/example/w/*': { host: '10.0.2.1' },
    '/skydns/org/example/w/there': { text: 'only text' },
    '/skydns/org/example/w/there/below': { text: 'only text' },
    '/skydns/org/example/alias': { host: 'web.example.org' },
    '/skydns/org/example/chain': { host: 'alias.example.org' },
    '/skydns/org/example/ring': { host: 'gnir.example.org' },
    '/skydns/org/example/gnir': { host: 'ring.example.org' },
    '/skydns/org/example/two/1': { host: 'web.example.org' },
    '/skydns/org/example/two/2': { host: 'group.example.org' },
    '/skydns/org/example/out': { host: 'www.example.net' },
    '/skydns/org/exact/a': { host: '10.1.0.1' },
    '/skydns/org/exact/a/b': { host: '10.1.0.2' },
    '/skydns/org/exact/up/x': { host: '10.1.0.3', targetstrip: 1 },
    '/skydns/org/gone': 'not JSON',
    '/skydns/org/apex/dns/apex/1': { host: '10.2.0.1' },
  },
  {
    zones: [
      'example.org',
      { name: 'exact.org', match: 'exact' },
      'gone.org',
      'apex.org',
      { name: 'whole.org', apex: 'subtree' },
      '10.in-addr.arpa',
    ],
  },
);

describe('an answer', () => {
  it.each([
    ['web.example.org A', 'NOERROR, 2 records', ['zone', 'services', 'other-type', 'bad']],
    ['web.example.org AAAA', 'NOERROR, 1 record', ['zone', 'services', 'other-type', 'bad']],
    ['same.example.org A', 'NOERROR, 1 record', ['zone', 'services', 'duplicates']],
    ['group.example.org A', 'NOERROR, 2 records', ['zone', 'services', 'group']],
    ['x.w.example.org A', 'NOERROR, 1 record', ['zone', 'wildcard-key', 'services']],
    [
      'any.web.example.org A',
      'NOERROR, 2 records',
      ['zone', 'wildcard-question', 'services', 'other-type', 'bad'],
    ],
    ['alias.example.org A', 'NOERROR, 3 records', ['zone', 'services', 'alias', 'bad']],
    ['chain.example.org A', 'NOERROR, 4 records', ['zone', 'services', 'alias', 'bad']],
    ['two.example.org A', 'NOERROR, 5 records', ['zone', 'services', 'alias', 'alias', 'alias-one', 'bad']],
    ['out.example.org A', 'NOERROR, 1 record', ['zone', 'services', 'alias']],
    ['a.exact.org A', 'NOERROR, 1 record', ['zone', 'services', 'below-exact']],
    ['up.exact.org A', 'NOERROR, 1 record', ['zone', 'services', 'below-exact']],
    ['apex.org A', 'NOERROR, 1 record', ['zone', 'apex', 'services']],
    ['example.org SOA', 'NOERROR, 1 record', ['zone', 'soa', 'bad']],
    ['web.example.org ANY', 'NOERROR, 1 record', ['zone', 'any', 'bad']],
  ])('to %s', async (question, summary, codes) => {
    expect(await scene.gist(question)).toEqual([summary, 'computed', ...codes, 'computed']);
  });

  it.each([
    ['web.example.org TXT', ['zone', 'other-type', 'bad']],
    ['there.w.example.org A', ['zone', 'wildcard-unused', 'other-type']],
    ['ring.example.org A', ['zone', 'services', 'alias-lost']],
    ['x.up.exact.org A', ['zone', 'other-owner']],
    ['exact.org A', ['zone', 'apex', 'no-services', 'below-exact']],
    ['whole.org A', ['zone', 'apex', 'no-services']],
    ['web.example.org SOA', ['zone', 'apex-only', 'bad']],
    ['web.example.org NS', ['zone', 'apex-only', 'bad']],
    ['web.example.org PTR', ['zone', 'reverse-only', 'bad']],
    ['web.example.org TYPE29', ['zone', 'no-such-type', 'bad']],
    ['any.nothing.example.org A', ['zone', 'wildcard-question', 'no-services']],
    ['gone.org A', ['zone', 'apex', 'no-services', 'bad']],
  ])('without records: %s', async (question, codes) => {
    const [summary, source, ...reasons] = await scene.gist(question);
    expect([summary?.slice(0, 7), source, ...reasons]).toEqual(['NODATA:', 'computed', ...codes, 'computed']);
  });

  it.each([
    ['nothing.example.org A', ['zone', 'nxdomain', 'encloser', 'names']],
    ['x.there.w.example.org A', ['zone', 'nxdomain', 'encloser', 'wildcard-unused', 'names']],
    ['1.0.0.10.in-addr.arpa PTR', ['zone', 'nxdomain', 'encloser', 'names']],
  ])('of a name that does not exist: %s', async (question, codes) => {
    const [summary, source, ...reasons] = await scene.gist(question);
    expect([summary, ...reasons]).toEqual(['NXDOMAIN', ...codes]);
    expect(source).toBe(codes.at(-1));
  });

  it.each([
    ['www.example.net A', ['outside', 'refused']],
    ['web.example.org AXFR', ['not-asked']],
  ])('that is refused: %s', async (question, codes) => {
    expect(await scene.gist(question)).toEqual(['REFUSED', 'rule', ...codes]);
  });
});

describe('a sentence', () => {
  it.each([
    ['web.example.org A', 'zone', 'The name lies in the zone example.org.'],
    ['web.example.org A', 'services', '2 services at it or below it have an IPv4 address or a host name.'],
    [
      'web.example.org A',
      'other-type',
      '1 service has no such record: it lacks an IPv4 address or a host name.',
    ],
    [
      'web.example.org A',
      'bad',
      'The record at /skydns/org/example/web/bad cannot be used and is left out: port: 70000 is not a whole number from 0 to 65535.',
    ],
    [
      'group.example.org A',
      'group',
      '1 deeper service of the group "two" is left out: the shallowest services are of another group.',
    ],
    [
      'x.w.example.org A',
      'wildcard-key',
      'x.w.example.org does not exist itself: the wildcard *.w.example.org answers for it (key /skydns/org/example/w/*).',
    ],
    [
      'x.there.w.example.org A',
      'wildcard-unused',
      'The wildcard *.w.example.org does not reach it, since there.w.example.org exists (RFC 4592).',
    ],
    [
      'there.w.example.org A',
      'wildcard-unused',
      'The wildcard *.w.example.org has no part in it, since the name itself exists.',
    ],
    ['chain.example.org A', 'alias', 'It is an alias: CNAME alias.example.org, CNAME web.example.org.'],
    ['out.example.org A', 'alias', 'It is an alias: CNAME www.example.net (outside the zones).'],
    [
      'ring.example.org A',
      'alias-lost',
      'The CNAME to gnir.example.org leads to no A record within 11 CNAMEs, so it is left out.',
    ],
    [
      'nothing.example.org A',
      'nxdomain',
      'The name does not exist: there is no key /skydns/org/example/nothing, and none below it.',
    ],
    ['apex.org A', 'apex', 'At the apex the services under apex.dns.apex.org count.'],
    ['www.example.net A', 'refused', 'Nobody is asked about it (no --forward, no stub zone): it is refused.'],
  ])('of %s: %s', async (question, code, text) => {
    expect(await scene.why(question, code)).toBe(text);
  });
});

describe('services', () => {
  it('are those used, then those left out, with the reason', async () => {
    const { services, counts } = await scene.explain('group.example.org A');
    expect(services.map(({ key, used, leftOut, group }) => [key, used, leftOut, group])).toEqual([
      ['/skydns/org/example/group', true, null, 'one'],
      ['/skydns/org/example/group/b', true, null, ''],
      ['/skydns/org/example/group/a', false, 'group', 'two'],
    ]);
    expect(counts).toEqual({ used: 2, leftOut: 1, bad: 0 });
  });

  it('carry revision, lease, age and TTL', async () => {
    const [service] = (await scene.explain('1.web.example.org A')).services;
    expect(service).toMatchObject({
      key: '/skydns/org/example/web/1',
      for: '1.web.example.org.',
      host: '10.0.0.1',
      ttl: 30,
      revision: 1,
      lease: null,
      age: { atLeast: true },
      state: 'good',
    });
  });
});

describe('the table', () => {
  it('is named once it has the answer, and an explanation leaves nothing in it', async () => {
    const own = new ExplainScene({ '/skydns/org/example/a': { host: '10.0.0.1' } });
    expect((await own.explain('a.example.org A')).source).toBe('computed');
    expect(own.desk.table.count).toBe(0);
    expect(own.desk.counted).toMatchObject({ hits: 0, misses: 0, compiled: 0 });
    await own.answer('a.example.org A');
    expect(await own.gist('a.example.org A')).toEqual([
      'NOERROR, 1 record',
      'table',
      'zone',
      'services',
      'table',
    ]);
  });
});

describe('a client', () => {
  const rules = [
    { action: 'drop' as const, networks: networks('198.51.100.0/24') },
    { action: 'deny' as const, networks: networks('203.0.113.0/24') },
  ];
  const own = new ExplainScene({ '/skydns/org/example/a': { host: '10.0.0.1' } }, { guard: { rules } });

  it.each([
    ['198.51.100.7', ['no reply at all', 'none', 'acl-dropped']],
    ['203.0.113.7', ['REFUSED', 'rule', 'acl-denied']],
    ['192.0.2.7', ['NOERROR, 1 record', 'computed', 'zone', 'services', 'computed']],
  ])('%s', async (client, gist) => {
    expect(await own.gist('a.example.org A', client)).toEqual(gist);
  });
});

describe('a reply that is too large', () => {
  const records = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`/skydns/org/example/many/${i}`, { host: `10.0.0.${i}` }]),
  );
  const own = new ExplainScene(records);

  it('is marked over UDP and whole over TCP', async () => {
    const udp = await own.explain('many.example.org A');
    expect(udp.answer.flags).toContain('tc');
    expect(udp.summary).toBe(`NOERROR, ${udp.answer.answers.length} records, truncated`);
    expect(udp.reasons.map(({ code }) => code)).toContain('truncated');
    const tcp = await own.explain('many.example.org A', '127.0.0.1', 'tcp');
    expect(tcp.summary).toBe('NOERROR, 100 records');
  });

  it('loses addresses of the additional section first', async () => {
    expect(await own.why('many.example.org SRV', 'truncated')).toBeDefined();
    const few = new ExplainScene(Object.fromEntries(Object.entries(records).slice(0, 30)));
    expect(await few.why('many.example.org SRV', 'additional-cut')).toMatch(/^\d+ address records? of/);
  });
});

it('before the registry has been read names in the zones are SERVFAIL', async () => {
  const own = new ExplainScene({}, { isReady: false });
  expect(await own.gist('a.example.org A')).toEqual(['SERVFAIL', 'rule', 'zone', 'not-ready']);
});

it('what was known of a registry that is out of reach is told with short TTLs, and in the end not at all', async () => {
  const own = new ExplainScene({ '/skydns/org/example/a': { host: '10.0.0.1' } });
  own.desk.contents.zones.setStaleTtl(5);
  const stale = await own.explain('a.example.org A');
  expect(stale.answer).toMatchObject({ rcode: 'NOERROR', error: { code: 3, text: 'Stale Answer' } });
  expect(await own.why('a.example.org A', 'stale')).toMatch(/TTLs of at most 5 s/);
  own.desk.contents.zones.setStaleTtl(2 ** 32 - 1);
  const [summary, , ...codes] = await own.gist('a.example.org A');
  expect([summary, codes[1]]).toEqual(['SERVFAIL', 'stale-expired']);
});

it('foreign text is quoted', async () => {
  const own = new ExplainScene({
    '/skydns/org/example/a': { host: '10.0.0.1', group: 'one' },
    '/skydns/org/example/a/b': { host: '10.0.0.2', group: 'x\u001b[2J' },
  });
  expect(await own.why('a.example.org A', 'group')).toContain('"x\\u001b[2J"');
  const odd = await own.explain('a\\027.example.org A');
  expect(JSON.stringify(odd)).not.toMatch(/\\u001b\[/);
  expect(odd.question.name).toBe('a\\027.example.org.');
});

describe('a service that is served all the same', () => {
  const own = () => new ExplainScene({ '/skydns/org/example/a/1': { host: '10.0.0.1' } });

  it('because its value turned bad', async () => {
    const scene = own();
    const { contents } = scene.desk;
    contents.apply({
      revision: 8,
      changes: [{ kind: 'put', entry: entry('/skydns/org/example/a/1', 'bad', 8) }],
    });
    expect(await scene.gist('a.example.org A')).toEqual([
      'NOERROR, 1 record',
      'computed',
      'zone',
      'services',
      'quarantined',
      'computed',
    ]);
    const { services, bad } = await scene.explain('a.example.org A');
    expect(services).toMatchObject([{ state: 'quarantined', revision: 1 }]);
    expect(bad).toMatchObject([{ revision: 8, servedRevision: 1 }]);
  });

  it('because most of a name was lost at once', async () => {
    const scene = own();
    const { contents } = scene.desk;
    const labels = ['org', 'example', 'a', '1'];
    const stored = contents.tree.exact(labels)!.services()[0]!;
    const key = '/skydns/org/example/a/1';
    contents.apply({ revision: 8, changes: [{ kind: 'delete', key, revision: 8 }] });
    contents.hold({ key, labels, stored, certain: true }, 5);
    const held = await scene.explain('a.example.org A');
    expect(held.services).toMatchObject([{ state: 'held', ttl: 5 }]);
    expect(held.answer.error).toMatchObject({ code: 3 });
    expect(held.reasons.map(({ code }) => code)).toContain('held');
  });
});
