// Other servers' answers out of the table: their bytes, but for id, question, flags, TTLs and OPT.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { renderAnswer } from '../../src/upstream/cache-render.ts';
import { readMessage } from '../../src/wire/message.ts';
import { Query } from '../../src/wire/query.ts';
import { holds } from '../support/property.ts';
import { header, opt, pointer, question, u16, u32, wire } from '../wire/packets.ts';
import { answerFrom, ForwardedScene } from './forwarded-scene.ts';

const NAME = ['www', 'Example', 'com'];
const ASKED = Uint8Array.from(question(wire(...NAME)));
const START = 12 + ASKED.length;

interface Drawn {
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
  /** Which name owns it, and which name its data ends in: the question's, a new one, or that of an earlier record. */
  readonly owner: number;
  readonly target: number;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  type: fc.constantFrom(1, 5, 46, 65, 65_280),
  ttl: fc.oneof(fc.integer({ min: 100, max: 600 }), fc.constantFrom(90_000, 2 ** 31, 2 ** 32 - 1)),
  data: fc.uint8Array({ maxLength: 60, size: 'max' }),
  owner: fc.nat(9),
  target: fc.nat(9),
});

/** Bytes of records in their message, names pointing at the question and at earlier records, and where TTLs stand. */
function laidOut(records: readonly Drawn[]): { bytes: number[]; starts: number[]; ttls: number[] } {
  const bytes: number[] = [];
  const starts: number[] = [];
  const ttls: number[] = [];
  const name = (choice: number): number[] => {
    const earlier = starts[choice - 3];
    if (earlier !== undefined) return pointer(earlier);
    return choice % 2 === 0 ? pointer(12) : [3, 0x61, 0x62, 0x63, ...pointer(16)];
  };
  for (const { type, ttl, data, owner, target } of records) {
    const written = name(owner);
    // A type that has names: only known types are compressed (RFC 3597 4).
    const rdata = type === 5 ? name(target) : type === 1 ? [192, 0, 2, target] : [...data];
    starts.push(START + bytes.length);
    ttls.push(START + bytes.length + written.length + 4);
    bytes.push(...written, ...u16(type), ...u16(1), ...u32(ttl), ...u16(rdata.length), ...rdata);
  }
  return { bytes, starts, ttls };
}

const said = fc.record({
  records: fc.oneof(
    fc.array(drawn, { minLength: 1, maxLength: 12, size: 'max' }),
    fc.array(drawn, { minLength: 30, maxLength: 60, size: 'max' }),
  ),
  first: fc.nat(60),
  second: fc.nat(60),
  flags: fc.nat(0xffff),
});

const client = fc.record({
  id: fc.nat(0xffff),
  upper: fc.nat(2 ** 12),
  ad: fc.boolean(),
  size: fc.option(fc.constantFrom(0, 512, 700, 1232, 4096)),
  age: fc.constantFrom(0, 1, 50, 99),
});

interface Reply {
  readonly bytes: Buffer;
  readonly counts: readonly [number, number, number];
  readonly ttls: readonly number[];
}

/** A positive reply: NOERROR, a record of the type asked for, not cut. */
function replyOf({
  records,
  first,
  second,
  flags,
}: typeof said extends fc.Arbitrary<infer T> ? T : never): Reply {
  const answers = 1 + Math.min(first, records.length - 1);
  const authority = Math.min(second, records.length - answers);
  const counts = [answers, authority, records.length - answers - authority] as const;
  const { bytes, ttls } = laidOut(records.with(0, { ...records[0]!, type: 1 }));
  // QR, opcode QUERY, no TC, rcode 0: the rest as it comes.
  const word = 0x8000 | (flags & ~0x7a0f);
  return {
    bytes: Buffer.from([...header({ flags: word, counts: [1, ...counts] }), ...ASKED, ...bytes]),
    counts,
    ttls,
  };
}

/** What a client must get that has room for all of it. */
function expected(request: Buffer, { bytes, ttls, counts }: Reply, age: number, edns: boolean): Buffer {
  const whole = Buffer.from(bytes);
  for (const place of ttls) {
    const ttl = whole.readUInt32BE(place);
    whole.writeUInt32BE(
      Math.min(86_400, ttl >= 2 ** 31 ? 0 : ttl) - Math.min(age, ttl >= 2 ** 31 ? 0 : ttl),
      place,
    );
  }
  request.copy(whole, 0, 0, 2);
  request.copy(whole, 12, 12, START);
  whole[2] = 0x81;
  whole[3] = 0x80 | (bytes[3]! & 0x40) | (bytes[3]! & request[3]! & 0x20);
  whole.writeUInt16BE(counts[2] + (edns ? 1 : 0), 10);
  return edns ? Buffer.concat([whole, Buffer.from(opt())]) : whole;
}

const seen = { whole: 0, cut: 0 };

it('are the same bytes, or as many records of them as fit', () => {
  const scene = new ForwardedScene();
  const query = new Query();
  holds(
    fc.property(said, client, (says, { id, upper, ad, size, age }) => {
      const reply = replyOf(says);
      const answer = answerFrom(reply.bytes, ASKED, scene.cameAt);
      // An answer with a TTL of 0 is not kept; here it is all the same.
      scene.keep(asking(0, 0, false, null), { ...answer, heldUntil: scene.cameAt + 100_000 });
      const request = asking(id, upper, ad, size);
      const got = scene.ask(request, age);
      const limit = Math.min(1232, Math.max(512, size ?? 512));
      const whole = expected(request, reply, age, size !== null);
      if (whole.length <= limit) {
        seen.whole++;
        expect(got?.toString('hex')).toBe(whole.toString('hex'));
        query.read(request, request.length);
        const main = Buffer.alloc(1232);
        const length = renderAnswer(answer, request, query, scene.cameAt + age * 1000, limit, main);
        expect(got?.equals(main.subarray(0, length))).toBe(true);
        return;
      }
      seen.cut++;
      expect(got!.length).toBeLessThanOrEqual(limit);
      const message = readMessage(Uint8Array.from(got!))!;
      const additional = message.additional.length - (size === null ? 0 : 1);
      const isCut = message.answers.length < reply.counts[0] || message.authority.length < reply.counts[1];
      expect((message.flags & 0x0200) !== 0).toBe(isCut);
      if (isCut) expect(additional).toBe(0);
      if (message.answers.length < reply.counts[0]) expect(message.authority).toEqual([]);
      const end = got!.length - (size === null ? 0 : 11);
      expect(got!.subarray(12, end).equals(whole.subarray(12, end))).toBe(true);
    }),
    1000,
  );
  console.info(seen);
  expect(seen.whole).toBeGreaterThan(100);
  expect(seen.cut).toBeGreaterThan(50);
});

/** The question as a client asks it, its letters in any case. */
function asking(id: number, upper: number, ad: boolean, size: number | null): Buffer {
  const labels = NAME.map((label, i) => ((upper >> i) & 1 ? label.toUpperCase() : label));
  return Buffer.from([
    ...header({ id, flags: 0x0100 | (ad ? 0x20 : 0), counts: [1, 0, 0, size === null ? 0 : 1] }),
    ...question(wire(...labels)),
    ...(size === null ? [] : opt({ size })),
  ]);
}
