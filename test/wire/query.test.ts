// What a query gets: every verdict, and what is read of a query that is owed an answer.
import { describe, expect, test } from 'vitest';
import { Query, Verdict } from '../../src/wire/query.ts';
import { type Edns, header, opt, option, pointer, query, question, record, wire } from './packets.ts';

const { OK, DROP, FORMERR, NOTIMP, BADVERS } = Verdict;

/** The verdict on a packet, read with rubbish behind it that must not matter. */
function judge(packet: readonly number[] | Uint8Array, asked = new Query()): Verdict {
  const buffer = new Uint8Array(packet.length + 300).fill(0xff);
  buffer.set(packet);
  return asked.read(buffer, packet.length);
}

/** A query whose question is these bytes. */
const asking = (...bytes: (readonly number[])[]): number[] => [...header(), ...bytes.flat()];

const label63 = 'a'.repeat(63);
const tsig = record(wire('key'), 250, [
  ...wire('hmac-sha256'),
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
]);

describe('the header decides first', () => {
  test.each<[what: string, packet: readonly number[] | Uint8Array, verdict: Verdict]>([
    ['no bytes', [], DROP],
    ['eleven bytes', header().slice(0, 11), DROP],
    ['a reply (QR=1)', query([], { flags: 0x8000 }), DROP],
    ['a reply of eleven bytes', header({ flags: 0x8000 }).slice(0, 11), DROP],
    ['a reply of an opcode that is unknown', query([], { flags: 0xf800 }), DROP],
    ['IQUERY', query([], { flags: 0x0800 }), NOTIMP],
    ['STATUS', query([], { flags: 0x1000 }), NOTIMP],
    ['NOTIFY', query([], { flags: 0x2400 }), NOTIMP],
    ['UPDATE', query([], { flags: 0x2800 }), NOTIMP],
    ['DSO, which has no question (RFC 8490 5.4)', header({ flags: 0x3000, counts: [0, 0, 0, 0] }), NOTIMP],
    ['opcode 15 and nothing else', header({ flags: 0x7800 }), NOTIMP],
    ['no question', header({ counts: [0, 0, 0, 0] }), FORMERR],
    ['no question, only an OPT', [...header({ counts: [0, 0, 0, 1] }), ...opt()], FORMERR],
    // RFC 9619: a query has one question.
    ['two questions', [...header({ counts: [2, 0, 0, 0] }), ...question([0]), ...question([0])], FORMERR],
    ['65,535 questions', [...header({ counts: [65535, 0, 0, 0] }), ...question([0])], FORMERR],
    ['every flag that a query may have, and some', query([], { flags: 0x07ff }), OK],
  ])('%s', (_, packet, verdict) => {
    expect(judge(packet)).toBe(verdict);
  });
});

describe('the question', () => {
  const longest = wire(label63, label63, label63, 'b'.repeat(61));
  test.each<[what: string, packet: readonly number[], verdict: Verdict]>([
    ['missing', header(), FORMERR],
    ['of the root', asking(question([0])), OK],
    ['without its class', asking(question([0]).slice(0, -1)), FORMERR],
    ['without its type', asking([0]), FORMERR],
    ['without a root label', asking([3, 0x61, 0x62, 0x63]), FORMERR],
    ['with a label past the end', asking([63, 0x61]), FORMERR],
    ['with a label of 63 bytes', asking(question(wire(label63))), OK],
    ['with a label of 64 bytes', asking(question([64, ...Buffer.from(`${label63}a`), 0])), FORMERR],
    ['with an extended label', asking(question([0x41, 1, 2, 0])), FORMERR],
    ['of 255 bytes', asking(question(longest)), OK],
    ['of 256 bytes', asking(question(wire('b', 'bb', label63, label63, label63, 'b'.repeat(57)))), FORMERR],
    ['of 128 labels', asking(question(wire(...new Array<string>(128).fill('a')))), FORMERR],
    ['that is a pointer to itself', asking(question(pointer(12))), FORMERR],
    ['that ends in a pointer', asking(question([1, 0x61, ...pointer(12)])), FORMERR],
    ['that points into the header', asking(question(pointer(0))), FORMERR],
    ['with a byte behind it', [...asking(question([0])), 0], FORMERR],
  ])('%s', (_, packet, verdict) => {
    expect(judge(packet)).toBe(verdict);
  });

  test('is the key: name in lower case, then the type; the class beside it', () => {
    const asked = new Query();
    expect(judge(asking(question(wire('WwW', 'eXample', '\xc9@['), 0x0121, 3)), asked)).toBe(OK);
    const name = wire('www', 'example', '\xc9@[');
    expect([...asked.key.subarray(0, asked.nameLength + 2)]).toEqual([...name, 1, 0x21]);
    expect([asked.nameLength, asked.type, asked.class]).toEqual([name.length, 0x0121, 3]);
    expect(asked.questionEnd).toBe(12 + name.length + 4);
  });

  test('where there is none to echo, nothing of an earlier query shows', () => {
    const asked = new Query();
    judge(query([opt({ size: 4096, flags: 0x8000 })]), asked);
    for (const packet of [asking([1]), header({ flags: 0x7800 }), header({ counts: [2, 0, 0, 0] })]) {
      judge(packet, asked);
      const { questionEnd, nameLength, edns, udpSize, dnssecOk } = asked;
      expect({ questionEnd, nameLength, edns, udpSize, dnssecOk }).toEqual({
        questionEnd: 12,
        nameLength: 0,
        edns: false,
        udpSize: 512,
        dnssecOk: false,
      });
    }
  });
});

