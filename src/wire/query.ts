// One incoming query, judged and read without allocating: the header first, then question and EDNS.
import { at, lower, u16 } from './bytes.ts';
import { Flag, HEADER_LENGTH, MAX_UDP_SIZE, Opcode, PLAIN_UDP_SIZE, Type } from './codes.ts';
import { MAX_NAME, type Name } from './name.ts';
import { Reader } from './reader.ts';

export type Transport = 'udp' | 'tcp';

/** What reading found. Everything but DROP is owed a reply. */
export const Verdict = { OK: 0, DROP: 1, FORMERR: 2, NOTIMP: 3, BADVERS: 4 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** A query as it was read; one object serves all queries of a transport, one after the other. */
export class Query {
  /** Lower-case question name in wire form, then its type: together the key of an answer. */
  readonly key = Buffer.alloc(MAX_NAME + 2);
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

  #clear(): void {
    this.nameLength = 0;
    this.questionEnd = HEADER_LENGTH;
    this.edns = false;
    this.udpSize = PLAIN_UDP_SIZE;
    this.dnssecOk = false;
  }

  /** Reads the first `length` bytes of `request`. */
  read(request: Uint8Array, length: number): Verdict {
    this.#clear();
    if (length < HEADER_LENGTH || (at(request, 2) & Flag.QR) !== 0) return Verdict.DROP;
    if ((at(request, 2) & Flag.OPCODE) >>> 3 !== Opcode.QUERY) return Verdict.NOTIMP;
    if (u16(request, 4) !== 1 || !this.#readQuestion(request, length)) return Verdict.FORMERR;
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
    const { key } = this;
    let place = HEADER_LENGTH;
    let size = 0;
    for (;;) {
      if (place >= length) return false;
      const head = at(request, place++);
      key[size++] = head;
      if (head === 0) break;
      if (head > 63 || size + head >= MAX_NAME || place + head > length) return false;
      for (const end = place + head; place < end; place++) key[size++] = lower(at(request, place));
    }
    if (place + 4 > length) return false;
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
      return end === length && this.#optionsFit(request, start + 11, end) ? verdict : Verdict.FORMERR;
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

  #optionsFit(request: Uint8Array, start: number, end: number): boolean {
    let place = start;
    while (place + 4 <= end) place += 4 + u16(request, place + 2);
    return place === end;
  }

  /** Any other mix of records: all are passed over, one OPT in the additional section is read. */
  #readRecords(request: Uint8Array, length: number): Verdict {
    // Rare, so a reader may be allocated here.
    const reader = new Reader(
      length === request.length ? request : request.subarray(0, length),
      this.questionEnd,
    );
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
        if (!this.#optionsFit(request, fixed + 10, reader.at)) reader.fail();
      }
    }
    return reader.failed || reader.left > 0 ? Verdict.FORMERR : verdict;
  }

  /** A copy of the question name. */
  name(): Name {
    return Uint8Array.from(this.key.subarray(0, this.nameLength)) as Name;
  }

  /** Name and type as a string of one character a byte. */
  keyText(): string {
    return this.key.toString('latin1', 0, this.nameLength + 2);
  }

  /** The most bytes that a reply over UDP may have. */
  get udpLimit(): number {
    return Math.min(this.udpSize, MAX_UDP_SIZE);
  }
}
