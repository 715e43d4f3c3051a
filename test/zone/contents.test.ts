// What the zones hold: lists, changes, records that cannot be used (issue 2, point 2; design section 5).
import { describe, expect, it } from 'vitest';
import type { Dependent } from '../../src/zone/node.ts';
import { entry, Fixture } from '../support/zone-fixture.ts';

const A1 = { host: '10.0.0.1' };
const A2 = { host: '10.0.0.2' };
const web = (last: string) => `/skydns/org/example/web/${last}`;

/** Hangs an answer on what a question read, as a cache does. */
function keep(fixture: Fixture, question: string): Dependent {
  const outcome = fixture.outcome(question);
  if (outcome.kind === 'nxdomain' || outcome.kind === 'external') throw new RangeError(question);
  const kept = { reads: outcome.reads };
  fixture.contents.tree.hang(kept);
  return kept;
}

describe('records that cannot be used', () => {
  const bad: readonly (readonly [string, string, RegExp])[] = [
    [web('x'), 'not JSON', /^not JSON: /],
    [web('x'), '', /^not JSON: /],
    [web('x'), '[]', /not a JSON object/],
    [web('x'), '"10.0.0.1"', /not a JSON object/],
    [web('x'), '{"host":7}', /^host: 7 is not/],
    [web('x'), '{"host":"10.0.0.1","port":70000}', /^port: 70000 is not/],
    [web('x'), '{"host":"10.0.0.1","port":"80"}', /^port: "80" is not/],
    [web('x'), '{"host":"two words"}', /^host: "two words" is not/],
    [web('x'), '{"host":"a..b"}', /^host: "a..b" \(empty label\) is not/],
    [web('x'), '{"host":"10 5 5060 sip.example.org."}', /^host: /],
    [web('x'), '{"host":"10.0.0.256"}', /^host: /],
    [web('x'.repeat(64)), '{}', /label over 63 bytes/],
    [web(Array(50).fill('abcd').join('/')), '{}', /name over 255 bytes/],
    [web('a//b'), '{}', /empty label/],
    [web('a.b'), '{}', /a dot/],
  ];
  it.each(bad)('%s %s is left out alone', (key, value, problem) => {
    const fixture = new Fixture().list([entry(web('1'), A1), entry(key, value), entry(web('2'), A2)]);
    expect(fixture.ask('web.example.org A')).toHaveLength(2);
    expect(fixture.bad).toMatchObject([{ key, revision: 1, problem: expect.stringMatching(problem) }]);
    expect([...fixture.contents.bad.keys()]).toEqual([key]);
    expect(fixture.contents.services).toBe(2);
  });
  it('a name of 255 bytes is served', () => {
    const labels = ['a', 'b', 'c'].map((letter) => letter.repeat(60));
    const key = web([...labels, 'd'.repeat(54)].join('/'));
    const fixture = new Fixture().list([entry(key, A1)]);
    expect(fixture.bad).toEqual([]);
    expect(
      fixture.ask(`${'d'.repeat(54)}.${[...labels].reverse().join('.')}.web.example.org A`),
    ).toHaveLength(1);
  });
  it('its name does not exist', () => {
    const fixture = new Fixture().load({ [web('x')]: 'not JSON' });
    expect(fixture.ask('x.web.example.org A')).toEqual(['NXDOMAIN']);
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
  });
  it('is told once for each revision, and leaves the list when mended or removed', () => {
    const fixture = new Fixture().load({ [web('1')]: 'bad', [web('2')]: 'bad' });
    fixture.apply({ [web('1')]: 'still bad' });
    expect(fixture.bad.map(({ key, revision }) => `${key} ${revision}`)).toEqual([
      `${web('1')} 1`,
      `${web('2')} 1`,
      `${web('1')} 2`,
    ]);
    fixture.apply({ [web('1')]: A1, [web('2')]: undefined });
    expect(fixture.contents.bad.size).toBe(0);
    expect(fixture.bad).toHaveLength(3);
  });
  it('a list that names it again at the same revision does not tell it again', () => {
    const entries = [entry(web('1'), 'bad', 3), entry(web('2'), 'bad', 4)];
    const fixture = new Fixture().list(entries, 5).list(entries, 6);
    expect(fixture.bad).toHaveLength(2);
    fixture.list([entry(web('1'), 'worse', 7)], 8);
    expect(fixture.bad).toHaveLength(3);
    expect([...fixture.contents.bad.keys()]).toEqual([web('1')]);
  });
  it('... nor does a first list that is broken off and begun again', () => {
    const fixture = new Fixture();
    fixture.contents.listing();
    fixture.contents.page([entry(web('1'), 'bad', 3), entry(web('2'), A2, 3)]);
    fixture.list([entry(web('1'), 'bad', 3)], 5);
    expect(fixture.bad).toHaveLength(1);
  });
});

