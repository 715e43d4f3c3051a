// Answers as zone text, one record a line: `owner TTL type rdata` (RFC 1035 5.1), the way people read and write them.
import { ipv4Text, ipv6Text } from '../../src/wire/address.ts';
import { Rcode, typeName } from '../../src/wire/codes.ts';
import { isOpt, type Message, type ResourceRecord } from '../../src/wire/message.ts';
import { type Name, nameToText } from '../../src/wire/name.ts';
import { type Rdata, typeOf } from '../../src/wire/rdata.ts';
import type { Outcome } from '../../src/zone/resolve.ts';
import type { RRset } from '../../src/zone/rrsets.ts';

function quoted(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes).toString('utf8').replace(/["\\]/g, '\\$&')}"`;
}

export function textOfRdata(rdata: Rdata): string {
  switch (rdata.type) {
    case 1:
      return ipv4Text(rdata.address);
    case 28:
      return ipv6Text(rdata.address);
    case 2:
    case 5:
    case 12:
      return nameToText(rdata.target);
    case 15:
      return `${rdata.preference} ${nameToText(rdata.exchange)}`;
    case 33:
      return `${rdata.priority} ${rdata.weight} ${rdata.port} ${nameToText(rdata.target)}`;
    case 16:
      return rdata.strings.map(quoted).join(' ');
    case 13:
      return `${quoted(rdata.cpu)} ${quoted(rdata.os)}`;
    case 6: {
      const { serial, refresh, retry, expire, minimum } = rdata;
      const names = `${nameToText(rdata.mname)} ${nameToText(rdata.rname)}`;
      return `${names} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'unknown':
      return `\\# ${rdata.data.length} ${Buffer.from(rdata.data).toString('hex')}`.trimEnd();
    default:
      return rdata satisfies never;
  }
}

function line(owner: Name, ttl: number, rdata: Rdata): string {
  return `${nameToText(owner)} ${ttl} ${typeName(typeOf(rdata))} ${textOfRdata(rdata)}`;
}

/** The records of RRsets, in order. */
export function linesOfSets(sets: readonly RRset[]): string[] {
  return sets.flatMap((set) => set.rdatas.map((rdata) => line(set.owner, set.ttl, rdata)));
}

/** The records of a section, in order, OPT left out. */
export function linesOfRecords(records: readonly ResourceRecord[]): string[] {
  return records.filter((record) => !isOpt(record)).map(({ owner, ttl, rdata }) => line(owner, ttl, rdata));
}

/** An outcome: its answer records in order, then `+ ` additional ones; or `NODATA`, `NXDOMAIN`, `EXTERNAL`. */
export function linesOfOutcome(outcome: Outcome): string[] {
  if (outcome.kind !== 'answer') return [outcome.kind.toUpperCase()];
  return [
    ...linesOfSets(outcome.answers),
    ...linesOfSets(outcome.additional).map((additional) => `+ ${additional}`),
  ];
}

const rcodeNames = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));

/** The rcode of a reply, its upper bits from OPT (RFC 6891 6.1.3). */
export function rcodeOf(message: Message): string {
  const opt = message.additional.find(isOpt);
  const code = (message.flags & 0x0f) | (opt === undefined ? 0 : Math.floor(opt.ttl / 2 ** 24) << 4);
  return rcodeNames.get(code) ?? `RCODE${code}`;
}

/** A reply: the rcode unless NOERROR, answers in order, authority as `@ `, additional as `+ `. */
export function linesOfMessage(message: Message): string[] {
  const rcode = rcodeOf(message);
  return [
    ...(rcode === 'NOERROR' ? [] : [rcode]),
    ...linesOfRecords(message.answers),
    ...linesOfRecords(message.authority).map((record) => `@ ${record}`),
    ...linesOfRecords(message.additional).map((record) => `+ ${record}`),
  ];
}
