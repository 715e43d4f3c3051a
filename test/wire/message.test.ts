// Whole messages: what is written is read back, and bytes that are no message give nothing and do no harm.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpt, readMessage, writeRecord } from '../../src/wire/message.ts';
import { nameToText } from '../../src/wire/name.ts';
import { Writer } from '../../src/wire/writer.ts';
import { hostilePackets } from '../support/hostile.ts';
import { holds, SEED } from '../support/property.ts';
import { header, name, opt, pointer, query, question, record, wire } from './packets.ts';
import { anyName, anyRdata } from './values.ts';

describe('a message', () => {
  test('has its sections in order', () => {
    const counts = [1, 1, 1, 2] as const;
    const bytes = Uint8Array.from([
      ...header({ id: 7, flags: 0x8583, counts }),
      ...question(wire('Q')),
      ...record(wire('a'), 65280, [], 1),
      ...record(wire('b'), 65280, [], 2),
      ...record(wire('c'), 65280, [], 0xffffffff),
      ...opt({ flags: 0x8000 }),
    ]);
    const message = readMessage(bytes);
    expect([message?.id, message?.flags]).toEqual([7, 0x8583]);
    expect(message?.questions).toEqual([{ name: name('q'), type: 1, class: 1 }]);
    const sections = [message?.answers, message?.authority, message?.additional];
    expect(sections.map((records) => records?.map((r) => nameToText(r.owner)))).toEqual([
      ['a.'],
      ['b.'],
      ['c.', '.'],
    ]);
    expect(message?.additional.map((r) => [r.ttl, isOpt(r)])).toEqual([
      [0xffffffff, false],
      [0x8000, true],
    ]);
  });

  test.each<[what: string, bytes: readonly number[]]>([
    ['no bytes', []],
    ['eleven bytes', header().slice(0, 11)],
    ['a header that promises a question', header()],
    ['a question that is cut', [...header(), ...question(wire('a')).slice(0, -1)]],
    ['a byte more than the header says', [...query(), 0]],
    [
      '65,535 answers promised, none there',
      [...header({ counts: [1, 65535, 0, 0] }), ...question(wire('a'))],
    ],
  ])('%s is none', (_, bytes) => {
    expect(readMessage(Uint8Array.from(bytes))).toBeUndefined();
  });

  test('a bare header is one', () => {
    expect(readMessage(Uint8Array.from(header({ counts: [0, 0, 0, 0] })))?.questions).toEqual([]);
  });

  test('a message inside a larger buffer is read from its own place', () => {
    const bytes = query();
    const larger = new Uint8Array(bytes.length + 40).fill(0xff);
    larger.set(bytes, 20);
    expect(readMessage(larger.subarray(20, 20 + bytes.length))).toEqual(readMessage(bytes));
  });
});

describe('writeRecord', () => {
  test('any record reads back as it was written', () => {
    holds(
      fc.property(anyName, anyName, anyRdata, fc.nat(0x7fffffff), (asked, owner, rdata, ttl) => {
        const writer = new Writer(new Uint8Array(4096));
        writer.bytes(Uint8Array.from(header({ counts: [1, 1, 0, 0] })));
        writer.name(asked);
        writer.u32(0x0001_0001);
        writer.compressAgainst(asked);
        expect(writeRecord(writer, owner, 1, ttl, rdata)).toBe(true);
        const message = readMessage(writer.buffer.subarray(0, writer.at));
        expect(message?.answers).toEqual([{ owner, class: 1, ttl, rdata: rdata }]);
      }),
      1000,
    );
  });

  test('one that does not fit is not there at all, and the next may be', () => {
    holds(
      fc.property(anyName, anyRdata, fc.nat(80), (owner, rdata, room) => {
        const whole = new Writer(new Uint8Array(4096));
        writeRecord(whole, owner, 1, 30, rdata);
        const cut = new Writer(new Uint8Array(4096), 100, 100 + room);
        expect(writeRecord(cut, owner, 1, 30, rdata)).toBe(whole.at <= room);
        expect([cut.overflowed, cut.at]).toEqual([false, 100 + (whole.at <= room ? whole.at : 0)]);
      }),
    );
  });
});

describe('hostile bytes', () => {
  test('any bytes are a message or none', () => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const message = readMessage(bytes);
        if (message !== undefined) expect(message.questions.length).toBe(bytes[4]! * 256 + bytes[5]!);
      }),
      2000,
    );
  });

  test(`20,000 hostile packets are messages or none (FC_SEED=${SEED})`, () => {
    const packets = hostilePackets(SEED);
    let read = 0;
    for (let i = 0; i < 20_000; i++) if (readMessage(packets.next().value) !== undefined) read++;
    expect(read).toBeGreaterThan(2000);
    expect(read).toBeLessThan(18_000);
  });

  test('a chain of pointers that every record points into costs no more than reading it', () => {
    const links = 8000;
    const chain = [0, ...Array.from({ length: links }, (_, i) => pointer(i === 0 ? 23 : 22 + i * 2)).flat()];
    const records = Array.from({ length: 4000 }, () => record(pointer(22 + links * 2), 10, []));
    const counts = [0, 4001, 0, 0] as const;
    const bytes = [...header({ counts }), ...record([0], 10, chain), ...records.flat()];
    expect(readMessage(Uint8Array.from(bytes))).toBeUndefined();
  });
});