describe('keys outside all zones', () => {
  it('are counted, are no mistake, and harm nothing', () => {
    const fixture = new Fixture().load({ '/skydns/com/other/a': A1, '/skydns/org/a': A1, [web('1')]: A1 });
    expect([fixture.contents.outside, fixture.contents.services, fixture.bad.length]).toEqual([2, 1, 0]);
    fixture.apply({ '/skydns/com/other/a': A2, '/skydns/com/other/b': A2 });
    expect(fixture.contents.outside).toBe(3);
    fixture.apply({ '/skydns/com/other/a': undefined, '/skydns/com/other/b': 'not JSON' });
    expect([fixture.contents.outside, fixture.contents.bad.size]).toEqual([1, 1]);
    fixture.list([entry(web('1'), A1)]);
    expect([fixture.contents.outside, fixture.contents.bad.size, fixture.contents.services]).toEqual([
      0, 0, 1,
    ]);
  });
});

describe('leases', () => {
  it('the TTL is the smaller one of its own and the granted TTL of the lease', () => {
    const fixture = new Fixture().list([
      entry('/skydns/org/example/a', A1, 1, 10),
      entry('/skydns/org/example/b', A1, 1, 60),
      entry('/skydns/org/example/c', { ...A1, ttl: 300 }, 1, 60),
      entry('/skydns/org/example/d', { ...A1, ttl: 5 }, 1, 60),
    ]);
    const ttls = ['a', 'b', 'c', 'd'].map((name) => fixture.ask(`${name}.example.org A`)[0]?.split(' ')[1]);
    expect(ttls).toEqual(['10', '30', '60', '5']);
  });
  it('a key that gains or loses its lease changes its answers', () => {
    const fixture = new Fixture().list([entry(web('1'), A1, 1, 10)]);
    keep(fixture, 'web.example.org A');
    fixture.list([entry(web('1'), A1, 2)]);
    expect(fixture.dropped).toHaveLength(1);
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.1']);
  });
});

