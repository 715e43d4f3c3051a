// A kept answer as clients get it: TTLs as they are now, sizes and EDNS as each client has them.
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/upstream/cache.ts';
import { renderAnswer } from '../../src/upstream/cache-render.ts';
import { readExtendedErrors } from '../../src/wire/extended-error.ts';
import { type Message, readMessage } from '../../src/wire/message.ts';
import { header, opt, question, record, wire } from '../wire/packets.ts';
import { asked } from './asked.ts';
import { a, looked, OWNER, type Said, soa } from './cache-bytes.ts';

interface Seen extends Message {
  readonly bytes: Uint8Array;
}

/** An answer that came at 0, as it looks after `ms`, to a client that asks like this. */
function seen(
  said: Said,
  ms: number,
  client: { edns?: boolean; stale?: boolean; limit?: number } = {},
): Seen {
  const { edns = false, stale = false, limit = 1232 } = client;
  const answer: Answer = { kind: 'answer', ...looked(said), cameAt: 0, heldUntil: 0, stale };
  const { request, query } = asked(
    Uint8Array.from([
      ...header({ counts: [1, 0, 0, edns ? 1 : 0] }),
      ...question(wire('WWW', 'example', 'com')),
      ...(edns ? opt() : []),
    ]),
  );
  const buffer = new Uint8Array(limit);
  const bytes = buffer.subarray(0, renderAnswer(answer, request, query, ms, limit, buffer));
  const message = readMessage(bytes);
  if (message === undefined) throw new Error('no message');
  return { ...message, bytes };
}

const ttls = (records: Message['answers']): number[] => records.map(({ ttl }) => ttl);

describe('an answer', () => {
  it('has its TTLs counted down in every section', () => {
    const said = { answers: [a(300), a(200)], authority: [a(100)], additional: [a(50)] };
    for (const edns of [false, true]) {
      const message = seen(said, 40_999, { edns });
      expect(ttls(message.answers)).toEqual([260, 160]);
      expect(ttls(message.authority)).toEqual([60]);
      expect(ttls(message.additional.slice(0, 1))).toEqual([10]);
      expect(message.additional).toHaveLength(edns ? 2 : 1);
    }
  });

  it('never has one below 0 or above what it was', () => {
    expect(ttls(seen({ answers: [a(0), a(7)] }, 5000).answers)).toEqual([0, 2]);
    expect(ttls(seen({ answers: [a(9)] }, -5000).answers)).toEqual([9]);
  });

  it('has TTLs of 30 when it is stale, and says so where there is EDNS', () => {
    const plain = seen({ flags: 0x8183, authority: [soa(5, 5)] }, 9000, { stale: true });
    expect(ttls(plain.authority)).toEqual([30]);
    const { bytes, answers } = seen({ answers: [a(5)] }, 9000, { edns: true, stale: true });
    expect(ttls(answers)).toEqual([30]);
    const from = bytes.length - 4 - 2 - 'upstream servers fail'.length;
    const [error] = readExtendedErrors(bytes.subarray(from));
    expect([error?.code, Buffer.from(error?.text ?? []).toString()]).toEqual([3, 'upstream servers fail']);
  });

  it('is cut where it does not fit, and what is left is counted down', () => {
    const said = { answers: Array.from({ length: 100 }, (_, i) => a(300, i)), additional: [a(50)] };
    for (const edns of [false, true]) {
      const message = seen(said, 10_000, { edns, limit: 512 });
      expect(message.flags & 0x0200).toBe(0x0200);
      expect(message.answers.length).toBeGreaterThan(20);
      expect(new Set(ttls(message.answers))).toEqual(new Set([290]));
    }
  });

  it('keeps unknown types as they are', () => {
    const rdata = Array.from({ length: 40 }, (_, i) => i);
    const message = seen({ answers: [record(OWNER, 65_280, rdata, 60), a(60)] }, 1000);
    expect(ttls(message.answers)).toEqual([59, 59]);
    expect(Buffer.from(message.bytes).includes(Buffer.from(rdata))).toBe(true);
  });
});
