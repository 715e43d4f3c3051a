// How long what other servers say is kept, and that nothing that they may send does harm.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Type } from '../../src/wire/codes.ts';
import { readMessage } from '../../src/wire/message.ts';
import { holds } from '../support/property.ts';
import { opt, question, record, u16, u32, wire } from '../wire/packets.ts';
import { a, cname, looked, OWNER, placesOf, reply, type Said, soa, ttlsOf } from './cache-bytes.ts';

const NXDOMAIN = 0x8183;
const SERVFAIL = 0x8182;

describe('how long a reply is kept', () => {
  test.each<[what: string, said: Said, life: number]>([
    ['the TTL of its record', { answers: [a(300)] }, 300],
    ['the least TTL of its answer', { answers: [a(300), a(60, 2)] }, 60],
    ['the least TTL of all sections', { answers: [a(300)], authority: [a(200)], additional: [a(100)] }, 100],
    ['OPT has no TTL', { answers: [a(300)], additional: [opt()] }, 300],
    ['no longer than a day', { answers: [a(2 ** 31 - 1)] }, 86_400],
    ['a TTL with the top bit set is 0 (RFC 2181 8)', { answers: [a(2 ** 31)] }, 0],
    ['the greatest TTL is 0 too', { answers: [a(2 ** 32 - 1)] }, 0],
    ['a TTL of 0 is not kept', { answers: [a(300), a(0)] }, 0],
    ['not where it is truncated', { flags: 0x8380, answers: [a(300)] }, 0],
    ['NXDOMAIN by the TTL of its SOA', { flags: NXDOMAIN, authority: [soa(60, 3600)] }, 60],
    ['NXDOMAIN by the minimum of its SOA', { flags: NXDOMAIN, authority: [soa(3600, 60)] }, 60],
    ['NXDOMAIN without SOA: not', { flags: NXDOMAIN }, 0],
    ['NXDOMAIN with an SOA in the wrong section: not', { flags: NXDOMAIN, additional: [soa(60, 60)] }, 0],
    ['NODATA by its SOA', { authority: [soa(3600, 60)] }, 60],
    ['NODATA without SOA, or a referral: not', { authority: [record(OWNER, Type.NS, [0], 300)] }, 0],
    ['a minimum with the top bit set is 0', { flags: NXDOMAIN, authority: [soa(3600, 2 ** 31)] }, 0],
    ['a CNAME to nothing by the SOA', { answers: [cname(300, 'x')], authority: [soa(3600, 60)] }, 60],
    ['a CNAME to nothing by the CNAME', { answers: [cname(30, 'x')], authority: [soa(3600, 60)] }, 30],
    ['a CNAME that leads nowhere: not', { answers: [cname(300, 'x')] }, 0],
    ['a CNAME with what it leads to', { answers: [cname(300, 'x'), a(40)] }, 40],
    [
      'a CNAME to a name that does not exist',
      { flags: NXDOMAIN, answers: [cname(3, 'x')], authority: [soa(9, 9)] },
      3,
    ],
    ['SERVFAIL for five seconds', { flags: SERVFAIL }, 5],
    ['SERVFAIL for five seconds whatever is in it', { flags: SERVFAIL, answers: [a(300)] }, 5],
    ['REFUSED: not', { flags: 0x8185, answers: [a(300)] }, 0],
    [
      'BADVERS, whose upper bits are in OPT: not',
      { answers: [a(300)], additional: [opt()].map(badVersion) },
      0,
    ],
  ])('%s', (_, said, life) => {
    expect(looked(reply(said))?.life).toBe(life);
  });

  test('a CNAME that was asked for is no lead', () => {
    const asked = question(wire('www', 'example', 'com'), Type.CNAME);
    const bytes = reply({ question: asked, answers: [cname(300, 'x')] });
    expect(looked(bytes, undefined, bytes)?.life).toBe(300);
  });

  test('of ANY, whatever there is', () => {
    const asked = question(wire('www', 'example', 'com'), Type.ANY);
    const bytes = reply({ question: asked, answers: [record(OWNER, 13, [0, 0], 300)] });
    expect(looked(bytes, undefined, bytes)?.life).toBe(300);
  });

  test('not less than the minimum nor more than the maximum, and every TTL given on is within', () => {
    const bounds = { min: 60, max: 600 };
    const kept = looked(reply({ answers: [a(5), a(3000), a(100), a(2 ** 31)] }), bounds);
    expect(kept?.life).toBe(60);
    expect(kept === undefined ? [] : ttlsOf(kept)).toEqual([60, 600, 100, 60]);
    expect(looked(reply({ answers: [a(3000)] }), bounds)?.life).toBe(600);
    expect(looked(reply({ flags: NXDOMAIN, authority: [soa(5, 5)] }), bounds)?.life).toBe(60);
    expect(looked(reply({ flags: SERVFAIL }), bounds)?.life).toBe(5);
  });

  test('the SOA of a negative answer is given on with the time that it is kept (RFC 2308 5)', () => {
    const kept = looked(reply({ flags: NXDOMAIN, authority: [soa(3600, 60)] }));
    expect(kept === undefined ? [] : ttlsOf(kept)).toEqual([60]);
  });
});

