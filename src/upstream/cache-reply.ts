// One reply of another server, looked through once: where its records and their TTLs stand, and how long it may be kept.
import { at, i32, putU32, u16 } from '../wire/bytes.ts';
import { Flag, HEADER_LENGTH, MAX_MESSAGE, Rcode, Type } from '../wire/codes.ts';
import { Reader } from '../wire/reader.ts';
import type { UpstreamReply } from './upstreamed.ts';

/** Bounds of how long answers are kept, in seconds. */
export interface Lifetimes {
  readonly min: number;
  readonly max: number;
}

/** A reply that was looked through. */
export interface Kept {
  /** Its TTLs are such as may be given on. */
  readonly reply: UpstreamReply;
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

const ANY_LIFE: Lifetimes = { min: 0, max: MAX_TTL };

// One reply is looked through at a time.
const places = new Uint16Array(MOST_RECORDS * 2);
const ttls = new Uint32Array(MOST_RECORDS);

/** Whether a reply says what there is, or that there is nothing: anything else is a failure (RFC 8767 5). */
export function isAnswer(reply: UpstreamReply): boolean {
  return isAnswerCode(reply.rcode);
}

export function isAnswerCode(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
}

/** Looks through a reply, which has one question. Never throws, and leaves the reply as it is. */
export function lookThrough(reply: UpstreamReply, lifetimes: Lifetimes): Kept {
  return new Scan(reply.message, lifetimes).judge(reply);
}

/** For each record of a message, in order of the sections: where in it the record begins, and where its TTL stands. */
export function placesOf(message: Uint8Array): Uint16Array {
  return new Scan(message, ANY_LIFE).places();
}

/** One look through. A section is known by the place of its count in the header. */
class Scan {
  readonly #message: Uint8Array;
  readonly #reader: Reader;
  readonly #type: number;
  readonly #lifetimes: Lifetimes;
  #count = 0;
  /** The answer section has a record of the type asked for. */
  #found = false;
  #soa = false;

  constructor(message: Uint8Array, lifetimes: Lifetimes) {
    this.#message = message;
    this.#reader = new Reader(message, HEADER_LENGTH);
    this.#reader.skipName();
    this.#type = this.#reader.u16();
    this.#reader.skip(2);
    this.#lifetimes = lifetimes;
  }

  places(): Uint16Array {
    this.#records();
    return places.slice(0, this.#count * 2);
  }

  judge(reply: UpstreamReply): Kept {
    this.#records();
    const { reply: bounded, least } = this.#bounded(reply);
    const life = this.#reader.failed ? 0 : this.#life(reply, least);
    return { reply: bounded, life };
  }

  #records(): void {
    for (const section of [6, 8, 10]) {
      for (let left = u16(this.#message, section); left > 0 && !this.#reader.failed; left--)
        this.#record(section);
    }
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
    places[this.#count * 2] = start;
    places[this.#count * 2 + 1] = fixed + 4;
    ttls[this.#count] = this.#ttlOf(section, type, ttl, rdata, length);
    this.#count++;
    if (section === 6 && (type === this.#type || this.#type === Type.ANY)) this.#found = true;
  }

  /** The TTL of a record; an SOA in the authority section says how long there is nothing (RFC 2308 5). */
  #ttlOf(section: number, type: number, ttl: number, rdata: number, length: number): number {
    const own = ttl > MAX_TTL ? 0 : ttl;
    if (section !== 8 || type !== Type.SOA) return own;
    const soa = new Reader(this.#message, rdata);
    soa.skipName();
    soa.skipName();
    soa.skip(SOA_NUMBERS - 4);
    const minimum = soa.u32();
    if (soa.failed || soa.at !== rdata + length) return own;
    this.#soa = true;
    return Math.min(own, minimum > MAX_TTL ? 0 : minimum);
  }

  /** The reply with its TTLs as they may be given on, and the least of them. The message is copied where one differs. */
  #bounded(reply: UpstreamReply): { reply: UpstreamReply; least: number } {
    const { min, max } = this.#lifetimes;
    let message = this.#message;
    let least = max;
    for (let i = 0; i < this.#count; i++) {
      const place = places[i * 2 + 1] as number;
      const ttl = Math.min(max, Math.max(min, ttls[i] as number));
      if (ttl < least) least = ttl;
      if (i32(message, place) === ttl) continue;
      if (message === this.#message) message = message.slice();
      putU32(message, place, ttl);
    }
    return { reply: message === this.#message ? reply : { ...reply, message }, least };
  }

  #life(reply: UpstreamReply, least: number): number {
    const { message, rcode } = reply;
    if ((at(message, 2) & Flag.TC) !== 0) return 0;
    if (rcode === Rcode.SERVFAIL) return SERVFAIL_LIFE;
    const isPositive = rcode === Rcode.NOERROR && this.#found;
    const isNegative = isAnswer(reply) && this.#soa;
    return isPositive || isNegative ? least : 0;
  }
}
