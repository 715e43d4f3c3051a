// How much fits: limits of UDP with and without EDNS, truncation, TCP, very many services, order and rotation.
import { Packet } from 'dns2';
import { describe, expect, it } from 'vitest';
import { linesOfMessage } from '../support/zone-text.ts';
import { Desk, packet } from './desk.ts';

function members(count: number, more: object = {}): Record<string, object> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `/skydns/org/example/web/m${i}`,
      { host: `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`, port: 80, ...more },
    ]),
  );
}

const isCut = (bytes: Uint8Array) => (bytes[2]! & 2) !== 0;

describe('limits', () => {
  const desk = new Desk(members(300));
  it.each([
    ['without EDNS 512', undefined, 512],
    ['EDNS with less than 512 counts as 512', 100, 512],
    ['the client’s size', 900, 900],
    ['never more than 1232', 4096, 1232],
  ])('%s', (_what, size, limit) => {
    const bytes = desk.bytes(packet('web.example.org A', size));
    expect(bytes.length).toBeLessThanOrEqual(limit);
    expect(bytes.length).toBeGreaterThan(limit - 16);
    expect(isCut(bytes)).toBe(true);
  });
  it('over TCP everything, without TC', () => {
    const bytes = desk.bytes(packet('web.example.org A'), 'tcp');
    expect(isCut(bytes)).toBe(false);
    expect(new Set(linesOfMessage(desk.message(packet('web.example.org A'), 'tcp'))).size).toBe(300);
  });
  it('additional records are left out first, whole RRsets at a time, and that is no truncation', () => {
    const small = new Desk(members(14));
    const bytes = small.bytes(packet('web.example.org SRV', 700));
    const { answers, additional } = small.message(packet('web.example.org SRV', 700));
    expect([answers.length, isCut(bytes)]).toEqual([14, false]);
    expect(additional.length).toBeGreaterThan(1);
    expect(additional.length).toBeLessThan(15);
    expect(linesOfMessage(small.message(packet('web.example.org SRV'), 'tcp'))).toHaveLength(28);
  });
  it('a record that does not fit at all leaves an empty answer with TC', () => {
    const long = new Desk({ '/skydns/org/example/note': { text: 'x'.repeat(2000) } });
    const reply = long.message(packet('note.example.org TXT', 1232));
    expect([reply.answers.length, reply.flags & 0x0200]).toEqual([0, 0x0200]);
    expect(long.message(packet('note.example.org TXT'), 'tcp').answers).toHaveLength(1);
  });
});

describe('50,000 services under one name', () => {
  const desk = new Desk(members(50_000));
  it.each(['A', 'SRV'])(
    '%s: TC over UDP, then as much as TCP can carry, and TC since that is not all',
    (type) => {
      expect(isCut(desk.bytes(packet(`web.example.org ${type}`)))).toBe(true);
      const bytes = desk.bytes(packet(`web.example.org ${type}`, 1232), 'tcp');
      expect(bytes.length).toBeLessThanOrEqual(65_535);
      expect(bytes.length).toBeGreaterThan(65_535 - 64);
      expect(isCut(bytes)).toBe(true);
      const { answers } = desk.message(packet(`web.example.org ${type}`), 'tcp');
      expect(answers.length).toBeGreaterThan(1500);
    },
  );
  it('a longest text and the longest name fit one message over TCP', () => {
    const labels = ['a', 'b', 'c'].map((letter) => letter.repeat(60));
    const owner = `${labels.toReversed().join('.')}.example.org`;
    const own = new Desk({ [`/skydns/org/example/${labels.join('/')}`]: { text: 'é'.repeat(32_000) } });
    expect(own.message(packet(`${owner} TXT`, 1232), 'tcp').answers).toHaveLength(1);
  });
});

