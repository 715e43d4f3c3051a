// Which replies are believed, and what is kept of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptReply, isTruncated, Match, matchReply } from '../../src/upstream/receive.ts';
import { holds } from '../support/property.ts';
import { header, opt, option, pointer, question, record, u16, wire } from '../wire/packets.ts';
import { accepted, replyBytes, WWW } from './asked.ts';

const A = record(pointer(12), 1, [192, 0, 2, 1]);
const ID = 0xbeef;

describe('a reply', () => {
  const match = (bytes: Uint8Array | readonly number[]) => matchReply(Uint8Array.from(bytes), ID, WWW);

  it.each([
    ['with the same question', replyBytes({ answers: [A] }), Match.YES],
    ['with another id', replyBytes({ id: 0xbeee }), Match.NO],
    ['that is a query', replyBytes({ flags: 0x0180 }), Match.NO],
    ['with another opcode', replyBytes({ flags: 0xa180 }), Match.NO],
    ['with another name', replyBytes({ question: question(wire('wwx', 'example')) }), Match.NO],
    ['with another type', replyBytes({ question: question(wire('www', 'example'), 28) }), Match.NO],
    ['with another class', replyBytes({ question: question(wire('www', 'example'), 1, 3) }), Match.NO],
    [
      'with a type that differs by the bit of case',
      replyBytes({ question: [...WWW.subarray(0, -3), 0x41, 0, 1] }),
      Match.NO,
    ],
    [
      'with a name in another case',
      replyBytes({ question: question(wire('wWw', 'example')) }),
      Match.OTHER_CASE,
    ],
    ['with two questions', [...header({ flags: 0x8180, counts: [2, 0, 0, 0] }), ...WWW, ...WWW], Match.NO],
    ['whose question is cut', replyBytes().subarray(0, -1), Match.NO],
    ['without a question', header({ flags: 0x8180, counts: [0, 0, 0, 0] }), Match.NO],
    ['without a question, FORMERR', header({ flags: 0x8181, counts: [0, 0, 0, 0] }), Match.BARE],
    ['without a question, REFUSED', header({ flags: 0x8185, counts: [0, 0, 0, 0] }), Match.BARE],
    ['shorter than a header', header({ flags: 0x8181 }).slice(0, 11), Match.NO],
    ['of no bytes', [], Match.NO],
  ])('%s', (_what, bytes, expected) => {
    expect(match(bytes)).toBe(expected);
  });

  it('says that it is truncated', () => {
    expect(isTruncated(replyBytes({ flags: 0x8380 }))).toBe(true);
    expect(isTruncated(replyBytes())).toBe(false);
  });
});

describe('what is kept', () => {
  const accept = (bytes: Uint8Array | readonly number[]) => acceptReply(Uint8Array.from(bytes), WWW);

  it('is a copy of the message', () => {
    const bytes = replyBytes({ answers: [A] });
    const reply = acceptReply(bytes, WWW);
    expect(reply).toEqual({ kind: 'reply', message: bytes, rcode: 0, errors: [] });
    expect(reply?.message.buffer).not.toBe(bytes.buffer);
  });

  it('is without OPT, whose rcode and errors are read', () => {
    const options = [...option(10, [1, 2]), ...option(15, [0, 18, 0x6e, 0x6f]), ...option(15, [0, 4])];
    const wide = opt({ options });
    wide[5] = 1;
    expect(accepted({ flags: 0x8183, answers: [A], additional: [A, wide] })).toEqual({
      kind: 'reply',
      message: replyBytes({ flags: 0x8183, answers: [A], additional: [A] }),
      rcode: 0x13,
      errors: [
        { code: 18, text: Uint8Array.from(Buffer.from('no')) },
        { code: 4, text: new Uint8Array(0) },
      ],
    });
  });

  it('ends before OPT where that is not the last record', () => {
    const reply = accepted({ answers: [A], additional: [A, opt(), A, A] });
    expect(reply.message).toEqual(replyBytes({ answers: [A], additional: [A] }));
  });

  it('has no bytes behind its last record', () => {
    expect(accept([...replyBytes({ answers: [A] }), 1, 2, 3])?.message).toEqual(replyBytes({ answers: [A] }));
  });

  it('of an error without a question has the question', () => {
    const reply = accept(header({ flags: 0x8185, counts: [0, 0, 0, 0] }));
    expect(reply).toMatchObject({ message: replyBytes({ flags: 0x8185 }), rcode: 5 });
  });

  it('is of any type and class', () => {
    const strange = [...pointer(12), ...u16(65280), ...u16(4711), 0x80, 0, 0, 0, ...u16(3), 1, 2, 3];
    expect(accepted({ answers: [strange] }).message).toEqual(replyBytes({ answers: [strange] }));
  });

  it.each([
    ['a record that is cut', replyBytes({ answers: [A] }).subarray(0, -1)],
    ['fewer records than it counts', [...header({ flags: 0x8180, counts: [1, 2, 0, 0] }), ...WWW, ...A]],
    ['OPT among the answers', replyBytes({ answers: [opt()] })],
    ['a label of an impossible length', replyBytes({ answers: [record([0x80, 0], 1, [192, 0, 2, 1])] })],
  ])('of a message with %s is nothing', (_what, bytes) => {
    expect(accept(bytes)).toBeUndefined();
  });

  it('options that run past their record are passed over', () => {
    expect(accepted({ additional: [opt({ options: [...u16(15), ...u16(9), 0, 1] })] }).errors).toEqual([]);
    expect(accepted({ additional: [opt({ options: option(15, [1]) })] }).errors).toEqual([]);
  });
});

describe('whatever comes', () => {
  it('nothing is thrown, and what is kept is whole', () => {
    const good = replyBytes({
      answers: [A, A],
      authority: [A],
      additional: [A, opt({ options: option(15, [0, 3]) })],
    });
    const broken = fc
      .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length))
      .map(([changes, length]) => {
        const bytes = Uint8Array.from(good);
        for (const [place, value] of changes) bytes[place] = value;
        return bytes.subarray(0, length);
      });
    holds(
      fc.property(fc.oneof(broken, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        const match = matchReply(bytes, ID, WWW);
        if (match === Match.NO) return;
        const reply = acceptReply(bytes, WWW);
        if (reply === undefined) return;
        // A second reading finds nothing left to take away.
        expect(acceptReply(reply.message, WWW)?.message).toEqual(reply.message);
      }),
      2000,
    );
  });
});
