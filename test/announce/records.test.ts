// What an announcement writes, and what servers answer with it.
import { describe, expect, it } from 'vitest';
import { type Announced, instanceLabel, recordsOf, reverseName } from '../../src/announce/records.ts';
import { isProblem } from '../../src/service/problem.ts';
import { Fixture, PREFIX } from '../support/zone-fixture.ts';

const owner = { id: 'abc', machine: 'def', pid: 7, start: '9' };
const web = (label: string, host: string, more: Partial<Announced> = {}): Announced => ({
  ...{ name: 'web.example.org', label, host, port: 80 },
  ...more,
});

function values(announced: Announced): Record<string, unknown> {
  const records = recordsOf(PREFIX, announced, owner);
  if (isProblem(records)) throw new Error(records.problem);
  return Object.fromEntries(records.map(({ key, value }) => [key, JSON.parse(value)]));
}

/** A zone with these instances. */
function zone(...all: Announced[]): Fixture {
  const records = Object.assign({}, ...all.map(values)) as Record<string, object>;
  const fixture = new Fixture(['example.org', '10.in-addr.arpa', 'd.f.ip6.arpa']).load(records);
  expect(fixture.bad).toEqual([]);
  return fixture;
}

describe('the label of an instance', () => {
  it.each([
    ['web1', 80, 'web1-80'],
    ['Web1.Example.Org', 8080, 'web1-example-org-8080'],
    ['ü box', 1, 'box-1'],
    ['', 80, 'instance-80'],
    ['a'.repeat(100), 65535, `${'a'.repeat(57)}-65535`],
  ])('of %j and port %i is %s', (machine, port, label) => {
    expect(instanceLabel(machine, port)).toBe(label);
  });
});

describe('an announcement', () => {
  it('is one record with its owner; what is not given is not there', () => {
    expect(values(web('a', '10.0.0.1'))).toEqual({
      '/skydns/org/example/web/a': { host: '10.0.0.1', port: 80, announcer: owner },
    });
    const all = { priority: 1, weight: 2, text: 't', ttl: 3, group: 'g', mail: true };
    expect(values(web('a', 'db.example.net', all))).toEqual({
      '/skydns/org/example/web/a': { host: 'db.example.net', port: 80, ...all, announcer: owner },
    });
  });

  it('answers like any service', () => {
    const fixture = zone(
      web('a', '10.0.0.1', { weight: 30, text: 'hi' }),
      web('b', 'fd00::2', { weight: 10 }),
    );
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.1']);
    expect(fixture.ask('web.example.org TXT')).toEqual(['web.example.org. 30 TXT "hi"']);
    expect(fixture.ask('web.example.org SRV')).toEqual(
      expect.arrayContaining([
        'web.example.org. 30 SRV 10 75 80 a.web.example.org.',
        'web.example.org. 30 SRV 10 25 80 b.web.example.org.',
      ]),
    );
  });

  it('with --srv answers at that name too, with a host name as target, and not twice at the plain name', () => {
    const srv = ['_http._tcp'];
    const fixture = zone(web('a', '10.0.0.1', { srv }), web('b', '10.0.0.2', { srv }), web('c', '10.0.0.3'));
    const targets = (...labels: string[]) =>
      labels.flatMap((label, i) => [
        expect.stringMatching(` 80 ${label}\\.web\\.example\\.org\\.$`),
        expect.stringContaining(`10.0.0.${i + 1}`),
      ]);
    const service = fixture.ask('_http._tcp.web.example.org SRV');
    expect(service).toHaveLength(4);
    expect(service).toEqual(expect.arrayContaining(targets('a', 'b')));
    const plain = fixture.ask('web.example.org SRV');
    expect(plain).toHaveLength(6);
    expect(plain).toEqual(expect.arrayContaining(targets('a', 'b', 'c')));
    expect(fixture.ask('web.example.org A').sort()).toEqual(
      [1, 2, 3].map((i) => `web.example.org. 30 A 10.0.0.${i}`),
    );
    expect(fixture.ask('web.example.org CNAME')).toEqual(['NODATA']);
  });

  it('with --srv and a group keeps that group', () => {
    const srv = ['_http._tcp', '_https._tcp'];
    const fixture = zone(web('a', '10.0.0.1', { srv, group: 'blue' }));
    expect(fixture.ask('web.example.org A')).toEqual(['web.example.org. 30 A 10.0.0.1']);
    expect(fixture.ask('_https._tcp.web.example.org SRV')[0]).toMatch(
      / SRV 10 100 80 a\.web\.example\.org\.$/,
    );
    expect(values(web('a', '10.0.0.1', { srv, group: 'blue' }))).toMatchObject({
      '/skydns/org/example/web/a': { group: 'blue' },
    });
  });

  it('with --reverse has a PTR record, one for each that shares the address', () => {
    const all = ['a', 'b'].map((label, i) => web(label, '10.0.0.1', { port: 80 + i, reverse: true }));
    const fixture = zone(...all, web('c', 'fd00::1', { reverse: true, ttl: 7 }));
    expect(fixture.ask('1.0.0.10.in-addr.arpa PTR').sort()).toEqual([
      '1.0.0.10.in-addr.arpa. 30 PTR a.web.example.org.',
      '1.0.0.10.in-addr.arpa. 30 PTR b.web.example.org.',
    ]);
    const reverse = reverseName('fd00::1');
    expect(reverse).toBe('1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa');
    expect(fixture.ask(`${reverse} PTR`)).toEqual([`${reverse}. 7 PTR c.web.example.org.`]);
  });

  it('of the same label under another name has a PTR record of its own', () => {
    const fixture = zone(
      web('a', '10.0.0.1', { reverse: true }),
      web('a', '10.0.0.1', { name: 'Api.example.org.', reverse: true }),
    );
    expect(fixture.ask('1.0.0.10.in-addr.arpa PTR').sort()).toEqual([
      '1.0.0.10.in-addr.arpa. 30 PTR a.api.example.org.',
      '1.0.0.10.in-addr.arpa. 30 PTR a.web.example.org.',
    ]);
  });

  it.each([
    [web('a.b', '::1'), '"a.b" is not one label'],
    [web('', '::1'), '"" is not one label'],
    [web('a'.repeat(64), '::1'), 'label over 63 bytes'],
    [web('a', 'no host'), 'host: "no host"'],
    [web('a', '::1', { srv: ['_http'] }), '"_http" is no service and protocol'],
    [web('a', '::1', { text: 'x'.repeat(64_001) }), 'text: '],
    [web('a', 'b.example.org', { reverse: true }), 'a PTR record needs an address'],
    [web('a', '::1', { name: 'a/b' }), '"a/b" cannot be a part of a key'],
  ])('%j is refused', (announced, problem) => {
    expect(recordsOf(PREFIX, announced, owner)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
