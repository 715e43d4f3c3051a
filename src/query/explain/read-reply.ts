// The bytes of a reply as fields of an explanation.
import { Flag, typeName } from '../../wire/codes.ts';
import { extendedErrorName, readExtendedErrors } from '../../wire/extended-error.ts';
import { isOpt, type Message, type ResourceRecord, readMessage } from '../../wire/message.ts';
import { nameToText } from '../../wire/name.ts';
import { typeOf } from '../../wire/rdata.ts';
import { rdataText } from '../../wire/record-text.ts';
import type { ShownAnswer, ShownRecord } from './explanation.ts';
import { rcodeName } from './shown.ts';

/** In the order in which dig shows them. The second byte of the flags is that of the response code. */
const FLAGS = [
  ['aa', Flag.AA << 8],
  ['tc', Flag.TC << 8],
  ['rd', Flag.RD << 8],
  ['ra', Flag.RA],
  ['ad', Flag.AD],
  ['cd', Flag.CD],
] as const;

export const NO_REPLY: ShownAnswer = {
  rcode: null,
  known: true,
  flags: [],
  error: null,
  bytes: 0,
  answers: [],
  authority: [],
  additional: [],
};

/** `known`: it is what the client gets; else other servers may have more to say, and SERVFAIL says nothing. */
export function shownAnswer(reply: Uint8Array, known: boolean): ShownAnswer {
  const message = readMessage(reply);
  if (message === undefined) return NO_REPLY;
  const rcode = rcodeName(rcodeOf(message));
  return {
    rcode: known || rcode !== 'SERVFAIL' ? rcode : null,
    known,
    flags: FLAGS.filter(([, bit]) => (message.flags & bit) !== 0).map(([name]) => name),
    error: known ? errorOf(message) : null,
    bytes: known ? reply.length : 0,
    answers: message.answers.map(shownRecord),
    authority: message.authority.map(shownRecord),
    additional: message.additional.filter((record) => !isOpt(record)).map(shownRecord),
  };
}

function shownRecord({ owner, ttl, rdata }: ResourceRecord): ShownRecord {
  return { name: nameToText(owner), ttl, type: typeName(typeOf(rdata)), data: rdataText(rdata) };
}

/** Its upper bits are in OPT (RFC 6891 6.1.3). */
function rcodeOf({ flags, additional }: Message): number {
  const opt = additional.find(isOpt);
  return (flags & Flag.RCODE) | (opt === undefined ? 0 : Math.floor(opt.ttl / 2 ** 24) << 4);
}

function errorOf({ additional }: Message): ShownAnswer['error'] {
  const opt = additional.find(isOpt)?.rdata;
  if (opt?.type !== 'unknown') return null;
  const [first] = readExtendedErrors(opt.data);
  if (first === undefined) return null;
  const text = Buffer.from(first.text).toString('utf8');
  const name = extendedErrorName(first.code);
  return { code: first.code, text: text === '' ? name : `${name}: ${text}` };
}