describe('EDNS (RFC 6891)', () => {
  const cookie = option(10, [1, 2, 3, 4, 5, 6, 7, 8]);

  test('where the cookie stands is known, until another query is read', () => {
    const asked = new Query();
    const long = new Array<number>(24).fill(9);
    const first = query([tsig, opt({ options: [...option(3, [1]), ...option(10, long), ...cookie] })]);
    judge(first, asked);
    expect([...first.subarray(asked.cookieAt, asked.cookieAt + asked.cookieLength)]).toEqual(long);
    const second = query([opt({ options: cookie })]);
    judge(second, asked);
    expect([...second.subarray(asked.cookieAt, asked.cookieAt + asked.cookieLength)]).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    judge(query([opt()]), asked);
    expect([asked.cookieAt, asked.cookieLength]).toEqual([0, 0]);
  });

  test('what a reply has beside records is forgotten when another query is read', () => {
    const asked = new Query();
    judge(query([opt()]), asked);
    asked.ede = 3;
    asked.sendsCookie = true;
    asked.recursionAvailable = true;
    asked.optAt = 29;
    expect(asked.optLength).toBe(11 + 6 + 28);
    judge(query([opt()]), asked);
    const { ede, sendsCookie, recursionAvailable, optAt, optLength } = asked;
    expect({ ede, sendsCookie, recursionAvailable, optAt, optLength }).toEqual({
      ede: -1,
      sendsCookie: false,
      recursionAvailable: false,
      optAt: 0,
      optLength: 11,
    });
    judge(query(), asked);
    expect(asked.optLength).toBe(0);
  });

  const flags = { notify: 0x2400, update: 0x2800 };
  test.each<[what: string, packet: readonly number[] | Uint8Array, verdict: Verdict]>([
    ['NOTIFY', query([opt({ options: cookie })], { flags: flags.notify }), NOTIMP],
    ['UPDATE with records', query([tsig, opt({ options: cookie })], { flags: flags.update }), NOTIMP],
    ['no question', [...header({ counts: [0, 0, 0, 1] }), ...opt({ options: cookie })], FORMERR],
    [
      'two questions',
      [...header({ counts: [2, 0, 0, 1] }), ...question([0]), ...question([0]), ...opt({ options: cookie })],
      FORMERR,
    ],
    [
      'a question that is a pointer',
      [...header({ counts: [1, 0, 0, 1] }), ...question(pointer(0)), ...opt({ options: cookie })],
      FORMERR,
    ],
    ['two OPTs', query([opt({ options: cookie }), opt()]), FORMERR],
  ])('is read of what is refused for %s, so that the refusal has it too', (_, packet, verdict) => {
    const asked = new Query();
    expect(judge(packet, asked)).toBe(verdict);
    expect([asked.edns, asked.cookieLength, asked.udpSize]).toEqual([true, 8, 1232]);
  });

  test.each<[size: number, udpSize: number, udpLimit: number]>([
    [0, 512, 512],
    [511, 512, 512],
    [512, 512, 512],
    [513, 513, 513],
    [1232, 1232, 1232],
    [1233, 1233, 1232],
    [4096, 4096, 1232],
    [65535, 65535, 1232],
  ])('a size of %d counts as %d, replies have at most %d bytes', (size, udpSize, udpLimit) => {
    const asked = new Query();
    expect(judge(query([opt({ size })]), asked)).toBe(OK);
    expect([asked.edns, asked.udpSize, asked.udpLimit]).toEqual([true, udpSize, udpLimit]);
  });

  test('without OPT a reply has at most 512 bytes', () => {
    const asked = new Query();
    expect(judge(query(), asked)).toBe(OK);
    expect([asked.edns, asked.udpLimit, asked.dnssecOk]).toEqual([false, 512, false]);
  });

  test.each<[flags: number, dnssecOk: boolean]>([
    [0, false],
    [0x8000, true],
    [0xffff, true],
    // The other bits mean nothing to us and are ignored (RFC 6891 6.1.4).
    [0x7fff, false],
  ])('flags %i: DO is %s (RFC 3225)', (flags, dnssecOk) => {
    const asked = new Query();
    expect(judge(query([opt({ flags })]), asked)).toBe(OK);
    expect(asked.dnssecOk).toBe(dnssecOk);
  });

  test.each<[what: string, edns: Edns, verdict: Verdict]>([
    ['a cookie (RFC 7873)', { options: option(10, [1, 2, 3, 4, 5, 6, 7, 8]) }, OK],
    ...[15, 16, 24, 40, 41, 0, 7, 9].map((length): [string, Edns, Verdict] => [
      `a cookie of ${length} bytes`,
      { options: [...option(3, [1]), ...option(10, new Array<number>(length).fill(7))] },
      length >= 16 && length <= 40 ? OK : FORMERR,
    ]),
    ['a second cookie, which is ignored', { options: [...cookie, ...option(10, [1])] }, OK],
    ['an option of no bytes', { options: option(3, []) }, OK],
    ['unknown options, ignored', { options: [...option(65001, [1]), ...option(4, [])] }, OK],
    ['the same option twice', { options: [...option(3, []), ...option(3, [])] }, OK],
    ['an option that is cut', { options: option(10, [1, 2, 3]).slice(0, -1) }, FORMERR],
    ['half an option head', { options: [0, 10, 0] }, FORMERR],
    ['an option that passes its OPT', { options: [0, 10, 0xff, 0xff] }, FORMERR],
    ['version 1', { version: 1 }, BADVERS],
    ['version 255', { version: 255 }, BADVERS],
    ['version 1 with an option', { version: 1, options: option(3, []) }, BADVERS],
    ['an owner that is not the root', { owner: wire('a') }, FORMERR],
    ['an owner that points to a root', { owner: pointer(24) }, FORMERR],
  ])('%s, alone and beside a TSIG', (_, edns, verdict) => {
    expect(judge(query([opt(edns)]))).toBe(verdict);
    expect(judge(query([opt(edns), tsig]))).toBe(verdict);
    expect(judge(query([tsig, opt(edns)]))).toBe(verdict);
  });

  test('what a BADVERS reply needs is read', () => {
    const asked = new Query();
    judge(query([opt({ version: 1, size: 4096, flags: 0x8000 })]), asked);
    const { edns, udpSize, dnssecOk } = asked;
    expect({ edns, udpSize, dnssecOk }).toEqual({ edns: true, udpSize: 4096, dnssecOk: true });
  });
});

