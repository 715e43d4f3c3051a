// The reader: every place inside the message, every pointer backwards, and a plain failure for all else.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_NAME, nameToText } from '../../src/wire/name.ts';
import { Reader } from '../../src/wire/reader.ts';
import { holds } from '../support/property.ts';
import { pointer, wire } from './packets.ts';

/** The name at `start` as text, and where the reader stands after it; undefined where there is none. */
function nameAt(bytes: readonly number[], start = 0): { text: string; at: number } | undefined {
  const reader = new Reader(Uint8Array.from(bytes), start);
  const text = nameToText(reader.name());
  return reader.failed ? undefined : { text, at: reader.at };
}

const label63 = [63, ...new Array<number>(63).fill(0x61)];
const label61 = [61, ...new Array<number>(61).fill(0x62)];
const longest = [...label63, ...label63, ...label63, ...label61, 0];

describe('numbers and bytes', () => {
  const bytes = Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 2, 0x61, 0x62);

  test('are read in order', () => {
    const reader = new Reader(bytes);
    expect([reader.u8(), reader.u8(), reader.u16()]).toEqual([0xff, 0xfe, 0xfdfc]);
    expect(reader.characterString()).toEqual(Uint8Array.of(0x61, 0x62));
    expect([reader.left, reader.failed]).toEqual([0, false]);
    expect(new Reader(bytes).u32()).toBe(0xfffefdfc);
  });

  test('what is taken is a copy', () => {
    const copy = new Reader(bytes).take(2);
    copy[0] = 0;
    expect(bytes[0]).toBe(0xff);
  });

  test.each<[what: string, read: (reader: Reader) => unknown]>([
    ['u8', (reader) => reader.u8()],
    ['u16', (reader) => reader.u16()],
    ['u32', (reader) => reader.u32()],
    ['take', (reader) => reader.take(2).length],
    ['a negative take', (reader) => reader.take(-1).length],
    ['a character string', (reader) => reader.characterString().length],
  ])('%s past the end gives nothing and fails for good', (_, read) => {
    const reader = new Reader(Uint8Array.of(1), 1);
    expect(read(reader)).toBe(0);
    expect([reader.failed, reader.left, reader.u8()]).toEqual([true, 0, 0]);
  });

  test('half a number gives nothing', () => {
    expect(new Reader(Uint8Array.of(1)).u16()).toBe(0);
    expect(new Reader(Uint8Array.of(1, 2, 3)).u32()).toBe(0);
    expect(new Reader(Uint8Array.of(3, 2, 3)).characterString()).toHaveLength(0);
  });
});

describe('names', () => {
  test.each<[what: string, bytes: number[], start: number, text: string, at: number]>([
    ['the root', [0], 0, '.', 1],
    ['labels, lower-cased', [...wire('WwW', 'Example'), 9], 0, 'www.example.', 13],
    ['a pointer alone', [...wire('a'), ...pointer(0), 9], 3, 'a.', 5],
    ['labels, then a pointer', [...wire('b', 'c'), 1, 0x61, ...pointer(2), 9], 5, 'a.c.', 9],
    ['a pointer to a pointer', [...wire('a'), ...pointer(0), ...pointer(3)], 5, 'a.', 7],
    ['a pointer to the root', [0, ...pointer(0)], 1, '.', 3],
    ['a pointer into a label', [2, 1, 0x61, 0, ...pointer(1)], 4, 'a.', 6],
    ['255 bytes', longest, 0, nameToText(Uint8Array.from(longest) as never), 255],
  ])('%s', (_, bytes, start, text, at) => {
    expect(nameAt(bytes, start)).toEqual({ text, at });
  });

  test.each<[what: string, bytes: number[], start: number]>([
    ['nothing', [], 0],
    ['no root label', [1, 0x61], 0],
    ['a label that passes the end', [5, 0x61, 0x62], 0],
    ['a label of 64 bytes, whose bits mean something else', [64, ...new Array<number>(64).fill(0x61), 0], 0],
    ['an extended label type (RFC 6891 5)', [0x41, 0, 0], 0],
    ['the reserved bits 10', [0x80, 0], 0],
    ['256 bytes', [...label63, ...label63, ...label63, 62, ...new Array<number>(62).fill(0x61), 0], 0],
    ['255 bytes, reached through a pointer, and one label more', [...longest, 1, 0x61, ...pointer(0)], 255],
    ['half a pointer', [0, 0xc0], 1],
    ['a pointer to itself', [0, ...pointer(1)], 1],
    ['a pointer to its own name', [0, 1, 0x61, ...pointer(1)], 1],
    ['a pointer ahead', [...pointer(2), 0], 0],
    ['a pointer to the last byte', [...pointer(3), 1, 0], 0],
    ['a pointer past the end', [...pointer(0x3fff), 0], 0],
    ['two pointers at each other', [...pointer(2), ...pointer(0)], 2],
    ['a way back to where the name began', [1, 0x61, ...pointer(0), ...pointer(0)], 4],
    ['back, then ahead to the end', [...pointer(4), ...pointer(0), 0], 2],
    ['back, then ahead, but not as far as it began', [...pointer(2), 0, ...pointer(0)], 3],
  ])('%s is none', (_, bytes, start) => {
    expect(nameAt(bytes, start)).toBeUndefined();
  });

  test.each([
    [127, '.'],
    [128, undefined],
    [8000, undefined],
  ])('a chain of %d pointers to pointers is %s', (links, text) => {
    const chain = Array.from({ length: links }, (_, i) => pointer(i === 0 ? 0 : i * 2 - 1));
    expect(nameAt([0, ...chain.flat()], links * 2 - 1)?.text).toBe(text);
  });

  test('a chain of as many pointers as a name has labels is followed', () => {
    // Every label but the first ends in a pointer to the one before.
    const chain = Array.from({ length: 126 }, (_, i) => [1, 0x61, ...pointer(i === 0 ? 0 : 3 + (i - 1) * 4)]);
    expect(nameAt([1, 0x61, 0, ...chain.flat()], 3 + 125 * 4)?.text).toBe('a.'.repeat(127));
  });
});

