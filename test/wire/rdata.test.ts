// RDATA of every type: read as the RFCs draw it, refused where it does not fill its length.
import { describe, expect, test } from 'vitest';
import { readMessage, writeRecord } from '../../src/wire/message.ts';
import { type Rdata, typeOf } from '../../src/wire/rdata.ts';
import { Writer } from '../../src/wire/writer.ts';
import { header, name, pointer, question, record, u16, u32, wire } from './packets.ts';

/** A message with one answer: type and RDATA as given, owner the question's name. */
function answered(type: number, rdata: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...header({ flags: 0x8400, counts: [1, 1, 0, 0] }),
    ...question(wire('www', 'example'), type),
    ...record(pointer(12), type, rdata),
  ]);
}

describe('RDATA as RFC 1035, 2782 and 3596 draw it', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  test.each<[what: string, type: number, rdata: number[], value: Rdata]>([
    ['A', 1, [10, 0, 0, 1], { type: 1, address: bytes(10, 0, 0, 1) }],
    ['AAAA', 28, wire('0'.repeat(14)), { type: 28, address: Uint8Array.from(wire('0'.repeat(14))) }],
    ['NS', 2, wire('NS', 'example'), { type: 2, target: name('ns.example') }],
    ['CNAME, compressed', 5, pointer(16), { type: 5, target: name('example') }],
    ['PTR', 12, [1, 0x61, ...pointer(16)], { type: 12, target: name('a.example') }],
    ['MX', 15, [0, 10, ...pointer(12)], { type: 15, preference: 10, exchange: name('www.example') }],
    [
      'SRV',
      33,
      [...u16(10), ...u16(100), ...u16(8080), ...wire('a')],
      { type: 33, priority: 10, weight: 100, port: 8080, target: name('a') },
    ],
    [
      'SRV, compressed, as it is read all the same (RFC 2782)',
      33,
      [...u16(1), ...u16(2), ...u16(3), ...pointer(16)],
      { type: 33, priority: 1, weight: 2, port: 3, target: name('example') },
    ],
    [
      'TXT',
      16,
      [1, 0x61, 0, 2, 0x62, 0x63],
      { type: 16, strings: [bytes(0x61), bytes(), bytes(0x62, 0x63)] },
    ],
    ['HINFO', 13, [1, 0x61, 0], { type: 13, cpu: bytes(0x61), os: bytes() }],
    [
      'SOA',
      6,
      [...pointer(12), ...pointer(16), ...[0xffffffff, 1, 2, 3, 4].flatMap(u32)],
      {
        type: 6,
        mname: name('www.example'),
        rname: name('example'),
        serial: 0xffffffff,
        refresh: 1,
        retry: 2,
        expire: 3,
        minimum: 4,
      },
    ],
    ['an unknown type (RFC 3597)', 65280, [1, 2, 3], { type: 'unknown', code: 65280, data: bytes(1, 2, 3) }],
    ['an unknown type of no bytes', 65280, [], { type: 'unknown', code: 65280, data: bytes() }],
  ])('%s', (_, type, rdata, value) => {
    const answer = readMessage(answered(type, rdata))?.answers[0];
    expect(answer).toEqual({ owner: name('www.example'), class: 1, ttl: 30, rdata: value });
    expect(typeOf(value)).toBe(type);
  });

  test.each<[what: string, type: number, rdata: number[]]>([
    ['an A of three bytes', 1, [10, 0, 0]],
    ['an A of five bytes', 1, [10, 0, 0, 1, 0]],
    ['an AAAA of four bytes', 28, [10, 0, 0, 1]],
    ['a CNAME of no bytes', 5, []],
    ['a CNAME with more behind it', 5, [...wire('a'), 0]],
    ['a CNAME without its root label', 5, [1, 0x61]],
    ['an MX without a name', 15, [0, 10]],
    ['an SRV without a name', 33, [0, 1, 0, 2, 0, 3]],
    ['a TXT of no strings (RFC 1035 3.3.14)', 16, []],
    ['a TXT whose string passes its end', 16, [3, 0x61]],
    ['an HINFO of one string', 13, [1, 0x61]],
    ['an SOA of four numbers', 6, [0, 0, ...[1, 2, 3, 4].flatMap(u32)]],
  ])('%s makes the message unreadable', (_, type, rdata) => {
    expect(readMessage(answered(type, rdata))).toBeUndefined();
  });
});

test('a target of SRV is never compressed (RFC 2782), other names are', () => {
  const asked = name('a.example');
  const lengths = ([2, 5, 12, 33] as const).map((type) => {
    const writer = new Writer(new Uint8Array(200), 100);
    writer.compressAgainst(asked);
    const ports = { priority: 1, weight: 1, port: 1 };
    writeRecord(
      writer,
      asked,
      1,
      30,
      type === 33 ? { type, ...ports, target: asked } : { type, target: asked },
    );
    return writer.at - 100 - 12;
  });
  expect(lengths).toEqual([2, 2, 2, 6 + 11]);
});

test('RDATA that ends before its length hides no second record', () => {
  const hidden = record(pointer(12), 1, [10, 0, 0, 2]);
  const bytes = [
    ...header({ flags: 0x8400, counts: [1, 2, 0, 0] }),
    ...question(wire('www', 'example')),
    ...record(pointer(12), 1, [10, 0, 0, 1, ...hidden]),
  ];
  expect(readMessage(Uint8Array.from(bytes))).toBeUndefined();
});
