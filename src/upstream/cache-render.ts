// A kept answer as one client gets it: relayed, with TTLs as they are now.
import { i32, putU32, u16 } from '../wire/bytes.ts';
import { Rcode } from '../wire/codes.ts';
import { type ExtendedError, ExtendedErrorCode } from '../wire/extended-error.ts';
import type { Query } from '../wire/query.ts';
import type { Answer } from './cache.ts';
import { placesOf } from './cache-reply.ts';
import { relay } from './relay.ts';

/** The TTL of everything that is past its time, in seconds (RFC 8767 4). */
export const STALE_TTL = 30;

/** RFC 8914 4.4 and 4.20. */
const STALE: readonly ExtendedError[] = [
  { code: ExtendedErrorCode.STALE_ANSWER, text: Buffer.from('upstream servers fail') },
];
const STALE_NXDOMAIN: readonly ExtendedError[] = [{ code: 19, text: Buffer.from('upstream servers fail') }];

/** What goes with an answer that is past its time. */
export function staleErrors(answer: Answer): readonly ExtendedError[] {
  if (!answer.stale) return [];
  return answer.reply.rcode === Rcode.NXDOMAIN ? STALE_NXDOMAIN : STALE;
}

/** What is to be taken off every TTL of an answer that is in its time: its age in seconds. `now`: milliseconds since 1970. */
export function ageOf(answer: Answer, now: number): number {
  return Math.max(0, Math.floor((now - answer.cameAt) / 1000));
}

/** As `relay` does; `now` is in milliseconds since 1970. */
export function renderAnswer(
  answer: Answer,
  request: Uint8Array,
  query: Query,
  now: number,
  limit: number,
  reply: Uint8Array,
): number {
  const length = relay(answer.reply, request, query, limit, reply, staleErrors(answer));
  // The records that were sent stand where they stood, since the question is as long.
  const sent = u16(reply, 6) + u16(reply, 8) + u16(reply, 10) - (query.edns ? 1 : 0);
  const age = ageOf(answer, now);
  if (age === 0 && !answer.stale) return length;
  const places = placesOf(answer.reply.message);
  const records = Math.min(sent, places.length / 2);
  for (let i = 0; i < records; i++) {
    const place = places[i * 2 + 1] as number;
    putU32(reply, place, answer.stale ? STALE_TTL : Math.max(0, i32(reply, place) - age));
  }
  return length;
}
