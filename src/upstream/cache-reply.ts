// One reply of another server, looked through once: where its records and their TTLs stand, and how long it may be kept.
import { at, lower, putU16, putU32, u16 } from '../wire/bytes.ts';
import { Flag, HEADER_LENGTH, MAX_MESSAGE, Rcode, Type } from '../wire/codes.ts';
import { Reader } from '../wire/reader.ts';

/** Bounds of how long answers are kept, in seconds. */
export interface Lifetimes {
  readonly min: number;
  readonly max: number;
}

/** A reply as it is kept and given on. */
export interface UpstreamReply {
  /**
   * The message up to its OPT record, which each hop has of its own (RFC 6891 6.1.1), with the counts of what is left and
   * every TTL as it may be given on. Names in it point only to what stands before them.
   */
  readonly message: Uint8Array;
  /** Where the question ends and the first record begins. */
  readonly questionEnd: number;
  /** With the upper bits from OPT. */
  readonly rcode: number;
  /** For each record, in order of the sections: where it begins, and where its TTL stands. */
  readonly places: Uint16Array;
  /** Seconds that it may be kept, 0 for not at all. No TTL in an answer that may be kept is less. */
  readonly life: number;
}

/** How long a SERVFAIL is remembered, in seconds: RFC 2308 7.1 allows five minutes, RFC 9520 3.2 asks for at least one second. */
export const SERVFAIL_LIFE = 5;
/** RFC 2181 8: a TTL with the top bit set counts as 0. */
const MAX_TTL = 2 ** 31 - 1;
/** Serial, refresh, retry, expire, minimum. */
const SOA_NUMBERS = 20;
/** Records of the smallest kind that a message has room for: a root name, type, class, TTL, length. */
const MOST_RECORDS = Math.ceil(MAX_MESSAGE / 11);

// One reply is looked through at a time.
const places = new Uint16Array(MOST_RECORDS * 2);
const ttls = new Uint32Array(MOST_RECORDS);

/** Whether a reply says what there is, or that there is nothing: anything else is a failure (RFC 8767 5). */
export function isAnswer(reply: UpstreamReply): boolean {
  return reply.rcode === Rcode.NOERROR || reply.rcode === Rcode.NXDOMAIN;
}

/**
 * Looks through the reply to a query; undefined where the bytes are no reply to it. Bytes behind the last record, and
 * records behind OPT, are left out. Never throws, and keeps neither buffer.
 */
export function lookThrough(
  reply: Uint8Array,
  query: Uint8Array,
  lifetimes: Lifetimes,
): UpstreamReply | undefined {
  const questionEnd = sameQuestion(reply, query);
  return questionEnd === 0 ? undefined : new Scan(reply, questionEnd, lifetimes).run();
}

/** Where the question ends, which must be that of the query; 0 where it is not, or where this is no reply. */
function sameQuestion(reply: Uint8Array, query: Uint8Array): number {
  if (reply.length < HEADER_LENGTH || reply.length > MAX_MESSAGE) return 0;
  if ((at(reply, 2) & (Flag.QR | Flag.OPCODE)) !== Flag.QR || u16(reply, 4) !== 1) return 0;
  let end = HEADER_LENGTH;
  while (end < query.length && at(query, end) !== 0) end += at(query, end) + 1;
  end += 1;
  if (end + 4 > Math.min(reply.length, query.length)) return 0;
  // A length byte is below 64, so folding leaves it as it is.
  for (let i = HEADER_LENGTH; i < end; i++) if (lower(at(reply, i)) !== lower(at(query, i))) return 0;
  for (let i = end; i < end + 4; i++) if (at(reply, i) !== at(query, i)) return 0;
  return end + 4;
}

/** One look through. A section is known by the place of its count in the header. */
class Scan {
  readonly #reply: Uint8Array;
  readonly #questionEnd: number;
  readonly #reader: Reader;
  readonly #type: number;
  readonly #lifetimes: Lifetimes;
  #rcode: number;
  /** Records in all sections so far. */
  #count = 0;
  /** Where OPT begins, and so the message ends; 0 where there is none. */
  #optAt = 0;
  /** The answer section has a record of the type asked for. */
  #found = false;
  #soa = false;

