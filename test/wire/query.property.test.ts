// The query reader against any bytes: always a verdict, the same as the plain judge gives, nothing read past the length.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Query, Verdict } from '../../src/wire/query.ts';
import { hostilePackets } from '../support/hostile.ts';
import { holds, SEED } from '../support/property.ts';
import { type Judged, judged } from './judged.ts';
import { opt, option, query } from './packets.ts';

const asked = new Query();

/** Reads a packet that stands at the start of a buffer filled with `filler`. */
function read(packet: Uint8Array, filler: number): Judged {
  const buffer = new Uint8Array(packet.length + 600).fill(filler);
  buffer.set(packet);
  const verdict = asked.read(buffer, packet.length);
  const key = asked.nameLength === 0 ? '' : asked.key.subarray(0, asked.nameLength + 2);
  return {
    verdict,
    key: Buffer.from(key).toString('latin1'),
    class: asked.nameLength === 0 ? 0 : asked.class,
    questionEnd: asked.questionEnd,
    edns: asked.edns,
    udpSize: asked.udpSize,
    dnssecOk: asked.dnssecOk,
    cookieAt: asked.cookieAt,
    cookieLength: asked.cookieLength,
  };
}

/** What a reply to it depends on: EDNS counts only where the query was read to its end. */
function meaning(result: Judged): Judged {
  const whole = result.verdict === Verdict.OK || result.verdict === Verdict.BADVERS;
  return whole
    ? result
    : { ...result, edns: false, udpSize: 512, dnssecOk: false, cookieAt: 0, cookieLength: 0 };
}

function agrees(packet: Uint8Array): Verdict {
  const first = read(packet, 0);
  expect(read(packet, 0xff)).toEqual(first);
  expect(meaning(first)).toEqual(meaning(judged(packet)));
  expect(first.questionEnd).toBeLessThanOrEqual(Math.max(12, packet.length));
  return first.verdict;
}

test('any bytes', () => {
  holds(
    fc.property(fc.uint8Array({ maxLength: 120 }), (packet) => {
      agrees(packet);
    }),
    2000,
  );
});

test('any bytes behind a header that asks for more', () => {
  const counts = fc.constantFrom(0, 1, 2, 65535);
  const head = fc
    .tuple(counts, counts, counts)
    .map((rest) => [1, 2, 1, 0, 0, 1, ...rest.flatMap((count) => [count >>> 8, count & 0xff])]);
  const byte = fc.oneof(fc.constantFrom(0, 1, 41, 63, 64, 0xc0), fc.nat(255));
  holds(
    fc.property(head, fc.array(byte, { maxLength: 60 }), (start, rest) => {
      agrees(Uint8Array.from([...start, ...rest]));
    }),
    3000,
  );
});

/** A query with everything that the reader knows: two labels, a type, OPT with a cookie and another option. */
const WHOLE = query([
  opt({ flags: 0x8000, options: [...option(10, [1, 2, 3, 4, 5, 6, 7, 8]), ...option(15, [0, 1])] }),
]);
/** Bytes that mean something in one place or another: lengths, pointers, types, ends of ranges. */
const telling = fc.oneof(
  fc.constantFrom(0, 1, 2, 10, 11, 12, 15, 41, 63, 64, 0x80, 0xbf, 0xc0, 0xff),
  fc.nat(255),
);

/** One change at a time, so that a failure shrinks to the few that matter. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(WHOLE.length), byte: telling }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(WHOLE.length), byte: telling }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(WHOLE.length), byte: fc.nat(12) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(WHOLE.length), byte: fc.nat(30) }),
);

/** Applies a change; where `byte` is no byte it is a length. */
function changed(packet: number[], { kind, at, byte }: { kind: string; at: number; byte: number }): number[] {
  const [before, after] = [packet.slice(0, at), packet.slice(at)];
  if (kind === 'set') return [...before, byte, ...after.slice(1)];
  if (kind === 'insert') return [...before, byte, ...after];
  if (kind === 'remove') return [...before, ...after.slice(byte)];
  return [...before, ...after.slice(0, byte), ...after];
}

test('a whole query, changed in a few places, is read, refused, and everything between', () => {
  const seen = new Set<Verdict>();
  holds(
    fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
      seen.add(agrees(Uint8Array.from(changes.reduce(changed, [...WHOLE]))));
    }),
    5000,
  );
  expect(seen.size).toBeGreaterThanOrEqual(4);
});

test(`10,000 hostile packets meet every verdict (FC_SEED=${SEED})`, () => {
  const packets = hostilePackets(SEED);
  const seen = new Map<Verdict, number>();
  for (let i = 0; i < 10_000; i++) {
    const packet = packets.next().value;
    const verdict = agrees(packet);
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  }
  for (const verdict of Object.values(Verdict)) expect(seen.get(verdict)).toBeGreaterThan(50);
});