describe('skipName', () => {
  test.each<[what: string, bytes: number[], at: number | undefined]>([
    ['the root', [0, 9], 1],
    ['labels', [...wire('a', 'b'), 9], 5],
    ['a pointer, wherever it leads', [1, 0x61, ...pointer(0x3fff), 9], 4],
    ['half a pointer', [0xc0], undefined],
    ['a label that passes the end', [2, 0x61], undefined],
    ['no end', [1, 0x61], undefined],
    ['a reserved label type', [0x40, 0], undefined],
  ])('%s', (_, bytes, at) => {
    const reader = new Reader(Uint8Array.from(bytes));
    reader.skipName();
    expect(reader.failed ? undefined : reader.at).toBe(at);
  });
});

/** Bytes that look like names, with short labels and pointers near by, and a place among them. */
const nearlyNames = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: fc.nat(255).map((byte) => [byte]) },
      { weight: 1, arbitrary: fc.constantFrom([1, 0x41], [3, 0x61, 0x62, 0x63], label63) },
      { weight: 2, arbitrary: fc.constant([0]) },
      { weight: 4, arbitrary: fc.nat(12).map(pointer) },
    ),
    { minLength: 1, maxLength: 12 },
  )
  .chain((parts) => fc.record({ bytes: fc.constant(parts.flat()), start: fc.nat(parts.flat().length - 1) }));

test('any bytes: a name within its limits, the reader inside the message, and nothing kept from a failure', () => {
  const into = new Uint8Array(MAX_NAME);
  holds(
    fc.property(nearlyNames, ({ bytes, start }) => {
      const reader = new Reader(Uint8Array.from(bytes), start);
      const length = reader.nameInto(into);
      expect(reader.at).toBeLessThanOrEqual(bytes.length);
      expect(length === 0).toBe(reader.failed);
      if (length > 0) expect(plain(into.subarray(0, length))).toBe(true);
    }),
    3000,
  );
});

test('a name reads the same as without compression', () => {
  holds(
    fc.property(nearlyNames, ({ bytes, start }) => {
      const compressed = nameAt(bytes, start);
      expect(compressed?.text).toBe(followed(bytes, start));
    }),
    3000,
  );
});

/** Whether bytes are one uncompressed lower-case name and nothing else. */
function plain(bytes: Uint8Array): boolean {
  let place = 0;
  while (place < bytes.length && bytes[place] !== 0) place += 1 + bytes[place]!;
  const capitals = Buffer.from(bytes).toString('latin1').match(/[A-Z]/g);
  return place === bytes.length - 1 && labelsFit(bytes) && capitals === null;
}

function labelsFit(bytes: Uint8Array): boolean {
  for (let place = 0; place < bytes.length; place += 1 + bytes[place]!) if (bytes[place]! > 63) return false;
  return true;
}

/** The same name, read by the letter of RFC 1035 4.1.4: labels, then a prior occurrence. */
function followed(bytes: readonly number[], start: number): string | undefined {
  const labels: number[] = [];
  let [place, before] = [start, start];
  for (;;) {
    const head = bytes[place];
    if (head === undefined) return undefined;
    if (head === 0) break;
    if (head >= 0xc0) {
      const low = bytes[place + 1];
      if (low === undefined) return undefined;
      place = (head - 0xc0) * 256 + low;
      if (place >= before) return undefined;
      before = place;
    } else if (head > 63 || place + head >= bytes.length) {
      return undefined;
    } else {
      labels.push(...bytes.slice(place, place + 1 + head));
      place += 1 + head;
    }
  }
  if (labels.length > 254) return undefined;
  return nameToText(Uint8Array.from([...labels, 0].map(fold)) as never);
}

function fold(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