describe('lists', () => {
  const first = () => new Fixture().list([entry(web('1'), A1, 1), entry(web('2'), A2, 2)], 5);
  it('a second list is diffed: what is unchanged drops no answers', () => {
    const fixture = first();
    keep(fixture, 'web.example.org A');
    fixture.list([entry(web('1'), A1, 1), entry(web('2'), A2, 2)], 9);
    expect(fixture.dropped).toEqual([]);
    fixture.list([entry(web('1'), A1, 1), entry(web('2'), A2, 11)], 12);
    expect(fixture.dropped).toEqual([]);
    expect([fixture.contents.services, fixture.contents.revision]).toEqual([2, 12]);
  });
  it('what it does not name goes, what differs changes', () => {
    const fixture = first();
    const kept = keep(fixture, 'web.example.org A');
    fixture.list([entry(web('2'), { host: '10.0.0.9' }, 7)], 9);
    expect(fixture.dropped).toEqual([kept]);
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.9']);
    expect(fixture.ask('1.web.example.org A')).toEqual(['NXDOMAIN']);
  });
  it('its differences take effect together, when it is whole', () => {
    const fixture = first();
    fixture.contents.listing();
    fixture.contents.page([entry(web('1'), { host: '10.0.0.9' }, 7)]);
    expect(fixture.ask('web.example.org A')).toHaveLength(2);
    expect(fixture.ask('1.web.example.org A')).toEqual(['1.web.example.org. 30 A 10.0.0.1']);
    fixture.contents.listed(9);
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.9']);
  });
  it('one that is broken off and followed by another leaves no trace', () => {
    const fixture = first();
    fixture.contents.listing();
    fixture.contents.page([entry(web('1'), { host: '10.0.0.9' }, 7), entry(web('3'), A1, 8)]);
    fixture.list([entry(web('2'), A2, 2)], 12);
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.2']);
    expect(fixture.contents.services).toBe(1);
  });
  it('... also the very first one', () => {
    const fixture = new Fixture();
    fixture.contents.listing();
    fixture.contents.page([entry(web('1'), A1, 1), entry(web('2'), A2, 2), entry('/skydns/com/x', A1)]);
    fixture.list([entry(web('2'), { host: '10.0.0.9' }, 4), entry(web('3'), A1, 3)], 6);
    expect(fixture.ask('web.example.org A').sort()).toEqual([
      'web.example.org. 30 A 10.0.0.1',
      'web.example.org. 30 A 10.0.0.9',
    ]);
    expect(fixture.ask('1.web.example.org A')).toEqual(['NXDOMAIN']);
    expect([fixture.contents.services, fixture.contents.outside]).toEqual([2, 0]);
  });
  it('an empty one empties the zones', () => {
    const fixture = first().list([]);
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
    expect(fixture.contents.services).toBe(0);
  });
});

describe('changes', () => {
  it('all of a batch count, the last one of a key for good', () => {
    const fixture = new Fixture().load({});
    const put = (last: string, value: object) => ({
      kind: 'put' as const,
      entry: entry(web(last), value, 2),
    });
    fixture.contents.apply({
      revision: 2,
      changes: [put('1', A1), put('2', A2), { kind: 'delete', key: web('1'), revision: 2 }, put('2', A1)],
    });
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.1']);
    expect(fixture.ask('1.web.example.org A')).toEqual(['NXDOMAIN']);
    expect(fixture.contents.revision).toBe(2);
  });
  it('deleting what is not there does nothing', () => {
    const fixture = new Fixture().load({ [web('1')]: A1 });
    fixture.apply({
      [web('2')]: undefined,
      [web('1/x')]: undefined,
      '/other/x': undefined,
      '/skydns/a..b': undefined,
    });
    expect(fixture.contents.services).toBe(1);
  });
  it('a value written again unchanged drops no answers', () => {
    const fixture = new Fixture().load({ [web('1')]: A1 });
    keep(fixture, 'web.example.org A');
    fixture.apply({ [web('1')]: { host: '10.0.0.1', weight: 0, unknown: true } });
    expect(fixture.dropped).toEqual([]);
  });
  it('of two keys that differ in case only, each goes by itself', () => {
    const fixture = new Fixture().load({ [web('x')]: A1, [web('X')]: A2 });
    fixture.apply({ [web('x')]: undefined });
    expect(fixture.ask('x.web.example.org A')).toEqual(['x.web.example.org. 30 A 10.0.0.2']);
    fixture.apply({ [web('x')]: { host: '10.0.0.3' }, [web('X')]: undefined });
    expect(fixture.ask('x.web.example.org A')).toEqual(['x.web.example.org. 30 A 10.0.0.3']);
  });
});

