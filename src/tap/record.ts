// One record of a ring: a question and its reply, or one message to or from another server. Its layout, and how it is read.
import { at, u16 } from '../wire/bytes.ts';
import { Client } from '../wire/client.ts';
import { Flag, Rcode } from '../wire/codes.ts';

/** What it is of: a client's question with its reply, or one message between us and a server that we ask. */
export const Kind = { CLIENT: 0, FORWARDER_QUERY: 1, FORWARDER_RESPONSE: 2 } as const;

/** Where the reply came from. UPSTREAM: other servers were waited for. */
export const Source = { TABLE: 0, COMPUTED: 1, CACHE: 2, UPSTREAM: 3 } as const;
export type Source = (typeof Source)[keyof typeof Source];
export const SOURCE_NAMES = ['table', 'computed', 'cache', 'upstream'] as const;

/** Words of a record's head; numbers of 16 bits stand in pairs, the lower one first. The bytes of both messages follow. */
export const Field = {
  LENGTH: 0,
  /** From the lowest byte: bits of `Want`, source, 1 for TCP, kind. */
  KIND: 1,
  /** When the question came in. */
  SECONDS: 2,
  MICROSECONDS: 3,
  /** In microseconds. */
  LATENCY: 4,
  /** Of the client, or of the other server: four words, then port and rcode. */
  ADDRESS: 5,
  PORT: 9,
  /** Where the question ends in the request, and bytes 2 and 3 of the reply. */
  QUESTION: 10,
  /** Bytes of request and reply as they were on the wire. */
  SIZES: 11,
  /** Bytes of each that follow. */
  KEPT: 12,
  /** 1 with EDNS, 2 with DO; the size that the client takes. */
  EDNS: 13,
  HEAD: 14,
} as const;

function wordAt(words: Int32Array, place: number): number {
  return words[place] as number;
}

/** A record, read where it stands; one object serves all. */
export class TapRecord {
  /** The memory that it stands in. */
  bytes: Uint8Array = new Uint8Array();
  readonly client = new Client();
  wants = 0;
  source: Source = Source.TABLE;
  isTcp = false;
  kind = 0;
  seconds = 0;
  microseconds = 0;
  latencyUs = 0;
  rcode = 0;
  /** Bytes 2 and 3 of the reply's header. */
  flags = 0;
  hasEdns = false;
  dnssecOk = false;
  udpSize = 0;
  requestSize = 0;
  replySize = 0;
  /** Where the bytes of the request begin, how many there are, and where the question ends among them. */
  requestAt = 0;
  requestKept = 0;
  questionEnd = 0;
  replyAt = 0;
  replyKept = 0;

  /** Reads the record at word `place`. */
  read(words: Int32Array, bytes: Uint8Array, place: number): void {
    const kind = wordAt(words, place + Field.KIND);
    this.bytes = bytes;
    this.wants = kind & 0xff;
    this.isTcp = ((kind >>> 16) & 1) === 1;
    this.kind = kind >>> 24;
    this.seconds = wordAt(words, place + Field.SECONDS) >>> 0;
    this.microseconds = wordAt(words, place + Field.MICROSECONDS);
    this.latencyUs = wordAt(words, place + Field.LATENCY) >>> 0;
    for (let i = 0; i < 4; i++) this.client.words[i] = wordAt(words, place + Field.ADDRESS + i);
    this.client.port = wordAt(words, place + Field.PORT) & 0xffff;
    this.rcode = wordAt(words, place + Field.PORT) >>> 16;
    this.questionEnd = wordAt(words, place + Field.QUESTION) & 0xffff;
    this.flags = wordAt(words, place + Field.QUESTION) >>> 16;
    this.requestSize = wordAt(words, place + Field.SIZES) & 0xffff;
    this.replySize = wordAt(words, place + Field.SIZES) >>> 16;
    this.requestKept = wordAt(words, place + Field.KEPT) & 0xffff;
    this.replyKept = wordAt(words, place + Field.KEPT) >>> 16;
    this.hasEdns = (wordAt(words, place + Field.EDNS) & 1) !== 0;
    this.dnssecOk = (wordAt(words, place + Field.EDNS) & 2) !== 0;
    this.udpSize = wordAt(words, place + Field.EDNS) >>> 16;
    this.requestAt = (place + Field.HEAD) * 4;
    this.replyAt = this.requestAt + ((this.requestKept + 3) & ~3);
    this.source = this.#sourceOf(((kind >>> 8) & 0xff) as Source);
  }

  /** Answers of other servers stand in the table, too: they are not ours, and come to clients that are served. */
  #sourceOf(source: Source): Source {
    const upper = this.flags >>> 8;
    const isOthers = (upper & (Flag.AA | Flag.TC)) === 0 && (this.flags & Flag.RA) !== 0;
    const isAnswer = this.rcode === Rcode.NOERROR || this.rcode === Rcode.NXDOMAIN;
    return source === Source.TABLE && isOthers && isAnswer ? Source.CACHE : source;
  }

  /** Whether there is a question that could be read. */
  get hasQuestion(): boolean {
    return this.questionEnd >= 12 + 5;
  }

  /** Type and class of the question; 0 where there is none. */
  get type(): number {
    return this.hasQuestion ? u16(this.bytes, this.requestAt + this.questionEnd - 4) : 0;
  }

  get class(): number {
    return this.hasQuestion ? u16(this.bytes, this.requestAt + this.questionEnd - 2) : 0;
  }

  /** Where the name of the question begins and ends, in wire form as it was sent. */
  get nameAt(): number {
    return this.requestAt + 12;
  }

  get nameEnd(): number {
    return this.requestAt + this.questionEnd - 4;
  }

  /** Of the request's header: RD and CD. */
  get isRecursionDesired(): boolean {
    return this.requestKept > 2 && (at(this.bytes, this.requestAt + 2) & Flag.RD) !== 0;
  }
}