  constructor(reply: Uint8Array, questionEnd: number, lifetimes: Lifetimes) {
    this.#reply = reply;
    this.#questionEnd = questionEnd;
    this.#reader = new Reader(reply, questionEnd);
    this.#type = u16(reply, questionEnd - 4);
    this.#lifetimes = lifetimes;
    this.#rcode = at(reply, 3) & Flag.RCODE;
  }

  run(): UpstreamReply | undefined {
    const answers = this.#section(6);
    const authority = this.#section(8);
    const additional = this.#section(10);
    if (this.#reader.failed) return undefined;
    const message = this.#reply.slice(0, this.#optAt > 0 ? this.#optAt : this.#reader.at);
    putU16(message, 6, answers);
    putU16(message, 8, authority);
    putU16(message, 10, additional);
    return {
      message,
      questionEnd: this.#questionEnd,
      rcode: this.#rcode,
      places: places.slice(0, this.#count * 2),
      life: this.#bound(message),
    };
  }

  /** Reads the section whose number of records stands at `place`; returns how many of them are kept. */
  #section(place: number): number {
    const before = this.#count;
    for (let left = u16(this.#reply, place); left > 0 && !this.#reader.failed; left--) this.#record(place);
    return this.#count - before;
  }

  #record(section: number): void {
    const reader = this.#reader;
    const start = reader.at;
    reader.skipName();
    const fixed = reader.at;
    const type = reader.u16();
    reader.skip(2);
    const ttl = reader.u32();
    const length = reader.u16();
    const rdata = reader.at;
    reader.skip(length);
    if (reader.failed) return;
    if (type === Type.OPT) {
      this.#opt(section, start, ttl);
    } else if (this.#optAt === 0) {
      places[this.#count * 2] = start;
      places[this.#count * 2 + 1] = fixed + 4;
      ttls[this.#count] = this.#ttlOf(section, type, ttl, rdata, length);
      this.#count++;
      if (section === 6 && (type === this.#type || this.#type === Type.ANY)) this.#found = true;
    }
  }

  /** One OPT, in the additional section, owned by the root (RFC 6891 6.1.1). */
  #opt(section: number, start: number, ttl: number): void {
    if (section !== 10 || this.#optAt > 0 || at(this.#reply, start) !== 0) this.#reader.fail();
    this.#optAt = start;
    this.#rcode |= Math.floor(ttl / 0x1000000) << 4;
  }

  /** The TTL of a record; an SOA in the authority section says how long there is nothing (RFC 2308 5). */
  #ttlOf(section: number, type: number, ttl: number, rdata: number, length: number): number {
    const own = ttl > MAX_TTL ? 0 : ttl;
    if (section !== 8 || type !== Type.SOA) return own;
    const soa = new Reader(this.#reply, rdata);
    soa.skipName();
    soa.skipName();
    soa.skip(SOA_NUMBERS - 4);
    const minimum = soa.u32();
    if (soa.failed || soa.at !== rdata + length) this.#reader.fail();
    this.#soa = true;
    return Math.min(own, minimum > MAX_TTL ? 0 : minimum);
  }

  /** Writes the TTLs as they may be given on; returns the least of them where the reply may be kept, else 0. */
  #bound(message: Uint8Array): number {
    const { min, max } = this.#lifetimes;
    let least = max;
    for (let i = 0; i < this.#count; i++) {
      const ttl = Math.min(max, Math.max(min, ttls[i] as number));
      putU32(message, places[i * 2 + 1] as number, ttl);
      if (ttl < least) least = ttl;
    }
    if ((at(message, 2) & Flag.TC) !== 0) return 0;
    if (this.#rcode === Rcode.SERVFAIL) return SERVFAIL_LIFE;
    const isPositive = this.#rcode === Rcode.NOERROR && this.#found;
    const isNegative = (this.#rcode === Rcode.NOERROR || this.#rcode === Rcode.NXDOMAIN) && this.#soa;
    return isPositive || isNegative ? least : 0;
  }
}
