// The renderer against the plain way of putting a reply together: any records, sizes, limits and turns.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOpt, readMessage } from '../../src/wire/message.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { typeOf } from '../../src/wire/rdata.ts';
import { renderCompiled } from '../../src/wire/reply.ts';
import { holds } from '../support/property.ts';
import { NOTHING } from './answered.ts';
import { header, opt, pointer, question, record, wire } from './packets.ts';
import {
  type Beside,
  compiled,
  inTurn,
  NOTHING_BESIDE,
  type Plain,
  type PlainAnswer,
  type PlainReply,
  plainReply,
  zoneWords,
} from './plain-reply.ts';

const rdata = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.nat(300).map((length) => new Uint8Array(length).fill(length)) },
);

/** Records of a type whose RDATA may be anything; their TTL tells them apart. */
const records = (owner: readonly number[], type: number, min: number, max: number): fc.Arbitrary<Plain[]> =>
  fc
    .array(rdata, { minLength: min, maxLength: max, size: 'max' })
    .map((datas) => datas.map((data, i) => record(owner, type, [...data], i)));

const owner = fc.constantFrom(pointer(12), [0], wire('a'), [2, 0x61, 0x62, ...pointer(12)]);
/** Whole RRsets: owners may be alike, the types then tell the sets apart. */
const additional = fc
  .array(owner, { maxLength: 6 })
  .chain((owners) => fc.tuple(...owners.map((name, i) => records(name, 65280 + i, 1, 6))));

const soa = record(pointer(12), 6, [...pointer(12), ...pointer(12), ...new Array<number>(20).fill(0xee)]);

const negative = fc.record<PlainAnswer>({
  rcode: fc.constantFrom(0, 3),
  authoritative: fc.boolean(),
  alternatives: fc.constant(0),
  rotateFrom: fc.constant(0),
  rotateCount: fc.constant(0),
  answers: fc.constant([]),
  soa: fc.constant(soa),
  additional: fc.constant([]),
});

const positive = fc
  .record({
    answers: records(pointer(12), 65279, 0, 60),
    alternatives: fc.nat(5),
    first: fc.nat(6),
    count: fc.nat(60),
    additional,
    authoritative: fc.boolean(),
  })
  .map(({ first, count, ...rest }): PlainAnswer => {
    const alternatives =
      rest.alternatives > 1 && rest.alternatives <= rest.answers.length ? rest.alternatives : 0;
    const rotateFrom = Math.min(alternatives + first, rest.answers.length);
    const rotateCount = Math.min(count, rest.answers.length - rotateFrom);
    return { ...rest, rcode: 0, alternatives, rotateFrom, rotateCount, soa: undefined };
  });

/** Mixed case, every flag a query may have, with and without EDNS. */
const request = fc
  .record({
    labels: fc.array(fc.constantFrom('a', 'Rails', 'EXAMPLE', 'x'.repeat(63)), { maxLength: 3 }),
    flags: fc.nat(0x07ff),
    id: fc.nat(0xffff),
    edns: fc.option(fc.record({ size: fc.nat(65535), flags: fc.nat(0xffff) })),
  })
  .map(({ labels, flags, id, edns }) => {
    const counts = [1, 0, 0, edns === null ? 0 : 1] as const;
    const bytes = [
      ...header({ id, flags, counts }),
      ...question(wire(...labels), 16),
      ...(edns === null ? [] : opt(edns)),
    ];
    return Uint8Array.from(bytes);
  });

const asked = new Query();
const SERIAL = 0xfedcba98;
const FAR = 70_000;

interface Case {
  readonly packet: Uint8Array;
  readonly answer: PlainAnswer;
  readonly turn: number;
  readonly limit: number;
  readonly base: number;
  readonly beside?: Beside;
}

const beside: fc.Arbitrary<Beside> = fc.record({
  ede: fc.constantFrom(-1, -1, 0, 22),
  cookie: fc.option(fc.array(fc.nat(255), { minLength: 24, maxLength: 24 }), { nil: undefined }),
  recursionAvailable: fc.boolean(),
  stale: fc.constantFrom(0, 0, 1, 7, 30),
});

