// Upstream's reply as a client gets it: its own header and EDNS, its size, the records untouched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFailure } from '../../src/upstream/failure.ts';
import { relay } from '../../src/upstream/relay.ts';
import type { ExtendedError } from '../../src/wire/extended-error.ts';
import { readMessage } from '../../src/wire/message.ts';
import { Query } from '../../src/wire/query.ts';
import { holds } from '../support/property.ts';
import {
  type Edns,
  header,
  opt,
  option,
  pointer,
  query,
  question,
  record,
  u16,
  wire,
} from '../wire/packets.ts';
import { accepted, asked, type ReplyParts, replyBytes } from './asked.ts';

const A = record(pointer(12), 1, [192, 0, 2, 1]);

function relayed(request: Uint8Array, parts: ReplyParts, limit = 1232, more: ExtendedError[] = []): number[] {
  const reply = new Uint8Array(65535).fill(0xaa);
  const length = relay(accepted(parts), request, asked(request).query, limit, reply, more);
  expect(reply.subarray(length).every((byte) => byte === 0xaa)).toBe(true);
  return [...reply.subarray(0, length)];
}

const flagsOf = (bytes: readonly number[]): number => (bytes[2]! << 8) | bytes[3]!;
const edns = (parts: Edns = {}) => query([opt(parts)]);

describe('the header', () => {
  it('has the id and question of the client, whose case may differ', () => {
    const request = Uint8Array.from([...header({ id: 0x0102 }), ...question(wire('WWW', 'Example'))]);
    expect(relayed(request, { id: 7, answers: [A] })).toEqual([
      ...replyBytes({ id: 0x0102, question: question(wire('WWW', 'Example')), answers: [A] }),
    ]);
  });

  it.each([
    ['RD and CD are those of the client', query([], { flags: 0x0010 }), 0x8100, 0x8090],
    ['RD is set where the client set it', query([], { flags: 0x0100 }), 0x8000, 0x8180],
    ['AA is cleared', query(), 0x8580, 0x8180],
    ['TC is kept', query(), 0x8380, 0x8380],
    ['the bit without a meaning is kept', query(), 0x81c0, 0x81c0],
    ['AD is cleared for who did not ask', query(), 0x81a0, 0x8180],
    ['AD is kept for who set it', query([], { flags: 0x0120 }), 0x81a0, 0x81a0],
    ['AD is kept for who set DO', edns({ flags: 0x8000 }), 0x81a0, 0x81a0],
    ['AD is not made up', edns({ flags: 0x8000 }), 0x8180, 0x8180],
    ['the rcode stays', query(), 0x8183, 0x8183],
  ])('%s', (_what, request, flags, expected) => {
    expect(flagsOf(relayed(request, { flags, answers: [A] }))).toBe(expected);
  });
});

describe('EDNS', () => {
  const wide = (): number[] => opt({ options: option(15, [0, 9]) }).with(5, 1);

  it('is ours, with the DO of the client', () => {
    const theirs = opt({ size: 512, flags: 0, options: option(10, [1, 2]) });
    expect(relayed(edns({ flags: 0x8000 }), { answers: [A], additional: [theirs] })).toEqual([
      ...replyBytes({ answers: [A], additional: [opt({ flags: 0x8000 })] }),
    ]);
  });

  it('is there for a client that has it when upstream has none', () => {
    expect(relayed(edns(), { answers: [A] })).toEqual([...replyBytes({ answers: [A], additional: [opt()] })]);
  });

  it('is not for a client without', () => {
    expect(relayed(query(), { answers: [A], additional: [opt()] })).toEqual([
      ...replyBytes({ answers: [A] }),
    ]);
  });

  it('carries the upper bits of the rcode and the extended errors, ours first', () => {
    const ours = { code: 3, text: Buffer.from('old') };
    const theirs = opt({ options: [...option(15, [0, 3, ...ours.text]), ...option(15, [0, 9])] }).with(5, 1);
    expect(relayed(edns(), { flags: 0x8187, additional: [wide()] }, 1232, [ours])).toEqual([
      ...replyBytes({ flags: 0x8187, additional: [theirs] }),
    ]);
  });

  it('that is missing makes SERVFAIL of an rcode that needs it', () => {
    expect(relayed(query(), { flags: 0x8187, additional: [wide()] })).toEqual([
      ...replyBytes({ flags: 0x8182 }),
    ]);
  });

  it('leaves out errors that do not fit', () => {
    const limit = replyBytes({ answers: [A] }).length + 11;
    const bytes = relayed(edns(), { answers: [A], additional: [wide()] }, limit);
    expect(bytes).toEqual([...replyBytes({ answers: [A], additional: [opt().with(5, 1)] })]);
  });
});