function badVersion(bytes: readonly number[]): number[] {
  return bytes.map((byte, i) => (i === 5 ? 1 : byte));
}

describe('what is kept of it', () => {
  test('everything but OPT, flags as they were', () => {
    const unknown = record(wire('odd'), 65_280, [1, 2, 3], 77);
    const kept = looked(reply({ flags: 0x85b0, answers: [a(300), unknown], additional: [opt()] }));
    const expected = reply({ flags: 0x85b0, answers: [a(300), unknown] });
    expect(kept?.message).toEqual(expected);
    expect(kept?.questionEnd).toBe(33);
    expect([...(kept?.places ?? [])]).toEqual([33, 39, 49, 58]);
  });

  test('records behind OPT and bytes behind all records are left out', () => {
    const additional = [a(9, 9), opt(), a(1, 8)];
    const kept = looked(reply({ answers: [a(300)], additional, behind: [1, 2, 3] }));
    expect(kept?.message).toEqual(reply({ answers: [a(300)], additional: [a(9, 9)] }));
    expect(kept?.life).toBe(9);
  });

  test('the rcode whole', () => {
    expect(looked(reply({ additional: [badVersion(opt())] }))?.rcode).toBe(16);
    expect(looked(reply({ flags: NXDOMAIN }))?.rcode).toBe(3);
  });

  test('bytes of its own', () => {
    const bytes = reply({ answers: [a(300)] });
    const kept = looked(bytes);
    bytes.fill(0xff);
    expect(kept?.message).toEqual(reply({ answers: [a(300)] }));
  });
});

describe('what is no reply to the query', () => {
  const www = question(wire('www', 'example', 'com'));
  test.each<[what: string, said: Said]>([
    ['a query', { flags: 0x0100 }],
    ['another opcode', { flags: 0xa980 }],
    ['no question', { question: [], questions: 0 }],
    ['two questions', { question: [...www, ...www], questions: 2 }],
    ['another name', { question: question(wire('wwx', 'example', 'com')) }],
    ['a longer name', { question: question(wire('www', 'example', 'com', 'x')) }],
    ['a shorter name', { question: question(wire('www', 'example')) }],
    ['another type', { question: question(wire('www', 'example', 'com'), 28) }],
    ['another class', { question: question(wire('www', 'example', 'com'), 1, 3) }],
    ['a record cut short', { answers: [a(300).slice(0, -1)] }],
    ['fewer records than it says', { answers: [a(300), []] }],
    ['a label of an unknown kind', { answers: [[0x41, 0, ...a(300)]] }],
    ['two OPT records', { additional: [opt(), opt()] }],
    ['OPT among the answers', { answers: [opt()] }],
    ['OPT that has a name', { additional: [opt({ owner: wire('x') })] }],
    ['an SOA that is none', { flags: NXDOMAIN, authority: [record(OWNER, Type.SOA, [0, 0], 9)] }],
    ['an SOA with something behind it', { authority: [record(OWNER, Type.SOA, new Array(23).fill(0), 9)] }],
  ])('%s', (_, said) => {
    expect(looked(reply(said))).toBeUndefined();
  });

  test('more than any message holds', () => {
    expect(looked(reply({ behind: new Array(65_536).fill(0) }))).toBeUndefined();
  });

  it('may have the question in another case', () => {
    const shouted = question(wire('WWW', 'eXample', 'com'));
    expect(looked(reply({ question: shouted, answers: [a(300)] }))?.life).toBe(300);
  });
});

