// What a client is told: rcodes, header bits, EDNS, CHAOS, before the first list and after (design section 3).
import { describe, expect, it } from 'vitest';
import { linesOfMessage, rcodeOf } from '../support/zone-text.ts';
import { header, opt, question, wire } from '../wire/packets.ts';
import { Desk, packet } from './desk.ts';

const records = {
  '/skydns/org/example/web/1': { host: '10.0.0.1', port: 80 },
  '/skydns/org/example/web/2': { host: '10.0.0.2', port: 80 },
};
const SOA = '@ example.org. 10 SOA ns.dns.example.org. hostmaster.example.org. 7 7200 1800 86400 10';
const desk = new Desk(records);
const told = (request: Uint8Array) => linesOfMessage(desk.message(request));
const wwwA = question(wire('web', 'example', 'org'));

describe('answers', () => {
  it.each<[string, string[]]>([
    ['web.example.org A', ['web.example.org. 30 A 10.0.0.1', 'web.example.org. 30 A 10.0.0.2']],
    ['web.example.org MX', [SOA]],
    ['none.example.org A', ['NXDOMAIN', SOA]],
    ['*.none.example.org A', [SOA]],
    ['example.org A', [SOA]],
    ['example.org SOA', [SOA.slice(2).replace(' 10 SOA', ' 30 SOA')]],
    ['web.example.org ANY', ['web.example.org. 30 HINFO "RFC8482" ""']],
    ['web.example.org TYPE65280', [SOA]],
    ['www.example.com A', ['REFUSED']],
    ['. NS', ['REFUSED']],
  ])('%s', (text, lines) => {
    // Twice: computed, then from the table.
    for (let i = 0; i < 2; i++) expect(desk.ask(text).sort()).toEqual([...lines].sort());
  });
  it('the serial is that of the moment, also in answers that were kept', () => {
    const own = new Desk(records);
    own.ask('example.org SOA');
    own.ask('web.example.org MX');
    own.contents.zones.setSerial(own.contents.zones.all[0]!, 4_294_967_295);
    expect(own.ask('example.org SOA')[0]).toContain(' 4294967295 ');
    expect(own.ask('web.example.org MX')[0]).toContain(' 4294967295 ');
    expect(own.ask('none.example.org MX')[1]).toContain(' 4294967295 ');
  });
});

describe('before the first whole list', () => {
  const early = new Desk(records, { isReady: false });
  it.each([
    ['web.example.org A', 'SERVFAIL'],
    ['none.example.org A', 'SERVFAIL'],
    ['example.org SOA', 'SERVFAIL'],
    ['www.example.com A', 'REFUSED'],
    ['example.org AXFR', 'REFUSED'],
  ])('%s: %s', (text, rcode) => {
    expect(early.ask(text)).toEqual([rcode]);
    expect(early.table.count).toBe(0);
  });
  it('clients with EDNS are told why (RFC 8914 4.15)', () => {
    const edns = early.bytes(packet('web.example.org A', 1232));
    expect(edns.subarray(-6)).toEqual(Uint8Array.of(0, 15, 0, 2, 0, 14));
  });
  it('and then the answer', () => {
    early.contents.listed(3);
    early.answerer.ready();
    expect(early.ask('web.example.org A')).toHaveLength(2);
  });
});

describe('what may not be asked', () => {
  it.each([
    ['AXFR', 'REFUSED'],
    ['IXFR', 'REFUSED'],
    ['OPT', 'FORMERR'],
    ['TSIG', 'FORMERR'],
    ['TKEY', 'NOTIMP'],
    ['MAILA', 'NOTIMP'],
    ['MAILB', 'NOTIMP'],
  ])('type %s: %s', (type, rcode) => {
    for (const owner of ['web.example.org', 'none.example.org', 'example.org'])
      expect(told(packet(`${owner} ${type}`))).toEqual([rcode]);
  });
  it.each([
    ['HS', 4],
    ['NONE', 254],
    ['ANY', 255],
    ['CS', 2],
    ['0', 0],
  ])('class %s: REFUSED', (_name, rrClass) => {
    expect(told(packet('web.example.org A', undefined, rrClass))).toEqual(['REFUSED']);
  });
  it('two questions: FORMERR (RFC 9619)', () => {
    const two = Uint8Array.from([...header({ counts: [2, 0, 0, 0] }), ...wwwA, ...wwwA]);
    expect(told(two)).toEqual(['FORMERR']);
  });
  it('no question: FORMERR', () => {
    expect(told(Uint8Array.from(header({ counts: [0, 0, 0, 0] })))).toEqual(['FORMERR']);
  });
  it('an opcode other than QUERY: NOTIMP, the opcode copied', () => {
    for (const opcode of [1, 2, 4, 5, 15]) {
      const reply = desk.message(Uint8Array.from([...header({ flags: opcode << 11 }), ...wwwA]));
      expect([rcodeOf(reply), (reply.flags >>> 11) & 15]).toEqual(['NOTIMP', opcode]);
    }
  });
  it('a reply, or less than a header: nothing at all', () => {
    expect(desk.bytes(Uint8Array.from([...header({ flags: 0x8000 }), ...wwwA]))).toHaveLength(0);
    expect(desk.bytes(Uint8Array.from(header().slice(0, 11)))).toHaveLength(0);
    expect(desk.bytes(new Uint8Array(0))).toHaveLength(0);
    expect(desk.counted.dropped).toBe(3);
  });
});