const anyCase: fc.Arbitrary<Case> = fc.record({
  packet: request,
  answer: fc.oneof({ weight: 1, arbitrary: negative }, { weight: 5, arbitrary: positive }),
  turn: fc.oneof(fc.nat(100), fc.nat(0x7fffffff)),
  limit: fc.oneof(fc.constantFrom(512, 1232, 65535), fc.integer({ min: 512, max: 3000 })),
  base: fc.nat(40),
  beside,
});

/** Renders from the middle of other memory into a reply full of what was there before. */
function rendered({ packet, answer, turn, limit, base, beside = NOTHING_BESIDE }: Case): {
  bytes: Uint8Array;
  expected: PlainReply;
} {
  expect(asked.read(packet, packet.length)).toBe(Verdict.OK);
  const alone = compiled(answer);
  const memory = new Uint8Array(base + alone.length + 40).fill(0xff);
  memory.set(alone, base);
  const reply = new Uint8Array(FAR).fill(0xff);
  asked.ede = beside.ede;
  asked.recursionAvailable = beside.recursionAvailable;
  asked.sendsCookie = beside.cookie !== undefined;
  asked.replyCookie.set(beside.cookie ?? []);
  const words = zoneWords(SERIAL, beside.stale);
  const length = renderCompiled(packet, asked, memory, base, turn, words, limit, reply);
  expect(asked.optAt).toBe(asked.edns ? length - asked.optLength : 0);
  expect(reply.subarray(Math.max(length, limit)).every((byte) => byte === 0xff)).toBe(true);
  const { questionEnd, edns, dnssecOk } = asked;
  const of = { request: packet, questionEnd, edns, dnssecOk };
  return {
    bytes: reply.slice(0, length),
    expected: plainReply(of, answer, turn, SERIAL, limit, beside),
  };
}

test('byte for byte what the plain way gives', () => {
  holds(
    fc.property(anyCase, (of) => {
      const { bytes, expected } = rendered(of);
      expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(expected.bytes).toString('hex'));
    }),
    1500,
  );
});

test('a message within its limit; TC exactly where answers are missing; additional RRsets whole or absent', () => {
  holds(
    fc.property(anyCase, (of) => {
      const { bytes } = rendered(of);
      expect(bytes.length).toBeLessThanOrEqual(of.limit);
      const message = readMessage(bytes);
      const wanted = inTurn(of.answer, of.turn).length;
      const sent = message?.answers.length ?? -1;
      expect((message!.flags & 0x0200) !== 0).toBe(sent < wanted);
      const extra = message!.additional.filter((r) => !isOpt(r));
      if (sent < wanted) expect(extra).toEqual([]);
      of.answer.additional.forEach((set, i) => {
        const there = extra.filter((r) => typeOf(r.rdata) === 65280 + i).length;
        expect([0, set.length]).toContain(there);
      });
      const last = message!.additional.at(-1);
      expect(last !== undefined && isOpt(last)).toBe(asked.edns);
      expect(bytes.subarray(12, asked.questionEnd)).toEqual(of.packet.subarray(12, asked.questionEnd));
    }),
    1000,
  );
});

test('every turn is another rotation of the same records, and each record comes first as often as the others', () => {
  holds(
    fc.property(records(pointer(12), 65279, 1, 30), (answers) => {
      const rotateCount = answers.length;
      const answer = { ...NOTHING, answers, rotateCount };
      const firsts = answers.map((_, turn) => {
        const { bytes } = rendered({ packet: PACKET, answer, turn, limit: 65535, base: 0 });
        const ttls = readMessage(bytes)!.answers.map((r) => r.ttl);
        const doubled = answers.flatMap((__, i) => [i]).concat(answers.map((__, i) => i));
        expect(doubled.slice(ttls[0], ttls[0]! + rotateCount)).toEqual(ttls);
        return ttls[0];
      });
      expect(firsts.toSorted((a, b) => a! - b!)).toEqual(answers.map((_, i) => i));
    }),
    100,
  );
});

const PACKET = Uint8Array.from([...header(), ...question(wire('a'), 16)]);
