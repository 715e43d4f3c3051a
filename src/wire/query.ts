// One incoming query, judged and read without allocating: the header first, then question and EDNS.
import { at, copyOf, lower, u16 } from './bytes.ts';
import { EdnsOption, Flag, HEADER_LENGTH, MAX_UDP_SIZE, Opcode, PLAIN_UDP_SIZE, Type } from './codes.ts';
import { MAX_NAME, type Name } from './name.ts';
import { Reader } from './reader.ts';

export type Transport = 'udp' | 'tcp';

/** What reading found. Everything but DROP is owed a reply. */
export const Verdict = { OK: 0, DROP: 1, FORMERR: 2, NOTIMP: 3, BADVERS: 4 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** An OPT record without options (RFC 6891 6.1.2). */
export const OPT_LENGTH = 11;
/** Option code and length, then the info code of an extended DNS error (RFC 8914 2). */
const EDE_LENGTH = 6;
/** A client's cookie, and our server cookies (RFC 7873 4.1, RFC 9018 4), in bytes. */
export const CLIENT_COOKIE = 8;
export const SERVER_COOKIE = 16;
const COOKIE_LENGTH = 4 + CLIENT_COOKIE + SERVER_COOKIE;
/** The longest OPT record that a reply has. */
export const MAX_OPT_LENGTH = OPT_LENGTH + EDE_LENGTH + COOKIE_LENGTH;

/**
 * A query as it was read, and what its reply has beside records; one object serves all queries of a transport, one after
 * the other.
 */
export class Query {
  /** Lower-case question name in wire form, then its type: together the key of an answer. */
  readonly key = Buffer.alloc((MAX_NAME + 2 + 3) & ~3);
  /** The same memory as words, to compare by. */
  readonly keyWords = new Int32Array(this.key.buffer, this.key.byteOffset, this.key.length / 4);
  /** Bytes of the name in `key`. */
  nameLength = 0;
  type = 0;
  class = 0;
  /** Where the question ends in the request; 12 where there is none that can be echoed. */
  questionEnd = HEADER_LENGTH;
  /** The client sent an OPT record (RFC 6891). */
  edns = false;
  /** The client's UDP size, at least 512 (RFC 6891 6.2.3). */
  udpSize = PLAIN_UDP_SIZE;
  /** The DO bit (RFC 3225), copied to the reply. */
  dnssecOk = false;
  /** Where in the request the data of its COOKIE option begins (RFC 7873 4); 0 where it has none. */
  cookieAt = 0;
  /** Bytes of that data: 8, or 16 to 40 with a server cookie. */
  cookieLength = 0;

  // Whoever answers sets these before the reply is rendered; `read` takes them back.
  /** Info code of the reply's extended DNS error (RFC 8914); -1 for none. */
  ede = -1;
  /** The reply has `replyCookie` as its COOKIE option. */
  sendsCookie = false;
  /** Client cookie and server cookie. */
  readonly replyCookie = new Uint8Array(CLIENT_COOKIE + SERVER_COOKIE);
  /** The reply says RA: this client's questions are forwarded. */
  recursionAvailable = false;
  /** Number of the zone that the name lies in, and one; 0 where it lies in none, or nobody has looked. For counting. */
  zone = 0;

  /** Where the OPT record stands in the reply that was rendered; 0 where it has none. */
  optAt = 0;

  #clear(): void {
    this.cookieAt = 0;
    this.cookieLength = 0;
    this.ede = -1;
    this.sendsCookie = false;
    this.recursionAvailable = false;
    this.zone = 0;
    this.optAt = 0;
    this.nameLength = 0;
    this.questionEnd = HEADER_LENGTH;
    this.edns = false;
    this.udpSize = PLAIN_UDP_SIZE;
    this.dnssecOk = false;
  }

  /** Takes over what the reply has beside records: another reading of the same query, answered later. */
  takeReplyOptions(from: Query): void {
    this.ede = from.ede;
    this.sendsCookie = from.sendsCookie;
    this.replyCookie.set(from.replyCookie);
    this.recursionAvailable = from.recursionAvailable;
    this.zone = from.zone;
  }

  /** Reads the first `length` bytes of `request`. */
  read(request: Uint8Array, length: number): Verdict {
    this.#clear();
    if (length < HEADER_LENGTH || (at(request, 2) & Flag.QR) !== 0) return Verdict.DROP;
    if ((at(request, 2) & Flag.OPCODE) >>> 3 !== Opcode.QUERY) {
      this.#lookForOpt(request, length);
      return Verdict.NOTIMP;
    }
    if (u16(request, 4) !== 1 || !this.#readQuestion(request, length)) {
      this.#lookForOpt(request, length);
      return Verdict.FORMERR;
    }
    if (
      this.questionEnd === length &&
      u16(request, 6) === 0 &&
      u16(request, 8) === 0 &&
      u16(request, 10) === 0
    ) {
      return Verdict.OK;
    }
    return this.#readRest(request, length);
  }

  /** The question; a pointer in it could only lead into the header, so there is none (RFC 1035 4.1.4). */
  #readQuestion(request: Uint8Array, length: number): boolean {
    let place = HEADER_LENGTH;
    for (;;) {
      if (place >= length) return false;
      const head = at(request, place++);
      if (head === 0) break;
      place += head;
      if (head > 63 || place - HEADER_LENGTH >= MAX_NAME) return false;
    }
    if (place + 4 > length) return false;
    const { key } = this;
    const size = place - HEADER_LENGTH;
    // No label is as long as a letter's code, so lengths stay as they are.
    for (let i = 0; i < size; i++) key[i] = lower(at(request, HEADER_LENGTH + i));
    key[size] = at(request, place);
    key[size + 1] = at(request, place + 1);
    this.nameLength = size;
    this.type = u16(request, place);
    this.class = u16(request, place + 2);
    this.questionEnd = place + 4;
    return true;
  }

  #readRest(request: Uint8Array, length: number): Verdict {
    const start = this.questionEnd;
    // Nearly every query that has more than a question has one OPT and nothing else.
    const lone = u16(request, 6) === 0 && u16(request, 8) === 0 && u16(request, 10) === 1;
    if (lone && start + 11 <= length && at(request, start) === 0 && u16(request, start + 1) === Type.OPT) {
      const end = start + 11 + u16(request, start + 9);
      // Read first: a FORMERR, too, has an OPT where the query had one (RFC 6891 6.1.1).
      const verdict = this.#readOpt(request, start + 3);
      return end === length && this.#readOptions(request, start + 11, end) ? verdict : Verdict.FORMERR;
    }
    return this.#readRecords(request, length);
  }

  /** Class, TTL and length of an OPT record, from its class on (RFC 6891 6.1.2). */
  #readOpt(request: Uint8Array, place: number): Verdict {
    this.edns = true;
    this.udpSize = Math.max(PLAIN_UDP_SIZE, u16(request, place));
    this.dnssecOk = (at(request, place + 4) & 0x80) !== 0;
    return at(request, place + 3) === 0 ? Verdict.OK : Verdict.BADVERS;
  }

  /** The options of an OPT record; whether they fill it and are well formed. */
  #readOptions(request: Uint8Array, start: number, end: number): boolean {
    let place = start;
    while (place + 4 <= end) {
      const length = u16(request, place + 2);
      if (u16(request, place) === EdnsOption.COOKIE && !this.#readCookie(place + 4, length)) return false;
      place += 4 + length;
    }
    return place === end;
  }

  /** False where it is malformed (RFC 7873 5.2.2). */
  #readCookie(place: number, length: number): boolean {
    // Only the first one counts (RFC 7873 5.2).
    if (this.cookieAt > 0) return true;
    this.cookieAt = place;
    this.cookieLength = length;
    return length === CLIENT_COOKIE || (length >= 16 && length <= 40);
  }

  /** The OPT of a query that is refused before its turn comes: the refusal has one too (RFC 6891 7), if it can be read. */
  #lookForOpt(request: Uint8Array, length: number): void {
    // Rare, so a reader may be allocated here.
    const reader = new Reader(request.subarray(0, length), HEADER_LENGTH);
    for (let left = u16(request, 4); left > 0 && !reader.failed; left--) {
      reader.skipName();
      reader.skip(4);
    }
    this.#walk(request, reader);
  }

  /** Any other mix of records: all are passed over, one OPT in the additional section is read. */
  #readRecords(request: Uint8Array, length: number): Verdict {
    // Rare, so a reader may be allocated here.
    return this.#walk(request, new Reader(request.subarray(0, length), this.questionEnd));
  }

  #walk(request: Uint8Array, reader: Reader): Verdict {
    const before = u16(request, 6) + u16(request, 8);
    const total = before + u16(request, 10);
    let verdict: Verdict = Verdict.OK;
    for (let i = 0; i < total && !reader.failed; i++) {
      const root = reader.left > 0 && at(request, reader.at) === 0;
      reader.skipName();
      const fixed = reader.at;
      const type = reader.u16();
      reader.skip(6);
      reader.skip(reader.u16());
      if (type !== Type.OPT || reader.failed) continue;
      if (this.edns || i < before || !root) {
        reader.fail();
      } else {
        verdict = this.#readOpt(request, fixed + 2);
        if (!this.#readOptions(request, fixed + 10, reader.at)) reader.fail();
      }
    }
    return reader.failed || reader.left > 0 ? Verdict.FORMERR : verdict;
  }

  /** A copy of the question name. */
  name(): Name {
    return copyOf(this.key, 0, this.nameLength) as Name;
  }

  /** Name and type as a string of one character a byte. */
  keyText(): string {
    return this.key.toString('latin1', 0, this.nameLength + 2);
  }

  /** Bytes of the OPT record that the reply will have. */
  get optLength(): number {
    if (!this.edns) return 0;
    return OPT_LENGTH + (this.ede >= 0 ? EDE_LENGTH : 0) + (this.sendsCookie ? COOKIE_LENGTH : 0);
  }

  /** The most bytes that a reply over UDP may have. */
  get udpLimit(): number {
    return Math.min(this.udpSize, MAX_UDP_SIZE);
  }
}
