// A key that turns bad keeps its last good value, marked as such, until it is mended or removed (issue 5, point 5).
import { describe, expect, it } from 'vitest';
import { entry, Fixture } from '../support/zone-fixture.ts';

const A1 = { host: '10.0.0.1' };
const A2 = { host: '10.0.0.2' };
const key = '/skydns/org/example/web/1';
const other = '/skydns/org/example/web/2';
const OLD = ['web.example.org. 30 A 10.0.0.1'];

const turned = () => new Fixture().load({ [key]: A1 }).apply({ [key]: '{"port":-1}' });
const marks = ({ contents }: Fixture) =>
  [...contents.bad.values()].map(({ key, revision, kept }) => ({ key, revision, kept }));

describe('a key that turns bad', () => {
  it('keeps its last good value, is told and counted', () => {
    const fixture = turned();
    expect(fixture.ask('web.example.org A')).toEqual(OLD);
    expect(fixture.bad).toMatchObject([
      { key, revision: 2, kept: 1, problem: expect.stringMatching(/^port:/) },
    ]);
    expect(marks(fixture)).toEqual([{ key, revision: 2, kept: 1 }]);
    expect([fixture.contents.services, fixture.contents.quarantined]).toEqual([1, 1]);
  });
  it('drops no answers', () => {
    const fixture = new Fixture().load({ [key]: A1 });
    const outcome = fixture.outcome('web.example.org A');
    if (outcome.kind !== 'answer') throw new RangeError(outcome.kind);
    fixture.contents.tree.hang({ reads: outcome.reads });
    fixture.apply({ [key]: 'bad' });
    expect(fixture.dropped).toEqual([]);
  });
  it('... through further bad values, each told', () => {
    const fixture = turned().apply({ [key]: 'worse' });
    expect(fixture.ask('web.example.org A')).toEqual(OLD);
    expect(fixture.bad.map(({ revision, kept }) => [revision, kept])).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(fixture.contents.quarantined).toBe(1);
  });
  it('is mended by a good value, also by the same one again', () => {
    expect(
      turned()
        .apply({ [key]: A2 })
        .ask('web.example.org A'),
    ).toEqual(['web.example.org. 30 A 10.0.0.2']);
    const fixture = turned().apply({ [key]: A1 });
    expect(fixture.ask('web.example.org A')).toEqual(OLD);
    expect([fixture.contents.bad.size, fixture.contents.quarantined]).toEqual([0, 0]);
  });
  it('is gone when it is removed, and so is the mark', () => {
    const fixture = turned().apply({ [key]: undefined });
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
    expect([fixture.contents.bad.size, fixture.contents.quarantined, fixture.contents.services]).toEqual([
      0, 0, 0,
    ]);
    fixture.apply({ [key]: 'bad' });
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
    expect(marks(fixture)).toEqual([{ key, revision: 4, kept: undefined }]);
  });
  it('lives under the lease of the bad value', () => {
    const fixture = new Fixture().list([entry(key, A1, 1)]);
    fixture.contents.apply({ revision: 2, changes: [{ kind: 'put', entry: entry(key, 'bad', 2, 10) }] });
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 10 A 10.0.0.1']);
    fixture.contents.apply({ revision: 3, changes: [{ kind: 'put', entry: entry(key, 'bad', 3) }] });
    expect(fixture.ask('web.example.org A')).toEqual(OLD);
    expect(marks(fixture)).toEqual([{ key, revision: 3, kept: 1 }]);
  });
  it('outside all zones is only a bad key', () => {
    const fixture = new Fixture().load({ '/skydns/com/other': A1 }).apply({ '/skydns/com/other': 'bad' });
    expect([fixture.contents.outside, fixture.contents.quarantined]).toEqual([0, 0]);
    expect(marks(fixture)).toEqual([{ key: '/skydns/com/other', revision: 2, kept: undefined }]);
  });
});

describe('a list', () => {
  it('that names the bad value leaves quarantine as it was', () => {
    const fixture = turned();
    for (const revision of [5, 6]) {
      fixture.list([entry(key, '{"port":-1}', 2), entry(other, A2, 3)], revision);
      expect(fixture.ask('1.web.example.org A')).toHaveLength(1);
      expect(marks(fixture)).toEqual([{ key, revision: 2, kept: 1 }]);
    }
    expect(fixture.bad).toHaveLength(1);
  });
  it('in which a good value has turned bad puts it into quarantine', () => {
    const fixture = new Fixture().load({ [key]: A1 }).list([entry(key, 'bad', 7)], 9);
    expect(fixture.ask('web.example.org A')).toEqual(OLD);
    expect(marks(fixture)).toEqual([{ key, revision: 7, kept: 1 }]);
  });
  it('that has it mended, or does not name it, ends quarantine', () => {
    expect(turned().list([entry(key, A2, 3)], 4).contents.quarantined).toBe(0);
    const fixture = turned().list([], 4);
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
    expect([fixture.contents.bad.size, fixture.contents.services]).toEqual([0, 0]);
  });
  it('of an etcd that went back in time may mend it at the very revision that was bad', () => {
    expect(
      turned()
        .list([entry(key, A2, 2)], 3)
        .ask('web.example.org A'),
    ).toEqual(['web.example.org. 30 A 10.0.0.2']);
  });
});

describe('what is served', () => {
  const values = {
    [key]: { host: '10.0.0.1', port: 8080, priority: 5, weight: 7, ttl: 9, group: 'g', targetstrip: 1 },
    [other]: { text: 'ü "quoted"', mail: true },
    '/skydns/org/example/Straße/X': { host: 'fd00::1' },
    '/skydns/org/example/alias': { host: 'web.example.org' },
    '/skydns/org/example/leased': { host: '10.0.0.9', ttl: 0 },
  };
  const questions = ['web', 'Straße', 'alias', 'leased', '1.web'].flatMap((name) =>
    ['A', 'AAAA', 'SRV', 'TXT', 'MX'].map((type) => `${name}.example.org ${type}`),
  );
  it('is told as entries that make the same zone again, quarantine included', () => {
    const fixture = new Fixture().list(
      Object.entries(values).map(([k, v]) => entry(k, v, 3, k.endsWith('leased') ? 20 : 0)),
    );
    fixture.apply({ [key]: 'bad', '/skydns/org/example/never': 'bad' });
    const again = new Fixture();
    again.contents.listing();
    again.contents.page([...fixture.contents.served()].sort((a, b) => (a.key < b.key ? -1 : 1)));
    for (const bad of fixture.contents.bad.values()) again.contents.quarantine(bad);
    again.contents.listed(fixture.contents.revision);
    for (const question of questions)
      expect(again.ask(question).sort()).toEqual(fixture.ask(question).sort());
    expect(marks(again)).toEqual(marks(fixture));
    expect(again.contents.quarantined).toBe(1);
    expect(again.contents.services).toBe(Object.keys(values).length);
  });
  it('... and the mark is not taken over for another value', () => {
    const fixture = new Fixture().load({ [key]: A1 });
    fixture.contents.quarantine({ key, revision: 9, problem: '', kept: 5 });
    expect(fixture.contents.bad.size).toBe(0);
  });
});
