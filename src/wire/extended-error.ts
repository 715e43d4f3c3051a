// Extended DNS errors: why, beside the rcode (RFC 8914). They travel as options of the OPT record.
import { putU16, u16 } from './bytes.ts';
import { EdnsOption } from './codes.ts';
import { finishReply } from './frame.ts';
import { OPT_LENGTH, type Query } from './query.ts';

/** Those that this server gives (IANA, Extended DNS Error Codes). */
export const ExtendedErrorCode = {
  OTHER: 0,
  STALE_ANSWER: 3,
  NOT_READY: 14,
  BLOCKED: 15,
  PROHIBITED: 18,
  NO_REACHABLE_AUTHORITY: 22,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
} as const;

/** As IANA has them (Extended DNS Error Codes): those that this server gives, and others that upstream servers often do. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'Other Error'],
  [3, 'Stale Answer'],
  [6, 'DNSSEC Bogus'],
  [9, 'DNSKEY Missing'],
  [14, 'Not Ready'],
  [15, 'Blocked'],
  [18, 'Prohibited'],
  [19, 'Stale NXDOMAIN Answer'],
  [22, 'No Reachable Authority'],
  [23, 'Network Error'],
  [24, 'Invalid Data'],
]);

/** `Stale Answer`; `EDE 99` for one without a name here. */
export function extendedErrorName(code: number): string {
  return NAMES.get(code) ?? `EDE ${code}`;
}

export interface ExtendedError {
  readonly code: number;
  /** UTF-8 for people; may be empty. */
  readonly text: Uint8Array;
}

const HEAD = 6;

/**
 * Ends a reply with an OPT record that carries extended errors beside what `query` has for it, where the query had OPT;
 * those that would take the reply past `limit` are left out. Returns the length.
 */
export function finishWithErrors(
  query: Query,
  rcode: number,
  errors: readonly ExtendedError[],
  limit: number,
  reply: Uint8Array,
  start: number,
): number {
  const end = finishReply(query, rcode, reply, start);
  if (!query.edns) return end;
  let place = end;
  for (const { code, text } of errors) {
    if (place + HEAD + text.length > limit) break;
    putU16(reply, place, EdnsOption.EDE);
    putU16(reply, place + 2, text.length + 2);
    putU16(reply, place + 4, code);
    reply.set(text, place + HEAD);
    place += HEAD + text.length;
  }
  putU16(reply, start + OPT_LENGTH - 2, place - start - OPT_LENGTH);
  return place;
}

/** The extended errors among EDNS options, which lie whole in `options`. */
export function readExtendedErrors(options: Uint8Array): ExtendedError[] {
  const errors: ExtendedError[] = [];
  for (let place = 0; place + 4 <= options.length; place += 4 + u16(options, place + 2)) {
    const length = u16(options, place + 2);
    if (u16(options, place) !== EdnsOption.EDE || length < 2 || place + 4 + length > options.length) continue;
    errors.push({
      code: u16(options, place + 4),
      text: new Uint8Array(options.subarray(place + HEAD, place + 4 + length)),
    });
  }
  return errors;
}
