// What the client is told when other servers gave no answer: SERVFAIL, and why (RFC 8914).
import type { Counters } from '../base/counters.ts';
import { at } from '../wire/bytes.ts';
import { Flag, Rcode } from '../wire/codes.ts';
import { type ExtendedError, ExtendedErrorCode, finishWithErrors } from '../wire/extended-error.ts';
import { beginReply } from '../wire/frame.ts';
import type { Query } from '../wire/query.ts';
import type { FailureKind } from './upstreamed.ts';

function why(code: number, text: string): readonly ExtendedError[] {
  return [{ code, text: Buffer.from(text) }];
}

const REASONS: Readonly<Record<FailureKind, readonly ExtendedError[]>> = {
  timeout: why(ExtendedErrorCode.NO_REACHABLE_AUTHORITY, 'no upstream server answered in time'),
  unreachable: why(ExtendedErrorCode.NETWORK_ERROR, 'no upstream server can be reached'),
  overload: why(ExtendedErrorCode.OTHER, 'too many questions are in flight'),
  loop: why(ExtendedErrorCode.OTHER, 'forwarding leads back here'),
};

/** Renders SERVFAIL with the reason where the client takes one. It always fits 512 bytes. Returns its length. */
export function renderFailure(
  request: Uint8Array,
  query: Query,
  kind: FailureKind,
  reply: Uint8Array,
): number {
  const start = beginReply(request, query, Rcode.SERVFAIL, 0, reply);
  reply[3] = at(reply, 3) | Flag.RA;
  return finishWithErrors(query, Rcode.SERVFAIL, REASONS[kind], query.udpLimit, reply, start);
}

const COUNTERS = {
  timeout: 'upstreamTimeouts',
  unreachable: 'upstreamUnreachable',
  overload: 'upstreamOverloads',
  loop: 'upstreamLoops',
} as const satisfies Record<FailureKind, keyof Counters>;

/** Counts so many failed questions. */
export function countFailures(counters: Counters, kind: FailureKind, questions: number): void {
  counters[COUNTERS[kind]].inc(questions);
}