const ttl = fc.oneof(fc.nat(100), fc.constantFrom(0, 86_400, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1));
const anyRecord = fc.oneof(
  ttl.map((seconds) => a(seconds)),
  fc.tuple(ttl, ttl).map(([seconds, minimum]) => soa(seconds, minimum)),
  ttl.map((seconds) => cname(seconds, 'x', 'example')),
  fc
    .tuple(fc.integer({ min: 256, max: 65_535 }), ttl, fc.uint8Array({ maxLength: 40 }))
    .map(([type, seconds, rdata]) => record(wire('odd'), type, [...rdata], seconds)),
);
const anySection = fc.array(anyRecord, { maxLength: 4 });
const anySaid: fc.Arbitrary<Said> = fc.record({
  flags: fc.integer({ min: 0x8000, max: 0x87ff }),
  answers: anySection,
  authority: anySection,
  additional: fc
    .tuple(anySection, fc.boolean())
    .map(([records, edns]) => (edns ? [...records, opt()] : records)),
});

describe('whatever comes', () => {
  it('does no harm', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.tuple(anySaid, fc.uint8Array({ maxLength: 40 })).map(([said, tail]) => {
        const whole = reply(said);
        return Uint8Array.from([...whole.subarray(0, Math.max(0, whole.length - tail.length)), ...tail]);
      }),
      fc
        .tuple(anySaid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }))
        .map(([said, changes]) => {
          const whole = reply(said);
          for (const [place, byte] of changes) whole[place % whole.length] = byte;
          return whole;
        }),
    );
    holds(
      fc.property(bytes, (given) => {
        const kept = looked(given);
        if (kept === undefined) return;
        expect(kept.message.length).toBeLessThanOrEqual(given.length);
        for (const { ttl } of placesOf(kept)) expect(ttl + 6).toBeLessThanOrEqual(kept.message.length);
      }),
      2000,
    );
  });

  it('is nothing when it is cut off anywhere', () => {
    holds(
      fc.property(anySaid, fc.nat(), (said, cut) => {
        const whole = reply(said);
        expect(looked(whole.subarray(0, cut % whole.length))).toBeUndefined();
      }),
    );
  });

  it('is given on with no TTL below its life or above the maximum, and otherwise as it was', () => {
    const bounds = fc.tuple(fc.nat(100), fc.nat(100_000)).map(([min, more]) => ({ min, max: min + more }));
    holds(
      fc.property(anySaid, bounds, (said, lifetimes) => {
        const whole = reply(said);
        const kept = looked(whole, lifetimes);
        if (kept === undefined) return;
        const before = readMessage(whole);
        const after = readMessage(kept.message);
        const isKept = kept.life > 0 && kept.rcode !== 2;
        for (const seconds of ttlsOf(kept)) {
          expect(seconds).toBeLessThanOrEqual(lifetimes.max);
          if (isKept) expect(seconds).toBeGreaterThanOrEqual(kept.life);
        }
        const blank = kept.message.slice();
        const original = whole.slice(0, blank.length);
        for (const { ttl } of placesOf(kept)) {
          blank.set(u32(0), ttl);
          original.set(u32(0), ttl);
        }
        original.set(blank.subarray(10, 12), 10);
        expect(Buffer.compare(blank, original)).toBe(0);
        expect(after?.answers.length).toBe(before?.answers.length);
        expect(after?.authority.length).toBe(before?.authority.length);
        expect(u16(kept.places.length / 2)).toEqual(
          u16(
            [after?.answers, after?.authority, after?.additional].reduce((n, s) => n + (s?.length ?? 0), 0),
          ),
        );
      }),
    );
  });
});