describe('names begin and cease to exist', () => {
  const told = (fixture: Fixture, act: () => void): string[] => {
    fixture.names.length = 0;
    act();
    return fixture.names;
  };
  it('with their keys; an apex always is, and so are the names above it', () => {
    const fixture = new Fixture(['example.org', 'a.b.example.org']);
    expect(fixture.names).toEqual(['+ org.', '+ example.org.', '+ b.example.org.', '+ a.b.example.org.']);
    expect(told(fixture, () => fixture.load({ [web('1')]: A1, '/skydns/org/example/b/a/x': A1 }))).toEqual([
      '+ web.example.org.',
      '+ 1.web.example.org.',
      '+ x.a.b.example.org.',
    ]);
    expect(told(fixture, () => fixture.list([]))).toHaveLength(3);
    expect(fixture.names.sort()).toEqual([
      '- 1.web.example.org.',
      '- web.example.org.',
      '- x.a.b.example.org.',
    ]);
  });
  it('a name whose service changes exists all the while', () => {
    const fixture = new Fixture().load({ [web('1')]: A1 });
    expect(told(fixture, () => fixture.apply({ [web('1')]: A2 }))).toEqual([]);
    expect(told(fixture, () => fixture.list([entry(web('1'), A1, 9)]))).toEqual([]);
  });
  it('and so does one that loses a key and gets another in the same revision', () => {
    const fixture = new Fixture().load({ [web('1')]: A1 });
    const names = told(fixture, () => fixture.apply({ [web('1')]: undefined, [web('2')]: A1 }));
    expect(names).toEqual(['+ 2.web.example.org.', '- 1.web.example.org.']);
    expect(told(fixture, () => fixture.list([entry(web('3'), A1)]))).toEqual([
      '+ 3.web.example.org.',
      '- 2.web.example.org.',
    ]);
  });
});

describe('a change drops the answers that it makes untrue, and no others', () => {
  const records = {
    [web('1')]: A1,
    '/skydns/org/example/db/1': A2,
    '/skydns/org/example/www': { host: 'web.example.org' },
    '/skydns/org/example/api/1': { host: 'db.example.org', port: 1 },
    '/skydns/org/example/w/*': A1,
    '/skydns/org/example/w/x/y': A1,
    '/skydns/org/example/to/star': { host: 'any-name.w.example.org' },
    '/skydns/org/example/deep/a/b/c': A1,
  };
  const questions = [
    'web.example.org A',
    '1.web.example.org AAAA',
    'db.example.org A',
    '1.db.example.org SRV',
    'www.example.org A',
    'api.example.org SRV',
    'x.w.example.org A',
    'star.to.example.org A',
    'deep.example.org A',
    'b.a.deep.example.org TXT',
    '*.deep.example.org A',
  ];
  const changes: readonly (readonly [string, object | undefined, ...string[]])[] = [
    [web('1'), A2, 'web.example.org A', '1.web.example.org AAAA', 'www.example.org A'],
    [web('2'), A2, 'web.example.org A', 'www.example.org A'],
    [
      '/skydns/org/example/db/1',
      undefined,
      'db.example.org A',
      '1.db.example.org SRV',
      'api.example.org SRV',
    ],
    ['/skydns/org/example/other', A1],
    ['/skydns/org/example/w/x/y', undefined, 'x.w.example.org A', 'star.to.example.org A'],
    ['/skydns/org/example/w/any-name', A2, 'star.to.example.org A'],
    [
      '/skydns/org/example/deep/a/b/c',
      A2,
      'deep.example.org A',
      'b.a.deep.example.org TXT',
      '*.deep.example.org A',
    ],
    ['/skydns/org/example/deep/x', A2, 'deep.example.org A', '*.deep.example.org A'],
    ['/skydns/com/outside', A1],
  ];
  it.each(changes.map(([key, value, ...dropped]) => ({ key, value, dropped })))(
    '$key',
    ({ key, value, dropped }) => {
      const fixture = new Fixture().load(records);
      const kept = new Map(questions.map((question) => [keep(fixture, question), question]));
      fixture.apply({ [key]: value });
      expect(fixture.dropped.map((dependent) => kept.get(dependent)).sort()).toEqual(dropped.sort());
    },
  );
});
