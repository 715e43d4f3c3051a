// What other servers say, put together byte by byte for the tests of the cache.
import { type Asked, asking, upstreamQuery } from '../../src/upstream/cache-question.ts';
import { type Lifetimes, lookThrough, type UpstreamReply } from '../../src/upstream/cache-reply.ts';
import { Type } from '../../src/wire/codes.ts';
import { header, name, pointer, question, record, u32, wire } from '../wire/packets.ts';

export const OWNER = pointer(12);
export const DAY: Lifetimes = { min: 0, max: 86_400 };

export interface Said {
  readonly flags?: number;
  readonly question?: readonly number[];
  readonly questions?: number;
  readonly answers?: readonly (readonly number[])[];
  readonly authority?: readonly (readonly number[])[];
  readonly additional?: readonly (readonly number[])[];
  /** Bytes behind the last record. */
  readonly behind?: readonly number[];
}

export const ask = (text = 'www.example.com', type: number = Type.A): Asked => asking(name(text), type);

export const queryFor = (asked: Asked = ask()): Uint8Array => upstreamQuery(asked, false);

/** A reply, by default to `www.example.com` A and NOERROR. */
export function reply(said: Said = {}): Uint8Array {
  const { answers = [], authority = [], additional = [], questions = 1 } = said;
  return Uint8Array.from([
    ...header({
      flags: said.flags ?? 0x8180,
      counts: [questions, answers.length, authority.length, additional.length],
    }),
    ...(said.question ?? question(wire('www', 'example', 'com'))),
    ...[...answers, ...authority, ...additional].flat(),
    ...(said.behind ?? []),
  ]);
}

/** A reply to a query as it was sent, whatever was asked. */
export function replyTo(query: Uint8Array, said: Said = {}): Uint8Array {
  const end = query.length - 11;
  return reply({ question: [...query.subarray(12, end)], ...said });
}

export const a = (ttl: number, last = 1): number[] => record(OWNER, Type.A, [192, 0, 2, last], ttl);

export const cname = (ttl: number, ...target: string[]): number[] =>
  record(OWNER, Type.CNAME, wire(...target), ttl);

export function soa(ttl: number, minimum: number): number[] {
  const numbers = [1, 7200, 1800, 86_400, minimum].flatMap(u32);
  return record(wire('example', 'com'), Type.SOA, [...wire('ns'), ...wire('mail'), ...numbers], ttl);
}

export const looked = (bytes: Uint8Array, lifetimes = DAY, query = queryFor()): UpstreamReply | undefined =>
  lookThrough(bytes, query, lifetimes);

/** The TTLs that a reply would be given on with. */
export function ttlsOf(reply: UpstreamReply): number[] {
  const view = new DataView(reply.message.buffer, reply.message.byteOffset);
  return placesOf(reply).map(({ ttl }) => view.getUint32(ttl));
}

export function placesOf({ places }: UpstreamReply): { start: number; ttl: number }[] {
  return Array.from({ length: places.length / 2 }, (_, i) => ({
    start: places[i * 2] ?? 0,
    ttl: places[i * 2 + 1] ?? 0,
  }));
}
