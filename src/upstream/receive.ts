// A server's reply as it came off the wire: whether it answers what was asked, and what of it is kept.
import { at, lower, putU16, u16 } from '../wire/bytes.ts';
import { Flag, HEADER_LENGTH, Rcode, Type } from '../wire/codes.ts';
import { type ExtendedError, readExtendedErrors } from '../wire/extended-error.ts';
import { Reader } from '../wire/reader.ts';
import { ReplyMemory } from './reply-memory.ts';
import type { UpstreamReply } from './upstreamed.ts';

/**
 * How a message relates to a question (RFC 5452 9.1). OTHER_CASE: all is right but for the case of letters in the name.
 * BARE: an error without the question, as some servers send that could not read it.
 */
export const Match = { NO: 0, YES: 1, OTHER_CASE: 2, BARE: 3 } as const;
export type Match = (typeof Match)[keyof typeof Match];

/** Rcodes with which a server may leave out the question. */
const BARE_ERRORS: ReadonlySet<number> = new Set([
  Rcode.FORMERR,
  Rcode.SERVFAIL,
  Rcode.NOTIMP,
  Rcode.REFUSED,
]);

const NO_ERRORS: readonly ExtendedError[] = [];

/** Compares id, QR, opcode and question. `question` is name, type and class as they were sent. */
export function matchReply(message: Uint8Array, id: number, question: Uint8Array): Match {
  if (message.length < HEADER_LENGTH || u16(message, 0) !== id) return Match.NO;
  if ((at(message, 2) & (Flag.QR | Flag.OPCODE)) !== Flag.QR) return Match.NO;
  if (u16(message, 4) === 0) return BARE_ERRORS.has(at(message, 3) & Flag.RCODE) ? Match.BARE : Match.NO;
  if (u16(message, 4) !== 1 || message.length < HEADER_LENGTH + question.length) return Match.NO;
  let match: Match = Match.YES;
  for (let i = 0; i < question.length; i++) {
    const byte = at(message, HEADER_LENGTH + i);
    const wanted = at(question, i);
    if (byte === wanted) continue;
    // The four bytes behind the name have no case.
    if (i >= question.length - 4 || lower(byte) !== lower(wanted)) return Match.NO;
    match = Match.OTHER_CASE;
  }
  return match;
}

export function isTruncated(message: Uint8Array): boolean {
  return (at(message, 2) & Flag.TC) !== 0;
}

/** What is kept of a reply that matched, in memory of its own; undefined where it is no whole message. */
export function acceptReply(bytes: Uint8Array, question: Uint8Array): UpstreamReply | undefined {
  return takeReply(new Uint8Array(bytes), question, new ReplyMemory());
}

/**
 * The same of a message that is ours to change; what is kept is copied to `memory`. Where OPT is not the last record, those behind it are left out
 * too: they are additional, and may point at bytes that would have moved.
 */
export function takeReply(
  message: Uint8Array,
  question: Uint8Array,
  memory: ReplyMemory,
): UpstreamReply | undefined {
  if (u16(message, 4) === 0) return bareReply(message, question);
  const reader = new Reader(message, HEADER_LENGTH + question.length);
  const before = u16(message, 6) + u16(message, 8);
  const total = before + u16(message, 10);
  for (let i = 0; i < total; i++) {
    const start = reader.at;
    reader.skipName();
    const type = reader.u16();
    reader.skip(2);
    const upperRcode = reader.u8();
    reader.skip(3);
    const dataLength = reader.u16();
    const data = reader.at;
    reader.skip(dataLength);
    if (reader.failed || (type === Type.OPT && i < before)) return undefined;
    if (type !== Type.OPT) continue;
    putU16(message, 10, i - before);
    const errors = dataLength === 0 ? NO_ERRORS : readExtendedErrors(message.subarray(data, reader.at));
    return kept(memory.copy(message, start), upperRcode, errors);
  }
  // Bytes behind the last record belong to nothing.
  return kept(memory.copy(message, reader.at), 0, NO_ERRORS);
}

function kept(message: Uint8Array, upperRcode: number, errors: readonly ExtendedError[]): UpstreamReply {
  const rcode = (upperRcode << 4) | (at(message, 3) & Flag.RCODE);
  return { kind: 'reply', message, rcode, errors };
}

/** An error that came without the question gets it back. */
function bareReply(message: Uint8Array, question: Uint8Array): UpstreamReply {
  const whole = new Uint8Array(HEADER_LENGTH + question.length);
  whole.set(message.subarray(0, 4));
  putU16(whole, 4, 1);
  whole.set(question, HEADER_LENGTH);
  return kept(whole, 0, NO_ERRORS);
}
