// How long what other servers say is kept, and that nothing that they may send does harm.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { renderAnswer } from '../../src/upstream/cache-render.ts';
import { lookThrough } from '../../src/upstream/cache-reply.ts';
import type { UpstreamReply } from '../../src/upstream/upstreamed.ts';
import { Type } from '../../src/wire/codes.ts';
import { readMessage } from '../../src/wire/message.ts';
import { holds } from '../support/property.ts';
import { header, opt, question, record, u32, wire } from '../wire/packets.ts';
import { asked } from './asked.ts';
import {
  a,
  cname,
  DAY,
  looked,
  OWNER,
  placesOf,
  reply,
  replyBytes,
  type Said,
  soa,
  ttlsOf,
  WWW,
} from './cache-bytes.ts';

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
    expect(looked(said).life).toBe(life);
  });

  test('a CNAME that was asked for is no lead', () => {
    const asked = Uint8Array.from(question(wire('www', 'example', 'com'), Type.CNAME));
    expect(looked({ answers: [cname(300, 'x')] }, undefined, asked).life).toBe(300);
  });

  test('of ANY, whatever there is', () => {
    const asked = Uint8Array.from(question(wire('www', 'example', 'com'), Type.ANY));
    expect(looked({ answers: [record(OWNER, 13, [0, 0], 300)] }, undefined, asked).life).toBe(300);
  });

  test('an SOA that is none says nothing', () => {
    const broken = record(OWNER, Type.SOA, [0, 0], 9);
    const longer = record(OWNER, Type.SOA, new Array(23).fill(0), 9);
    expect(looked({ flags: NXDOMAIN, authority: [broken] }).life).toBe(0);
    expect(looked({ flags: NXDOMAIN, authority: [longer] }).life).toBe(0);
  });

  test('not less than the minimum nor more than the maximum, and every TTL given on is within', () => {
    const bounds = { min: 60, max: 600 };
    const kept = looked({ answers: [a(5), a(3000), a(100), a(2 ** 31)] }, bounds);
    expect(kept.life).toBe(60);
    expect(ttlsOf(kept)).toEqual([60, 600, 100, 60]);
    expect(looked({ answers: [a(3000)] }, bounds).life).toBe(600);
    expect(looked({ flags: NXDOMAIN, authority: [soa(5, 5)] }, bounds).life).toBe(60);
    expect(looked({ flags: SERVFAIL }, bounds).life).toBe(5);
  });

  test('the SOA of a negative answer is given on with the time that it is kept (RFC 2308 5)', () => {
    expect(ttlsOf(looked({ flags: NXDOMAIN, authority: [soa(3600, 60)] }))).toEqual([60]);
  });
});

function badVersion(bytes: readonly number[]): number[] {
  return bytes.map((byte, i) => (i === 5 ? 1 : byte));
}

describe('what is kept of it', () => {
  test('everything, and where its records are', () => {
    const unknown = record(wire('odd'), 65_280, [1, 2, 3], 77);
    const said = { flags: 0x85b0, answers: [a(300), unknown], additional: [opt()] };
    const kept = looked(said);
    expect(kept.reply).toEqual(reply(said));
    expect(placesOf(kept)).toEqual([
      { start: 33, ttl: 39 },
      { start: 49, ttl: 58 },
    ]);
  });

  test('other TTLs in bytes of its own', () => {
    const given = reply({ answers: [a(100_000)] });
    const before = given.message.slice();
    const kept = lookThrough(given, DAY);
    expect(given.message).toEqual(before);
    expect(kept.reply.message).toEqual(reply({ answers: [a(86_400)] }).message);
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
      fc.tuple(anySaid, fc.nat()).map(([said, cut]) => {
        const whole = replyBytes(said);
        return whole.subarray(0, cut % whole.length);
      }),
      fc
        .tuple(anySaid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }))
        .map(([said, changes]) => {
          const whole = replyBytes(said);
          for (const [place, byte] of changes) whole[place % whole.length] = byte;
          return whole;
        }),
    );
    holds(
      fc.property(bytes, fc.constantFrom(0, 2, 3, 5, 16), (message, rcode) => {
        const given: UpstreamReply = { kind: 'reply', message, rcode, errors: [] };
        const kept = lookThrough(given, DAY);
        expect(kept.reply.message.length).toBe(message.length);
        for (const { ttl } of placesOf(kept)) expect(ttl + 6).toBeLessThanOrEqual(message.length);
        const outcome = { kind: 'answer', ...kept, cameAt: 0, heldUntil: 0, stale: false } as const;
        const { request, query } = asked(Uint8Array.from([...header(), ...WWW]));
        renderAnswer(outcome, request, query, 1000, 512, new Uint8Array(512));
      }),
      2000,
    );
  });

  it('is not kept when it is cut off anywhere', () => {
    holds(
      fc.property(anySaid, fc.nat(), (said, cut) => {
        const whole = replyBytes({ ...said, flags: 0x8180 });
        const records = whole.length - 33;
        if (records === 0) return;
        const message = whole.subarray(0, 33 + (cut % records));
        expect(lookThrough({ kind: 'reply', message, rcode: 0, errors: [] }, DAY).life).toBe(0);
      }),
    );
  });

  it('is given on with no TTL below its life or above the maximum, and otherwise as it was', () => {
    const bounds = fc.tuple(fc.nat(100), fc.nat(100_000)).map(([min, more]) => ({ min, max: min + more }));
    holds(
      fc.property(anySaid, bounds, (said, lifetimes) => {
        const given = reply(said);
        const kept = lookThrough(given, lifetimes);
        const isKept = kept.life > 0 && given.rcode !== 2;
        for (const seconds of ttlsOf(kept)) {
          expect(seconds).toBeLessThanOrEqual(lifetimes.max);
          if (isKept) expect(seconds).toBeGreaterThanOrEqual(kept.life);
        }
        const [before, after] = [given.message.slice(), kept.reply.message.slice()];
        for (const { ttl } of placesOf(kept)) {
          before.set(u32(0), ttl);
          after.set(u32(0), ttl);
        }
        expect(Buffer.compare(before, after)).toBe(0);
        const records = readMessage(given.message);
        const sections = [records?.answers, records?.authority, records?.additional];
        expect(placesOf(kept)).toHaveLength(
          sections.reduce((sum, section) => sum + (section?.length ?? 0), 0),
        );
      }),
    );
  });
});
