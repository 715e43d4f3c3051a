// Another server's answer, laid out as the table keeps it: the bytes of its records as they came.
import type { Answer } from '../upstream/cache.ts';
import { placesOf } from '../upstream/cache-reply.ts';
import { at, lower, u16 } from '../wire/bytes.ts';
import { Class, Flag, HEADER_LENGTH, type Rcode } from '../wire/codes.ts';
import { layOut, NO_ZONE } from '../wire/compiled.ts';
import type { Query } from '../wire/query.ts';

/**
 * Lays an answer to `query`, read from `request`, out; undefined where it cannot be given to all who ask the same: where
 * DO or CD were set (the shared table knows no such keys, since few ask so and the cache behind it does), where it is
 * stale, or has more to say than flags and records.
 *
 * The records are stored as they came, pointers in names included: these count from the start of the message, and the
 * question before the records is as long for everybody who asks for the same name.
 */
export function layOutForwarded(
  request: Uint8Array,
  query: Query,
  { reply, stale }: Answer,
): Uint8Array | undefined {
  const { message, rcode, errors } = reply;
  if (query.class !== Class.IN || query.dnssecOk || (at(request, 3) & Flag.CD) !== 0) return undefined;
  if (stale || errors.length > 0 || rcode > Flag.RCODE || (at(message, 2) & Flag.TC) !== 0) return undefined;
  if (!isAsked(message, query)) return undefined;
  const start = query.questionEnd;
  const places = placesOf(message);
  return layOut({
    // Any number of four bits is stored and given out as it is.
    rcode: rcode as Rcode,
    authoritative: false,
    forwarded: {
      authentic: (at(message, 3) & Flag.AD) !== 0,
      reserved: (at(message, 3) & Flag.Z) !== 0,
    },
    answers: u16(message, 6),
    authority: u16(message, 8),
    additional: u16(message, 10),
    alternatives: 0,
    rotateFrom: 0,
    rotateCount: 0,
    serialAt: -1,
    // Of a stub zone within a zone of ours, the latter.
    zone: (query.zone + NO_ZONE) & NO_ZONE,
    offsets: Array.from({ length: places.length / 2 }, (_, i) => (places[i * 2] as number) - start),
    body: message.subarray(start),
  });
}

/** Whether the message's question is the query's: one object serves many queries, and this one would serve all clients. */
function isAsked(message: Uint8Array, query: Query): boolean {
  const { key, nameLength } = query;
  for (let i = 0; i < nameLength; i++) if (lower(at(message, HEADER_LENGTH + i)) !== at(key, i)) return false;
  return u16(message, HEADER_LENGTH + nameLength) === query.type;
}
