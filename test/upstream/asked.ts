// A client's question and upstream's replies to it, for the tests of what lies between.
import { expect } from 'vitest';
import { acceptReply } from '../../src/upstream/receive.ts';
import type { UpstreamReply } from '../../src/upstream/upstreamed.ts';
import { HEADER_LENGTH } from '../../src/wire/codes.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { header, question, wire } from '../wire/packets.ts';

export interface Asked {
  readonly request: Uint8Array;
  readonly query: Query;
}

/** Reads a packet that must be a good query. */
export function asked(request: Uint8Array): Asked {
  const query = new Query();
  expect(query.read(request, request.length)).toBe(Verdict.OK);
  return { request, query };
}

/** Name, type and class of `www.example` A, as it stands in a message. */
export const WWW = Uint8Array.from(question(wire('www', 'example')));

export interface ReplyParts {
  readonly id?: number;
  /** The second word of the header; a plain reply has QR, RD and RA. */
  readonly flags?: number;
  readonly question?: readonly number[] | Uint8Array;
  readonly answers?: readonly (readonly number[])[];
  readonly authority?: readonly (readonly number[])[];
  readonly additional?: readonly (readonly number[])[];
}

export function replyBytes(parts: ReplyParts = {}): Uint8Array {
  const { answers = [], authority = [], additional = [] } = parts;
  return Uint8Array.from([
    ...header({
      id: parts.id ?? 0xbeef,
      flags: parts.flags ?? 0x8180,
      counts: [1, answers.length, authority.length, additional.length],
    }),
    ...(parts.question ?? WWW),
    ...[...answers, ...authority, ...additional].flat(),
  ]);
}

/** A reply as it is kept; fails where it is none. */
export function accepted(parts: ReplyParts = {}): UpstreamReply {
  const bytes = replyBytes(parts);
  const end = HEADER_LENGTH + (parts.question ?? WWW).length;
  const reply = acceptReply(bytes, bytes.subarray(HEADER_LENGTH, end));
  expect(reply).toBeDefined();
  return reply!;
}
