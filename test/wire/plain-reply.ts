// Replies put together the plain way, to hold the renderer against: records are lists of bytes, a message is their sum.
import { layOut } from '../../src/wire/compiled.ts';
import { ZoneWords } from '../../src/wire/negative.ts';
import { option, u16, u32 } from './packets.ts';

/** A record's bytes, owner to RDATA. */
export type Plain = readonly number[];

/** An answer before it is compiled. */
export interface PlainAnswer {
  readonly rcode: number;
  readonly authoritative: boolean;
  /** So many leading answers of which one is sent; 0 or at least 2. */
  readonly alternatives: number;
  readonly rotateFrom: number;
  readonly rotateCount: number;
  readonly answers: readonly Plain[];
  /** An SOA, whose serial stands 20 bytes before its end, or nothing. */
  readonly soa: Plain | undefined;
  /** RRset by RRset. */
  readonly additional: readonly (readonly Plain[])[];
}

/** What a reply has beside records, and how long they may be kept. */
export interface Beside {
  /** Info code of an extended DNS error; -1 for none. */
  readonly ede: number;
  readonly cookie: readonly number[] | undefined;
  readonly recursionAvailable: boolean;
  /** The most that a TTL may be; 0 for no limit. */
  readonly stale: number;
}

export const NOTHING_BESIDE: Beside = { ede: -1, cookie: undefined, recursionAvailable: false, stale: 0 };

export interface Asked {
  readonly request: Uint8Array;
  readonly questionEnd: number;
  readonly edns: boolean;
  readonly dnssecOk: boolean;
}

/** The number of the zone that answers are of. */
export const ZONE = 3;

/** The numbers of the zones, where only one has a serial. */
export function zoneWords(serial: number, stale = 0): Uint32Array {
  const words = new Uint32Array(ZoneWords.FIRST + (ZONE + 2) * ZoneWords.STRIDE).fill(0x01020304);
  words[ZoneWords.STALE_TTL] = stale;
  words[ZoneWords.FIRST + ZONE * ZoneWords.STRIDE + ZoneWords.SERIAL] = serial;
  return words;
}

/** Bytes from an SOA's serial to its end (RFC 1035 3.3.13). */
const SOA_TAIL = 20;

export function compiled(answer: PlainAnswer): Uint8Array {
  const authority = answer.soa === undefined ? [] : [answer.soa];
  const records = [...answer.answers, ...authority, ...answer.additional.flat()];
  const offsets: number[] = [];
  let length = 0;
  for (const record of records) {
    offsets.push(length);
    length += record.length;
  }
  const soaAt = offsets[answer.answers.length] ?? 0;
  return layOut({
    rcode: answer.rcode as 0,
    authoritative: answer.authoritative,
    zoneData: true,
    answers: answer.answers.length,
    authority: authority.length,
    additional: answer.additional.flat().length,
    alternatives: answer.alternatives,
    rotateFrom: answer.rotateFrom,
    rotateCount: answer.rotateCount,
    serialAt: answer.soa === undefined ? -1 : soaAt + answer.soa.length - SOA_TAIL,
    zone: ZONE,
    offsets,
    body: Uint8Array.from(records.flat()),
  });
}

/** The answers of one turn: the alternatives cut down to one, the rotating run begun `turn` records later. */
export function inTurn(answer: PlainAnswer, turn: number): readonly Plain[] {
  const { alternatives, rotateFrom, rotateCount, answers } = answer;
  const chosen = alternatives > 1 ? [answers[turn % alternatives]!] : answers.slice(0, alternatives);
  const still = answers.slice(alternatives, rotateFrom);
  const run = answers.slice(rotateFrom, rotateFrom + rotateCount);
  const shift = rotateCount === 0 ? 0 : turn % rotateCount;
  const rest = answers.slice(rotateFrom + rotateCount);
  return [...chosen, ...still, ...run.slice(shift), ...run.slice(0, shift), ...rest];
}

function sizeOf(records: readonly Plain[]): number {
  return records.reduce((sum, record) => sum + record.length, 0);
}

/** The longest beginning of `items` that fits into `room`. */
function fitting<T>(items: readonly T[], room: number, size: (item: T) => number): readonly T[] {
  let [left, count] = [room, 0];
  for (const item of items) {
    left -= size(item);
    if (left < 0) break;
    count++;
  }
  return items.slice(0, count);
}

export interface PlainReply {
  readonly truncated: boolean;
  readonly answers: readonly Plain[];
  readonly additional: readonly Plain[];
  readonly bytes: readonly number[];
}

/** The record with a TTL of at most `most` seconds. */
function limited(record: Plain, most: number): Plain {
  let place = 0;
  while (record[place]! > 0 && record[place]! < 0xc0) place += record[place]! + 1;
  place += record[place] === 0 ? 5 : 6;
  const [a, b, c, d] = record.slice(place, place + 4) as [number, number, number, number];
  return record.toSpliced(place, 4, ...u32(Math.min(most, ((a * 256 + b) * 256 + c) * 256 + d)));
}

/** The EDNS options of a reply. */
function optionsOf({ ede, cookie, stale }: Beside): readonly number[] {
  const code = ede < 0 && stale > 0 ? 3 : ede;
  return [...(code < 0 ? [] : option(15, u16(code))), ...(cookie === undefined ? [] : option(10, cookie))];
}

/** What must be sent in at most `limit` bytes. */
export function plainReply(
  asked: Asked,
  answer: PlainAnswer,
  turn: number,
  serial: number,
  limit: number,
  beside = NOTHING_BESIDE,
): PlainReply {
  const question = [...asked.request.subarray(12, asked.questionEnd)];
  const options = optionsOf(beside);
  const flags = asked.dnssecOk ? 0x80 : 0;
  const opt = asked.edns
    ? [0, ...u16(41), ...u16(1232), answer.rcode >> 4, 0, flags, 0, ...u16(options.length), ...options]
    : [];
  const kept = (record: Plain) =>
    beside.stale === 0 || record.length === 0 ? record : limited(record, beside.stale);
  const room = limit - 12 - question.length - opt.length;
  const wanted = inTurn(answer, turn);
  const answers = fitting(wanted, room, (record) => record.length);
  const truncated = answers.length < wanted.length;
  const soa = answer.soa?.toSpliced(-SOA_TAIL, 4, ...u32(serial)) ?? [];
  const left = room - sizeOf(answers) - soa.length;
  const additional = truncated ? [] : fitting(answer.additional, left, sizeOf).flat();
  const counts = [1, answers.length, soa.length > 0 ? 1 : 0, additional.length + (asked.edns ? 1 : 0)];
  return {
    truncated,
    answers,
    additional,
    bytes: [
      ...asked.request.subarray(0, 2),
      0x80 | (asked.request[2]! & 0x79) | (answer.authoritative ? 4 : 0) | (truncated ? 2 : 0),
      (beside.recursionAvailable ? 0x80 : 0) | (asked.request[3]! & 0x10) | (answer.rcode & 15),
      ...counts.flatMap(u16),
      ...question,
      ...answers.flatMap(kept),
      ...kept(soa),
      ...additional.flatMap(kept),
      ...opt,
    ],
  };
}
