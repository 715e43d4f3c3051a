// A query and an answer become a message: compiled, rendered and read back.
import { expect } from 'vitest';
import { type Message, readMessage } from '../../src/wire/message.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { renderCompiled } from '../../src/wire/reply.ts';
import { compiled, type PlainAnswer, zoneWords } from './plain-reply.ts';

export const NOTHING: PlainAnswer = {
  rcode: 0,
  authoritative: true,
  alternatives: 0,
  rotateFrom: 0,
  rotateCount: 0,
  answers: [],
  soa: undefined,
  additional: [],
};

/** `serial` is that of the zone at the time. */
export function answered(packet: Uint8Array, answer: Partial<PlainAnswer>, turn = 0, serial = 0): Message {
  const asked = new Query();
  expect(asked.read(packet, packet.length)).toBe(Verdict.OK);
  const reply = new Uint8Array(65_535).fill(0xff);
  const whole = compiled({ ...NOTHING, ...answer });
  const length = renderCompiled(packet, asked, whole, 0, turn, zoneWords(serial), 512, reply);
  const message = readMessage(reply.slice(0, length));
  expect(message).toBeDefined();
  return message!;
}
