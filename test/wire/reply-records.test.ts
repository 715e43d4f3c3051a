// Which records a reply has, and in which order: rotation, alternatives, and what is left out when space is short.
import { describe, expect, test } from 'vitest';
import { Rcode } from '../../src/wire/codes.ts';
import { isOpt, type Message, type ResourceRecord } from '../../src/wire/message.ts';
import { answered } from './answered.ts';
import { opt, pointer, query, record, u32 } from './packets.ts';
import type { Plain } from './plain-reply.ts';

describe('what is sent', () => {
  const a = (last: number): Plain => record(pointer(12), 1, [10, 0, 0, last]);
  const cname = (label: string): Plain => record(pointer(12), 5, [1, ...Buffer.from(label), ...pointer(16)]);
  /** A record of a type and so many bytes in all. */
  const big = (type: number, size: number): Plain =>
    record(pointer(12), type, new Array<number>(size - 12).fill(7));
  const lasts = (records: readonly ResourceRecord[]) =>
    records.map((r) => ('address' in r.rdata ? r.rdata.address[3] : r.rdata.type));
  const flagsOf = (message: Message) => ({
    tc: (message.flags & 0x0200) !== 0,
    aa: (message.flags & 0x0400) !== 0,
  });
  /** Bytes left for records after header and question of `query()`. */
  const ROOM = 512 - query().length;

  test.each<[turn: number, order: number[]]>([
    [0, [1, 2, 3]],
    [1, [2, 3, 1]],
    [2, [3, 1, 2]],
    [3, [1, 2, 3]],
    [0x7fffffff, [2, 3, 1]],
  ])('turn %i begins the rotation at %j', (turn, order) => {
    const answers = [a(1), a(2), a(3)];
    expect(lasts(answered(query(), { answers, rotateCount: 3 }, turn).answers)).toEqual(order);
  });

  test('only the records that rotate change places', () => {
    const answers = [cname('x'), a(1), a(2), a(3)];
    const message = answered(query(), { answers, rotateFrom: 1, rotateCount: 2 }, 1);
    expect(lasts(message.answers)).toEqual([5, 2, 1, 3]);
  });

  test.each([0, 1, 2, 3, 4])('turn %i: one CNAME of three, with all addresses', (turn) => {
    const answers = [cname('x'), cname('y'), cname('z'), a(1), a(2)];
    const message = answered(query(), { answers, alternatives: 3, rotateFrom: 3, rotateCount: 2 }, turn);
    expect(message.answers).toHaveLength(3);
    expect(message.answers[0]).toEqual(answered(query(), { answers: [answers[turn % 3]!] }).answers[0]);
    expect(new Set(lasts(message.answers.slice(1)))).toEqual(new Set([1, 2]));
  });

  test('what fills the limit exactly is whole, a byte more is cut', () => {
    const whole = answered(query(), { answers: [big(65280, ROOM)] });
    expect([whole.answers.length, flagsOf(whole).tc]).toEqual([1, false]);
    const cut = answered(query(), { answers: [big(65280, ROOM + 1)] });
    expect([cut.answers.length, flagsOf(cut).tc]).toEqual([0, true]);
  });

  test('room for OPT is kept', () => {
    const packet = query([opt({ size: 512 })]);
    const cut = answered(packet, { answers: [big(65280, ROOM - 10)] });
    expect([cut.answers.length, flagsOf(cut).tc, cut.additional.filter(isOpt).length]).toEqual([0, true, 1]);
    const whole = answered(packet, { answers: [big(65280, ROOM - 11)] });
    expect([whole.answers.length, flagsOf(whole).tc, whole.additional.filter(isOpt).length]).toEqual([
      1,
      false,
      1,
    ]);
  });

  test('additional RRsets go first, the last ones first, without TC (RFC 2181 9)', () => {
    const sets = [[big(65282, 50)], [big(65283, 100), big(65283, 100)], [big(65282, 60)]];
    const answers = [big(65281, ROOM - 120)];
    const message = answered(query(), { answers, additional: sets });
    expect([message.answers.length, message.additional.length, flagsOf(message).tc]).toEqual([1, 1, false]);
  });

  test('a set that fits only in part is not sent', () => {
    const message = answered(query(), {
      answers: [big(65281, ROOM - 150)],
      additional: [[big(65283, 100), big(65283, 100)]],
    });
    expect([message.answers.length, message.additional.length, flagsOf(message).tc]).toEqual([1, 0, false]);
  });

  test('sets of one owner and two types are two sets', () => {
    const sets = [[big(65283, 100)], [big(65282, 100)]];
    const message = answered(query(), { answers: [big(65281, ROOM - 150)], additional: sets });
    expect(message.additional).toHaveLength(1);
  });

  test('the serial of the zone now, not of when it was compiled', () => {
    const soa = record(pointer(12), 6, [
      ...pointer(12),
      ...pointer(12),
      ...[0, 7200, 1800, 86400, 10].flatMap(u32),
    ]);
    const message = answered(query(), { rcode: Rcode.NXDOMAIN, soa }, 0, 0xfffffffe);
    expect(message.flags & 15).toBe(Rcode.NXDOMAIN);
    expect(message.authority[0]?.rdata).toMatchObject({ serial: 0xfffffffe, refresh: 7200, minimum: 10 });
  });

  test.each([true, false])('AA is %s where the answer says so', (authoritative) => {
    expect(flagsOf(answered(query(), { authoritative })).aa).toBe(authoritative);
  });
});
