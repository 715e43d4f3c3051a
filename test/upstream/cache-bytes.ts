// What other servers say, put together byte by byte for the tests of the cache.
import { ownQuestion } from '../../src/upstream/cache-question.ts';
import {
  type Kept,
  type Lifetimes,
  lookThrough,
  placesOf as placesIn,
} from '../../src/upstream/cache-reply.ts';
import { acceptReply } from '../../src/upstream/receive.ts';
import type { UpstreamReply } from '../../src/upstream/upstreamed.ts';
import { i32 } from '../../src/wire/bytes.ts';
import { Type } from '../../src/wire/codes.ts';
import { header, name, pointer, question, record, u32, wire } from '../wire/packets.ts';
import type { Asked } from './asked.ts';

export const OWNER = pointer(12);
export const DAY: Lifetimes = { min: 0, max: 86_400 };

export interface Said {
  readonly flags?: number;
  readonly answers?: readonly (readonly number[])[];
  readonly authority?: readonly (readonly number[])[];
  readonly additional?: readonly (readonly number[])[];
}

/** The question for `www.example.com` A. */
export const WWW = Uint8Array.from(question(wire('www', 'example', 'com')));

export const ask = (text = 'www.example.com', type: number = Type.A): Asked => ownQuestion(name(text), type);

export function replyBytes(said: Said = {}, asked: Uint8Array = WWW): Uint8Array {
  const { answers = [], authority = [], additional = [] } = said;
  return Uint8Array.from([
    ...header({
      flags: said.flags ?? 0x8180,
      counts: [1, answers.length, authority.length, additional.length],
    }),
    ...asked,
    ...[...answers, ...authority, ...additional].flat(),
  ]);
}

/** A reply as the forwarder hands it over. */
export function reply(said: Said = {}, asked: Uint8Array = WWW): UpstreamReply {
  const accepted = acceptReply(replyBytes(said, asked), asked);
  if (accepted === undefined) throw new Error('no reply');
  return accepted;
}

export const a = (ttl: number, last = 1): number[] => record(OWNER, Type.A, [192, 0, 2, last], ttl);

export const cname = (ttl: number, ...target: string[]): number[] =>
  record(OWNER, Type.CNAME, wire(...target), ttl);

export function soa(ttl: number, minimum: number): number[] {
  const numbers = [1, 7200, 1800, 86_400, minimum].flatMap(u32);
  return record(wire('example', 'com'), Type.SOA, [...wire('ns'), ...wire('mail'), ...numbers], ttl);
}

export const looked = (said: Said, lifetimes = DAY, asked: Uint8Array = WWW): Kept =>
  lookThrough(reply(said, asked), lifetimes);

/** The TTLs that a reply would be given on with. */
export const ttlsOf = (kept: Kept): number[] => placesOf(kept).map(({ ttl }) => i32(kept.reply.message, ttl));

export function placesOf({ reply: { message } }: Kept): { start: number; ttl: number }[] {
  const places = placesIn(message);
  return Array.from({ length: places.length / 2 }, (_, i) => ({
    start: places[i * 2] ?? 0,
    ttl: places[i * 2 + 1] ?? 0,
  }));
}
