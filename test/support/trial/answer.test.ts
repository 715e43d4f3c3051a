// What replies say, in the words that trials compare.
import { describe, expect, it } from 'vitest';
import { question, wireName } from '../raw.ts';
import { answerIn } from './answer.ts';

function record(owner: Buffer, type: number, rdata: Buffer): Buffer {
  return Buffer.concat([owner, Buffer.from([0, type, 0, 1, 0, 0, 0, 30, 0, rdata.length]), rdata]);
}

function reply(flags: number, ...records: readonly Buffer[]): Buffer {
  const header = Buffer.from([1, 2, flags >> 8, flags & 255, 0, 1, 0, records.length, 0, 0, 0, 0]);
  return Buffer.concat([header, question('a.b'), ...records]);
}

const OWN = Buffer.from([0xc0, 12]);
const a = (...address: number[]) => record(OWN, 1, Buffer.from(address));
const txt = (text: string) => record(OWN, 16, Buffer.from(`${String.fromCharCode(text.length)}${text}`));
const alias = record(OWN, 5, wireName(['c', 'd']));

describe('an answer', () => {
  it.each([
    ['addresses, sorted', reply(0x8400, a(10, 0, 0, 2), a(10, 0, 0, 1)), '10.0.0.1 + 10.0.0.2'],
    ['texts', reply(0x8400, txt('left 1')), 'left 1'],
    [
      'what an alias leads to',
      reply(0x8400, alias, record(wireName(['c', 'd']), 1, Buffer.from([1, 2, 3, 4]))),
      '1.2.3.4',
    ],
    ['an alias alone', reply(0x8400, alias), 'NODATA'],
    ['nothing', reply(0x8400), 'NODATA'],
    ['a name that is not there', reply(0x8403), 'NXDOMAIN'],
    ['a server that does not know', reply(0x8002), 'SERVFAIL'],
    ['an unusual code', reply(0x8009), 'RCODE9'],
    ['less than there is', reply(0x8600), 'truncated'],
    ['bytes that end too soon', reply(0x8400, a(10, 0, 0, 1)).subarray(0, -1), 'unreadable'],
    ['next to nothing', Buffer.from([1, 2]), 'unreadable'],
  ])('of %s', (_, bytes, said) => {
    expect(answerIn(bytes)).toBe(said);
  });
});
