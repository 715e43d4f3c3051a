// The writer: it owns the size limit, and points names into the question only at label boundaries.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Name, nameFromReversed, nameToText } from '../../src/wire/name.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { holds } from '../support/property.ts';
import { name, pointer, wire } from './packets.ts';

function written(writer: Writer): number[] {
  return [...writer.buffer.subarray(0, writer.at)];
}

describe('the limit', () => {
  test('numbers are big-endian', () => {
    const writer = new Writer(new Uint8Array(16));
    writer.u8(1);
    writer.u16(0x0203);
    writer.u32(0xfffefdfc);
    writer.characterString(Uint8Array.of(9, 8));
    expect(written(writer)).toEqual([1, 2, 3, 0xff, 0xfe, 0xfd, 0xfc, 2, 9, 8]);
  });

  test.each<[what: string, write: (writer: Writer) => void]>([
    ['u8', (writer) => writer.u8(1)],
    ['u16', (writer) => writer.u16(1)],
    ['u32', (writer) => writer.u32(1)],
    ['bytes', (writer) => writer.bytes(Uint8Array.of(1, 2))],
    ['a name', (writer) => writer.name(name('a'))],
  ])('%s that does not fit leaves the buffer as it was', (_, write) => {
    const writer = new Writer(new Uint8Array(8).fill(7), 4, 4);
    write(writer);
    expect([writer.overflowed, writer.at]).toEqual([true, 4]);
    expect(writer.buffer).toEqual(new Uint8Array(8).fill(7));
  });

  test('what fits exactly fits', () => {
    const writer = new Writer(new Uint8Array(4));
    writer.u32(1);
    expect([writer.overflowed, writer.at]).toEqual([false, 4]);
  });

  test('the limit is never more than the buffer', () => {
    const writer = new Writer(new Uint8Array(2), 0, 100);
    writer.u32(1);
    expect(writer.overflowed).toBe(true);
  });

  test('after an overflow nothing is written until it is rolled back, however small', () => {
    const writer = new Writer(new Uint8Array(3));
    const mark = writer.mark();
    writer.u32(1);
    writer.u8(1);
    expect([writer.overflowed, writer.at]).toEqual([true, 0]);
    writer.rollback(mark);
    writer.u8(1);
    expect([writer.overflowed, written(writer)]).toEqual([false, [1]]);
  });

  test('what is reserved cannot be used until it is released', () => {
    const writer = new Writer(new Uint8Array(4));
    writer.reserve(2);
    const mark = writer.mark();
    writer.u32(1);
    expect(writer.overflowed).toBe(true);
    writer.rollback(mark);
    writer.u16(1);
    writer.release(2);
    writer.u16(2);
    expect([writer.overflowed, written(writer)]).toEqual([false, [0, 1, 0, 2]]);
  });
});

describe('compression against the question', () => {
  /** The bytes of a name, written behind a question. */
  function compressed(question: Name, owner: Name): number[] {
    const writer = new Writer(new Uint8Array(600));
    writer.compressAgainst(question);
    writer.name(owner);
    return written(writer);
  }

  test.each<[question: string, owner: string, bytes: number[]]>([
    ['a.example', 'a.example', pointer(12)],
    ['a.example', 'example', pointer(14)],
    ['a.example', 'b.example', [1, 0x62, ...pointer(14)]],
    ['a.example', 'x.a.example', [1, 0x78, ...pointer(12)]],
    ['a.example', 'b.a.b.example', [1, 0x62, 1, 0x61, 1, 0x62, ...pointer(14)]],
    ['A.Example', 'a.EXAMPLE', pointer(12)],
    ['a.example', '.', [0]],
    ['.', 'a', wire('a')],
    ['.', '.', [0]],
    ['a.example', 'a.test', wire('a', 'test')],
    ['example', 'a.example.test', wire('a', 'example', 'test')],
    // No match inside a label.
    ['c.example', 'xbc.example', [3, 0x78, 0x62, 0x63, ...pointer(14)]],
    ['xbc.example', 'c.example', [1, 0x63, ...pointer(16)]],
    ['b.example', 'ab', wire('ab')],
  ])('question %s: %s', (question, owner, bytes) => {
    expect(compressed(name(question), name(owner))).toEqual(bytes);
  });

  test('a label that looks like the tail of the name is no tail', () => {
    // The question's first label ends in the bytes 1 'c', and what follows is the rest of the name `c.example`.
    expect(compressed(name('x\\001c.example'), name('c.example'))).toEqual([1, 0x63, ...pointer(16)]);
    expect(compressed(name('\\001c'), name('c'))).toEqual(wire('c'));
  });

  test('nothing is compressed before a question is named', () => {
    const writer = new Writer(new Uint8Array(100));
    writer.name(name('a.example'));
    expect(written(writer)).toEqual(wire('a', 'example'));
  });

  test('any name behind any question reads back as itself, and never grows', () => {
    const label = fc.constantFrom('a', 'b', 'ab', '\x01a', '\x01b\x01', 'example');
    const names = fc.array(label, { maxLength: 5 }).map((labels) => nameFromReversed(labels) as Name);
    holds(
      fc.property(names, names, (question, owner) => {
        const writer = new Writer(new Uint8Array(600), 12);
        writer.name(question);
        const start = writer.mark();
        writer.compressAgainst(question);
        writer.name(owner);
        expect(writer.at - start).toBeLessThanOrEqual(owner.length);
        const reader = new Reader(writer.buffer.subarray(0, writer.at), start);
        expect(nameToText(reader.name())).toBe(nameToText(owner));
        expect([reader.failed, reader.left]).toEqual([false, 0]);
      }),
      2000,
    );
  });
});
