// Negative replies: the zone's SOA in the authority section (RFC 2308), rendered from numbers alone.
import { describe, expect, test } from 'vitest';
import { Rcode } from '../../src/wire/codes.ts';
import { layOutNegative } from '../../src/wire/compiled.ts';
import { isOpt, type Message, readMessage } from '../../src/wire/message.ts';
import { ZoneWords } from '../../src/wire/negative.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { renderCompiled } from '../../src/wire/reply.ts';
import { header, name, opt, question, wire } from './packets.ts';

const SERIAL = 0xfffffffe;

/** The reply to a question of these labels in a zone of that name, beside another zone. */
function negative(
  labels: readonly string[],
  zone: string,
  rcode: Rcode,
  edns = false,
  stale = 0,
): Message & { length: number } {
  const counts = [1, 0, 0, edns ? 1 : 0] as const;
  const request = Uint8Array.from([
    ...header({ counts }),
    ...question(wire(...labels)),
    ...(edns ? opt() : []),
  ]);
  const asked = new Query();
  expect(asked.read(request, request.length)).toBe(Verdict.OK);
  const words = new Uint32Array(ZoneWords.FIRST + 2 * ZoneWords.STRIDE);
  words.set([10, stale, 1, 1, SERIAL, name(zone).length]);
  const reply = new Uint8Array(512).fill(0xff);
  const length = renderCompiled(request, asked, layOutNegative(rcode, 1), 0, 7, words, 512, reply);
  return { ...readMessage(reply.slice(0, length))!, length };
}

describe('a negative reply', () => {
  test.each<[rcode: Rcode]>([[Rcode.NXDOMAIN], [Rcode.NOERROR]])(
    'with rcode %d has the SOA alone',
    (rcode) => {
      const reply = negative(['No', 'Such', 'skydns', 'local'], 'skydns.local', rcode);
      expect(reply.flags).toBe(0x8500 | rcode);
      expect([reply.answers, reply.additional]).toEqual([[], []]);
      expect(reply.authority).toEqual([
        {
          owner: name('skydns.local'),
          class: 1,
          // The negative TTL both as TTL and as minimum: clients take the smaller one (RFC 2308 5).
          ttl: 10,
          rdata: {
            type: 6,
            mname: name('ns.dns.skydns.local'),
            rname: name('hostmaster.skydns.local'),
            serial: SERIAL,
            refresh: 7200,
            retry: 1800,
            expire: 86400,
            minimum: 10,
          },
        },
      ]);
    },
  );

  test.each<[question: string[], zone: string]>([
    [['skydns', 'local'], 'skydns.local'],
    [['local'], 'local'],
    [['a', 'b'], '.'],
    [[], '.'],
    [['1', '0', '0', '10', 'in-addr', 'arpa'], '10.in-addr.arpa'],
  ])('to %j names the zone %s', (labels, zone) => {
    const [soa] = negative(labels, zone, Rcode.NOERROR).authority;
    const below = zone === '.' ? '' : `.${zone}`;
    expect(soa?.owner).toEqual(name(zone));
    expect(soa?.rdata).toMatchObject({ mname: name(`ns.dns${below}`), rname: name(`hostmaster${below}`) });
  });

  test.each([
    [7, 7],
    [30, 10],
  ])('of a stale zone may be kept for %d s at most: its TTL is %d, and the reply says why', (stale, ttl) => {
    const reply = negative(['no', 'local'], 'local', Rcode.NXDOMAIN, true, stale);
    expect(reply.authority).toMatchObject([{ ttl, rdata: { minimum: 10 } }]);
    expect(reply.additional[0]?.rdata).toMatchObject({ data: Uint8Array.of(0, 15, 0, 2, 0, 3) });
    expect(negative(['no', 'local'], 'local', Rcode.NXDOMAIN, false, stale).authority[0]?.ttl).toBe(ttl);
  });

  test('has an OPT where the query had one, and fits 512 bytes however long the question', () => {
    const longest = ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(54), 'local'];
    const reply = negative(longest, 'local', Rcode.NXDOMAIN, true);
    expect(reply.additional.map(isOpt)).toEqual([true]);
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(reply.authority[0]?.owner).toEqual(name('local'));
  });
});