describe('what does not fit', () => {
  const big = record(pointer(12), 16, [200, ...new Array(200).fill(0x61)]);
  const size = (parts: ReplyParts) => replyBytes(parts).length;

  it('of the additional section is left out whole', () => {
    const limit = size({ answers: [A], authority: [A], additional: [A] });
    const bytes = relayed(query(), { answers: [A], authority: [A], additional: [A, A] }, limit);
    expect(bytes).toEqual([...replyBytes({ answers: [A], authority: [A] })]);
  });

  it('of the authority section sets TC', () => {
    const limit = size({ answers: [A], authority: [A] });
    const bytes = relayed(query(), { answers: [A], authority: [A, big], additional: [A] }, limit);
    expect(bytes).toEqual([...replyBytes({ flags: 0x8380, answers: [A], authority: [A] })]);
  });

  it('of the answers sets TC, at the end of a record', () => {
    const limit = size({ answers: [A, big] }) - 1;
    const bytes = relayed(query(), { answers: [A, big, A], authority: [A], additional: [A] }, limit);
    expect(bytes).toEqual([...replyBytes({ flags: 0x8380, answers: [A] })]);
  });

  it('is said with OPT where the client has EDNS', () => {
    const bytes = relayed(edns(), { answers: [big, big, big, big] }, 512);
    expect(bytes).toEqual([...replyBytes({ flags: 0x8380, answers: [big, big], additional: [opt()] })]);
  });

  it('is never sent, and what is sent is a whole message', () => {
    const owner = fc.constantFrom(pointer(12), wire('other', 'example'), [0]);
    const any = fc
      .tuple(owner, fc.constantFrom(1, 16, 65280), fc.uint8Array({ maxLength: 300 }))
      .map(([name, type, data]) =>
        type === 1 ? record(name, 1, [192, 0, 2, 1]) : record(name, 65280, [...data]),
      );
    const section = fc.array(any, { maxLength: 5 });
    const parts = fc.record({ answers: section, authority: section, additional: section });
    holds(
      fc.property(parts, fc.boolean(), fc.integer({ min: 512, max: 2000 }), (sections, withEdns, limit) => {
        const request = withEdns ? edns() : query();
        const bytes = Uint8Array.from(relayed(request, sections, limit));
        expect(bytes.length).toBeLessThanOrEqual(limit);
        const message = readMessage(bytes);
        expect(message).toBeDefined();
        const whole = message!.answers.length === sections.answers.length;
        const authority = message!.authority.length === sections.authority.length;
        expect((message!.flags & 0x0200) !== 0).toBe(!whole || !authority);
      }),
    );
  });
});

describe('a failure', () => {
  function failure(request: Uint8Array, kind: Parameters<typeof renderFailure>[2]): number[] {
    const reply = new Uint8Array(512);
    return [...reply.subarray(0, renderFailure(request, asked(request).query, kind, reply))];
  }

  it('is SERVFAIL', () => {
    expect(failure(query(), 'timeout')).toEqual([...replyBytes({ flags: 0x8182 })]);
  });

  it.each([
    ['timeout', 22, 'no upstream server answered in time'],
    ['unreachable', 23, 'no upstream server can be reached'],
    ['overload', 0, 'too many questions are in flight'],
    ['loop', 0, 'forwarding leads back here'],
  ] as const)('of kind %s has the extended error %i', (kind, code, text) => {
    const options = option(15, [...u16(code), ...Buffer.from(text)]);
    expect(failure(edns(), kind)).toEqual([...replyBytes({ flags: 0x8182, additional: [opt({ options })] })]);
  });

  it('of the longest question fits 512 bytes', () => {
    const longest = wire('a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61));
    const request = Uint8Array.from([
      ...header({ counts: [1, 0, 0, 1] }),
      ...question(longest),
      ...opt({ size: 512 }),
    ]);
    expect(new Query().read(request, request.length)).toBe(0);
    expect(failure(request, 'timeout').length).toBeLessThanOrEqual(512);
  });
});