describe('everything after the question', () => {
  const a = record(wire('a'), 1, [10, 0, 0, 1]);
  test.each<[what: string, packet: Uint8Array, verdict: Verdict]>([
    ['a TSIG without OPT', query([tsig]), OK],
    ['OPT between other records', query([a, opt(), tsig]), OK],
    ['two OPTs', query([opt(), opt()]), FORMERR],
    ['two OPTs, others between', query([opt(), a, opt()]), FORMERR],
    ['an answer, which is ignored', query([a], { counts: [1, 1, 0, 0] }), OK],
    ['an OPT in the answer section', query([opt()], { counts: [1, 1, 0, 0] }), FORMERR],
    ['an OPT in the authority section', query([opt()], { counts: [1, 0, 1, 0] }), FORMERR],
    ['an OPT in its place behind an answer', query([a, opt()], { counts: [1, 1, 0, 1] }), OK],
    ['an OPT that the header does not count', query([opt()], { counts: [1, 0, 0, 0] }), FORMERR],
    ['a record that is promised and missing', query([], { counts: [1, 0, 0, 1] }), FORMERR],
    ['one OPT of two that are promised', query([opt()], { counts: [1, 0, 0, 2] }), FORMERR],
    ['196,605 records promised', query([], { counts: [1, 65535, 65535, 65535] }), FORMERR],
    ['a byte behind OPT', query([[...opt(), 0]]), FORMERR],
    ['a byte behind other records', query([tsig, [...opt(), 0]]), FORMERR],
    ['a record whose data passes the end', query([a.slice(0, -1)]), FORMERR],
    ['an owner whose pointer leads anywhere', query([record(pointer(0x3fff), 1, [])]), OK],
    ['an owner with a reserved label', query([record([0x80, 0], 1, [])]), FORMERR],
  ])('%s', (_, packet, verdict) => {
    expect(judge(packet)).toBe(verdict);
  });

  test('an OPT cut at any byte is FORMERR', () => {
    const whole = query([opt({ options: option(10, [1, 2, 3, 4, 5, 6, 7, 8]) })]);
    const plain = query().length;
    for (let length = plain; length < whole.length; length++) {
      expect(judge(whole.subarray(0, length)), `${length} bytes`).toBe(FORMERR);
    }
  });

  test('a question cut at any byte is FORMERR', () => {
    const whole = query();
    for (let length = 12; length < whole.length; length++) {
      expect(judge(whole.subarray(0, length)), `${length} bytes`).toBe(FORMERR);
    }
  });
});
