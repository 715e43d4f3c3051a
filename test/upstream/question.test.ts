// What goes out to other servers: the client's question, our EDNS, the marks, and nothing else.
import { describe, expect, it } from 'vitest';
import { hasPassed, marksToSend, readMarks, UNMARKED } from '../../src/upstream/marks.ts';
import { keyOf, packetOf, questionOf } from '../../src/upstream/question.ts';
import { header, opt, option, query, question, u16, wire } from '../wire/packets.ts';
import { asked } from './asked.ts';

const SELF = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const OTHER = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);

function packet(request: Uint8Array, options?: Uint8Array): number[] {
  const { query: read } = asked(request);
  return [...packetOf(questionOf(request, read), options)];
}

function key(request: Uint8Array): string {
  const { query: read } = asked(request);
  return keyOf(read, questionOf(request, read));
}

describe('the packet', () => {
  const WWW = question(wire('www', 'example'));

  it('without EDNS is header and question, RD and AD set', () => {
    expect(packet(query([], { flags: 0 }))).toEqual([...header({ id: 0, flags: 0x0120 }), ...WWW]);
  });

  it('has our EDNS, whatever the client sent of its own', () => {
    const cookie = option(10, [1, 2, 3, 4, 5, 6, 7, 8]);
    const subnet = option(8, [0, 1, 24, 0, 192, 0, 2]);
    const request = query([opt({ size: 4096, options: [...cookie, ...subnet] })]);
    expect(packet(request, new Uint8Array(0))).toEqual([
      ...header({ id: 0, flags: 0x0120, counts: [1, 0, 0, 1] }),
      ...WWW,
      ...opt({ size: 1232 }),
    ]);
  });

  it('passes DO and CD on', () => {
    const bytes = packet(query([opt({ flags: 0x8000 })], { flags: 0x0110 }), Uint8Array.of(0, 1, 0, 0));
    expect(bytes.slice(2, 4)).toEqual([0x01, 0x30]);
    expect(bytes.slice(12 + WWW.length)).toEqual(opt({ flags: 0x8000, options: [0, 1, 0, 0] }));
  });

  it('keeps the case of the name', () => {
    const mixed = question(wire('wWw', 'eXample'));
    expect(packet(Uint8Array.from([...header(), ...mixed]))).toEqual([
      ...header({ id: 0, flags: 0x0120 }),
      ...mixed,
    ]);
  });
});

describe('the key', () => {
  const plain = key(query());

  it('is the same for another case, id, RD, size or option', () => {
    const mixed = Uint8Array.from([...header({ id: 7, flags: 0 }), ...question(wire('wWw', 'EXAMPLE'))]);
    expect(key(mixed)).toBe(plain);
    expect(key(query([opt({ size: 4096, options: option(10, [1, 2, 3, 4, 5, 6, 7, 8]) })]))).toBe(plain);
  });

  it.each([
    ['type', Uint8Array.from([...header(), ...question(wire('www', 'example'), 28)])],
    ['class', Uint8Array.from([...header(), ...question(wire('www', 'example'), 1, 3)])],
    ['name', Uint8Array.from([...header(), ...question(wire('wwx', 'example'))])],
    ['DO', query([opt({ flags: 0x8000 })])],
    ['CD', query([], { flags: 0x0110 })],
    ['marks', query([opt({ options: option(65012, [...SELF]) })])],
  ])('is another for another %s', (_what, request) => {
    expect(key(request)).not.toBe(plain);
  });
});

describe('marks', () => {
  const read = (request: Uint8Array) => readMarks(request, asked(request).query.questionEnd);

  it('are none on a query without', () => {
    expect(read(query())).toEqual(UNMARKED);
    expect(read(query([opt()]))).toEqual(UNMARKED);
    expect(read(query([opt({ options: option(10, [1, 2, 3, 4, 5, 6, 7, 8]) })]))).toEqual(UNMARKED);
  });

  it('come back as they were sent', () => {
    const first = marksToSend(UNMARKED, OTHER, true);
    const once = read(query([opt({ options: [...option(3, []), ...first] })]));
    expect(once).toEqual({ stubbed: true, path: OTHER });
    const twice = read(query([opt({ options: [...marksToSend(once, SELF, false)] })]));
    expect(twice).toEqual({ stubbed: true, path: Uint8Array.of(...OTHER, ...SELF) });
  });

  it("say that a stub zone was followed as SkyDNS's do", () => {
    expect([...marksToSend(UNMARKED, SELF, true)].slice(0, 5)).toEqual([...u16(65011), ...u16(1), 1]);
    expect(read(query([opt({ options: option(65011, [1]) })])).stubbed).toBe(true);
  });

  it('are found behind other records', () => {
    const other = [0, ...u16(250), ...u16(255), 0, 0, 0, 0, ...u16(1), 7];
    expect(read(query([other, opt({ options: option(65012, [...SELF]) })])).path).toEqual(SELF);
  });

  it('tell whether a query has been here', () => {
    expect(hasPassed(new Uint8Array(0), SELF)).toBe(false);
    expect(hasPassed(OTHER, SELF)).toBe(false);
    expect(hasPassed(Uint8Array.of(...OTHER, ...SELF), SELF)).toBe(true);
    // Not at a boundary of marks.
    expect(hasPassed(Uint8Array.of(0, ...SELF, 0, 0, 0, 0, 0, 0, 0), SELF)).toBe(false);
    expect(hasPassed(SELF.subarray(0, 7), SELF)).toBe(false);
  });

  it('end at a number of servers that no honest way has', () => {
    expect(hasPassed(new Uint8Array(8 * 15), SELF)).toBe(false);
    expect(hasPassed(new Uint8Array(8 * 16), SELF)).toBe(true);
  });
});