describe('header and question', () => {
  it('ID, RD, CD and the case of the question are echoed; AA for zone data; no RA, TC, Z or AD', () => {
    const request = Uint8Array.from([
      ...header({ id: 0x1234, flags: 0x0130 | 0x0040 }),
      ...question(wire('wEb', 'EXAMPLE', 'oRg')),
    ]);
    for (let i = 0; i < 2; i++) {
      const bytes = desk.bytes(request);
      expect([...bytes.subarray(0, 4)]).toEqual([0x12, 0x34, 0x85, 0x10]);
      expect([...bytes.subarray(12, request.length)]).toEqual([...request.subarray(12)]);
    }
    expect(desk.bytes(packet('www.example.com A'))[2]! & 4).toBe(0);
    expect(desk.bytes(packet('none.example.org A'))[2]! & 4).toBe(4);
  });
  it('what is malformed gets FORMERR with what can be echoed', () => {
    const cut = Uint8Array.from([...header(), ...wire('web', 'example', 'org'), 0, 1]);
    expect([...desk.bytes(cut)]).toEqual([0xbe, 0xef, 0x81, 0x01, 0, 0, 0, 0, 0, 0, 0, 0]);
    const behind = Uint8Array.from([...header(), ...wwwA, 0xff]);
    expect([...desk.bytes(behind)]).toEqual([0xbe, 0xef, 0x81, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, ...wwwA]);
  });
});

describe('EDNS', () => {
  const withOpt = (parts: Parameters<typeof opt>[0]) =>
    Uint8Array.from([...header({ counts: [1, 0, 0, 1] }), ...wwwA, ...opt(parts)]);
  const optOf = (request: Uint8Array) =>
    desk.message(request).additional.filter(({ rdata }) => rdata.type === 'unknown');
  it('no OPT in the reply to a query without one, one in the reply to a query with one', () => {
    expect(optOf(packet('web.example.org A'))).toEqual([]);
    for (const text of ['web.example.org A', 'none.example.org A', 'www.example.com A', 'example.org AXFR'])
      expect(optOf(packet(text, 4096))).toMatchObject([{ class: 1232, rdata: { code: 41 } }]);
  });
  it('version other than 0: BADVERS, version 0 in the reply (RFC 6891 6.1.3)', () => {
    const reply = desk.message(withOpt({ version: 1 }));
    expect(linesOfMessage(reply)).toEqual(['BADVERS']);
    expect(reply.additional[0]?.ttl).toBe(0x01000000);
  });
  it('DO is copied, other flags and options are not', () => {
    expect(optOf(withOpt({ flags: 0xffff }))).toMatchObject([
      { ttl: 0x8000, rdata: { data: new Uint8Array(0) } },
    ]);
  });
});

describe('class CH (RFC 4892)', () => {
  const ask = (text: string, own = desk) => linesOfMessage(own.message(packet(text, undefined, 3)));
  it.each([
    ['version.bind TXT', 'version.bind. 0 TXT "fingerpost 1.2.3"'],
    ['VERSION.server TXT', 'version.server. 0 TXT "fingerpost 1.2.3"'],
    ['hostname.bind TXT', 'hostname.bind. 0 TXT "host-1"'],
    ['id.server ANY', 'id.server. 0 TXT "host-1"'],
    ['authors.bind TXT', 'REFUSED'],
    ['version.bind A', 'REFUSED'],
    ['web.example.org TXT', 'REFUSED'],
  ])('%s', (text, line) => {
    expect(ask(text)).toEqual([line]);
  });
  it('can be turned off', () => {
    const off = new Desk({}, { answerer: { version: undefined, serverId: undefined } });
    for (const name of ['version.bind', 'id.server']) expect(ask(`${name} TXT`, off)).toEqual(['REFUSED']);
  });
});