describe('order', () => {
  const first = (desk: Desk, text: string) => desk.ask(text)[0]!;
  it.each(['A', 'SRV'])('%s rotates: every member comes first, none is lost', (type) => {
    const desk = new Desk(members(7));
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      seen.add(first(desk, `web.example.org ${type}`));
      expect(
        new Set(desk.ask(`web.example.org ${type}`).filter((line) => line.includes(` ${type} `))).size,
      ).toBe(7);
    }
    expect(seen.size).toBe(7);
  });
  it('what is cut over UDP rotates too, so that every member is seen', () => {
    const desk = new Desk(members(60));
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++)
      for (const line of linesOfMessage(desk.message(packet('web.example.org A')))) seen.add(line);
    expect(seen.size).toBe(60);
  });
  it('of several CNAMEs of one owner one is sent, each in its turn; the addresses behind all stay', () => {
    const desk = new Desk({
      '/skydns/org/example/x/1': { host: 'a.example.org' },
      '/skydns/org/example/x/2': { host: 'b.example.org' },
      '/skydns/org/example/x/3': { host: 'lb.example.net' },
      '/skydns/org/example/a': { host: '10.0.0.1' },
      '/skydns/org/example/b': { host: '10.0.0.2' },
    });
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const [cname = '', ...rest] = desk.ask('x.example.org A');
      seen.add(cname);
      expect(rest.sort()).toEqual(['a.example.org. 30 A 10.0.0.1', 'b.example.org. 30 A 10.0.0.2']);
      expect(desk.ask('x.example.org AAAA')).toEqual(['x.example.org. 30 CNAME lb.example.net.']);
    }
    expect([...seen].sort()).toEqual(
      ['a.example.org.', 'b.example.org.', 'lb.example.net.'].map(
        (target) => `x.example.org. 30 CNAME ${target}`,
      ),
    );
  });
  it('one CNAME, then its addresses, which rotate', () => {
    const desk = new Desk({ ...members(5), '/skydns/org/example/www': { host: 'web.example.org' } });
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const lines = desk.ask('www.example.org A');
      expect(lines[0]).toBe('www.example.org. 30 CNAME web.example.org.');
      seen.add(lines[1]!);
    }
    expect(seen.size).toBe(5);
  });
  it('a chain keeps its order', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`/skydns/org/example/c${i}`, { host: `c${i + 1}.example.org` }]),
    );
    const desk = new Desk({
      ...chain,
      '/skydns/org/example/c6/1': { host: '10.0.0.1' },
      '/skydns/org/example/c6/2': { host: '10.0.0.2' },
    });
    for (let i = 0; i < 20; i++) {
      const owners = desk.ask('c0.example.org A').map((line) => line.split('.')[0]);
      expect(owners).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c6']);
    }
  });
});

describe('another codec reads the same', () => {
  it('dns2', () => {
    const desk = new Desk({
      '/skydns/org/example/web/1': { host: '10.0.0.1', port: 80, mail: true, text: 'hello' },
      '/skydns/org/example/web/2': { host: 'db.example.org', port: 81 },
      '/skydns/org/example/db': { host: '2001:db8::1' },
    });
    const parse = (text: string) => Packet.parse(Buffer.from(desk.bytes(packet(text, 1232))));
    const srv = parse('web.example.org SRV');
    expect(
      srv.answers
        .map(({ target, port, weight, priority }) => ({ target, port, weight, priority }))
        .sort((a, b) => a.port! - b.port!),
    ).toEqual([
      { target: '1.web.example.org', port: 80, weight: 50, priority: 10 },
      { target: 'db.example.org', port: 81, weight: 50, priority: 10 },
    ]);
    const glue = srv.additionals.filter(({ type }) => type !== Packet.TYPE.EDNS);
    expect(glue.map(({ name, address }) => `${name} ${address}`).sort()).toEqual([
      '1.web.example.org 10.0.0.1',
      'db.example.org 2001:db8::1',
    ]);
    expect(parse('web.example.org MX').answers).toMatchObject([
      { exchange: '1.web.example.org', priority: 10 },
    ]);
    expect(parse('web.example.org AAAA').answers).toMatchObject([
      { name: 'web.example.org', domain: 'db.example.org' },
      { name: 'db.example.org', address: '2001:db8::1' },
    ]);
    expect(parse('none.example.org A').authorities).toMatchObject([
      {
        name: 'example.org',
        primary: 'ns.dns.example.org',
        admin: 'hostmaster.example.org',
        serial: 7,
        minimum: 10,
      },
    ]);
  });
});
