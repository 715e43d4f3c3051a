// What this server says by itself, in the form of another server's answer: for whoever asks for the sake of something else.
import { HEADER_LENGTH } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import type { Answer } from './cache.ts';
import { lookThrough } from './cache-reply.ts';
import { acceptReply } from './receive.ts';
import { SPECIAL_TTL } from './special.ts';

const ROOM = 1232;

/**
 * The reply to `query` (read from `request`) that `render` writes: it returns the length, at most 1232, or 0 where it has
 * nothing to say; the answer is undefined then. Its TTLs are up to SPECIAL_TTL. `now` is in milliseconds since 1970.
 */
export function answerByItself(
  request: Uint8Array,
  query: Query,
  now: number,
  render: (reply: Uint8Array) => number,
): Answer | undefined {
  const bytes = new Uint8Array(ROOM);
  const length = render(bytes);
  if (length === 0) return undefined;
  const reply = acceptReply(bytes.subarray(0, length), request.subarray(HEADER_LENGTH, query.questionEnd));
  if (reply === undefined) return undefined;
  const kept = lookThrough(reply, { min: 0, max: SPECIAL_TTL });
  return { kind: 'answer', ...kept, cameAt: now, heldUntil: now, stale: false };
}
