// Replies as clients see them: the header echoed, the question's case kept, EDNS as RFC 6891 has it.
import { describe, expect, test } from 'vitest';
import { Rcode } from '../../src/wire/codes.ts';
import { ExtendedErrorCode, finishWithErrors } from '../../src/wire/extended-error.ts';
import { beginReply } from '../../src/wire/frame.ts';
import { isOpt, type Message } from '../../src/wire/message.ts';
import { Query } from '../../src/wire/query.ts';
import { renderEmpty } from '../../src/wire/reply.ts';
import { answered } from './answered.ts';
import { header, opt, option, pointer, query, question, record, u16, wire } from './packets.ts';

/** What a packet is answered with where reading alone decides it, as bytes. */
function refused(packet: readonly number[] | Uint8Array, rcode: Rcode): number[] {
  const request = Uint8Array.from(packet);
  const asked = new Query();
  asked.read(request, request.length);
  const reply = new Uint8Array(512).fill(0xff);
  return [...reply.subarray(0, renderEmpty(request, asked, rcode, reply))];
}

describe('a reply without records', () => {
  test('echoes id, opcode, RD, CD and the question byte for byte', () => {
    const packet = [...header({ id: 0x1234, flags: 0x0110 }), ...question(wire('WwW', 'eXaMpLe'), 33)];
    const expected = [...header({ id: 0x1234, flags: 0x8115 }), ...question(wire('WwW', 'eXaMpLe'), 33)];
    expect(refused(packet, Rcode.REFUSED)).toEqual(expected);
  });

  test('never says AA, TC, RA, AD or Z, whatever the query says', () => {
    expect(refused(query([], { flags: 0x07ef }), Rcode.SERVFAIL).slice(2, 4)).toEqual([0x81, 0x02]);
    expect(refused(query([], { flags: 0x07ff }), Rcode.SERVFAIL).slice(2, 4)).toEqual([0x81, 0x12]);
    expect(refused(query([], { flags: 0x0000 }), Rcode.SERVFAIL).slice(2, 4)).toEqual([0x80, 0x02]);
  });

  test('to another opcode has that opcode and no question, but an OPT where there was one', () => {
    const bare = header({ flags: 0xa804, counts: [0, 0, 0, 0] });
    expect(refused(query([], { flags: 0x2800 }), Rcode.NOTIMP)).toEqual(bare);
    const extended = [...header({ flags: 0xa804, counts: [0, 0, 0, 1] }), ...opt()];
    expect(refused(query([opt()], { flags: 0x2800 }), Rcode.NOTIMP)).toEqual(extended);
  });

  test.each<[what: string, packet: readonly number[] | Uint8Array]>([
    ['two questions', query([], { counts: [2, 0, 0, 0] })],
    ['a question that is cut', query().subarray(0, 20)],
    ['a name that never ends', [...header(), 1, 0x61, ...pointer(12)]],
  ])('to %s is a bare header', (_, packet) => {
    expect(refused(packet, Rcode.FORMERR)).toEqual(header({ flags: 0x8101, counts: [0, 0, 0, 0] }));
  });

  test('to rubbish behind a question echoes the question', () => {
    const packet = [...query(), 1, 2, 3];
    expect(refused(packet, Rcode.FORMERR)).toEqual([...query([], { flags: 0x8101 })]);
  });

  test('to two questions with an OPT is a header with an OPT (RFC 6891 7)', () => {
    const packet = [...header({ counts: [2, 0, 0, 1] }), ...question([0]), ...question([0]), ...opt()];
    const expected = [...header({ flags: 0x8101, counts: [0, 0, 0, 1] }), ...opt()];
    expect(refused(packet, Rcode.FORMERR)).toEqual(expected);
  });

  const bare = record(wire('a'), 1, [10, 0, 0, 1]);
  test.each<[what: string, packet: Uint8Array]>([
    ['two OPTs', query([opt(), opt()])],
    ['an OPT whose option is cut', query([opt({ options: [0, 10, 0, 9] })])],
    ['the same beside another record', query([bare, opt({ options: [0, 10, 0, 9] })])],
    ['an OPT and a byte too many', query([[...opt(), 0]])],
    ['an OPT, another record and a byte too many', query([opt(), [...bare, 0]])],
  ])('to %s has one OPT (RFC 6891 6.1.1)', (_, packet) => {
    const expected = query([opt()], { flags: 0x8101 });
    expect(refused(packet, Rcode.FORMERR)).toEqual([...expected]);
  });

  test('BADVERS is split between header and OPT, whose version is ours (RFC 6891 6.1.3)', () => {
    const reply = refused(query([opt({ version: 1, flags: 0x8000 })]), Rcode.BADVERS);
    const extended = [0, ...u16(41), ...u16(1232), 1, 0, 0x80, 0, 0, 0];
    expect(reply).toEqual([...query([extended], { flags: 0x8100 })]);
  });

  test('may have options: an extended DNS error and a cookie', () => {
    const request = query([opt()]);
    const asked = new Query();
    asked.read(request, request.length);
    asked.ede = ExtendedErrorCode.PROHIBITED;
    asked.sendsCookie = true;
    asked.replyCookie.set(Array.from({ length: 24 }, (_, i) => i));
    const reply = new Uint8Array(512).fill(0xff);
    const length = renderEmpty(request, asked, Rcode.BADCOOKIE, reply);
    const options = [
      ...option(15, [0, 18]),
      ...option(
        10,
        Array.from({ length: 24 }, (_, i) => i),
      ),
    ];
    const extended = [0, ...u16(41), ...u16(1232), 1, 0, 0, 0, ...u16(options.length), ...options];
    expect([...reply.subarray(0, length)]).toEqual([...query([extended], { flags: 0x8107 })]);
    expect(asked.optAt).toBe(length - extended.length);
  });

  test('may have extended errors of other servers behind those', () => {
    const request = query([opt()]);
    const asked = new Query();
    asked.read(request, request.length);
    asked.ede = ExtendedErrorCode.STALE_ANSWER;
    asked.sendsCookie = true;
    asked.replyCookie.fill(7);
    const reply = new Uint8Array(512).fill(0xff);
    const text = Buffer.from('gone');
    const start = beginReply(request, asked, Rcode.SERVFAIL, 0, reply);
    const errors = [22, 23].map((code) => ({ code, text }));
    const limit = start + asked.optLength + 10;
    const length = finishWithErrors(asked, Rcode.SERVFAIL, errors, limit, reply, start);
    const options = [
      ...option(15, [0, 3]),
      ...option(10, new Array<number>(24).fill(7)),
      ...option(15, [0, 22, ...text]),
    ];
    expect([...reply.subarray(0, length)]).toEqual([...query([opt({ options })], { flags: 0x8102 })]);
  });

  test('to the longest question fits 512 bytes', () => {
    const longest = wire('a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61));
    const packet = [...header({ counts: [1, 0, 0, 1] }), ...question(longest), ...opt()];
    expect(refused(packet, Rcode.REFUSED)).toHaveLength(12 + 255 + 4 + 11);
  });
});

describe('EDNS in replies', () => {
  const optOf = (message: Message) => message.additional.filter(isOpt);

  test('no OPT in the query, none in the reply', () => {
    expect(optOf(answered(query(), {}))).toEqual([]);
  });

  test.each([
    [0, 0],
    [0x8000, 0x8000],
    [0xffff, 0x8000],
  ])('flags %i in the query are %i in the reply: DO alone is copied (RFC 3225)', (flags, copied) => {
    const sent = optOf(
      answered(query([opt({ flags, size: 4096, options: option(10, new Array<number>(8).fill(1)) })]), {}),
    );
    expect(sent.map((record) => [record.class, record.ttl])).toEqual([[1232, copied]]);
    // No option is understood, so none is sent (RFC 6891 6.1.2).
    expect(sent[0]?.rdata).toEqual({ type: 'unknown', code: 41, data: new Uint8Array(0) });
  });
});
