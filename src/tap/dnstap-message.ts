// A record as a message of dnstap (dnstap.proto), in protobuf's wire format. A writer of our own, since a library would
// make an object for every message first, and this one schema of numbers and bytes is all there is to write.
import type { Client } from '../wire/client.ts';
import { Kind, type TapRecord } from './record.ts';

/** Message.Type. */
export const MessageType = {
  CLIENT_QUERY: 5,
  CLIENT_RESPONSE: 6,
  FORWARDER_QUERY: 7,
  FORWARDER_RESPONSE: 8,
} as const;

/** Fields of Message. */
const Field = {
  TYPE: 1,
  FAMILY: 2,
  PROTOCOL: 3,
  QUERY_ADDRESS: 4,
  RESPONSE_ADDRESS: 5,
  QUERY_PORT: 6,
  RESPONSE_PORT: 7,
  QUERY_SECONDS: 8,
  QUERY_NANOSECONDS: 9,
  QUERY: 10,
  RESPONSE_SECONDS: 12,
  RESPONSE_NANOSECONDS: 13,
  RESPONSE: 14,
} as const;
/** Fields of Dnstap; its type is MESSAGE, the only one there is. */
const IDENTITY = 1;
const VERSION = 2;
const MESSAGE = 14;
const TYPE = 15;
const TYPE_MESSAGE = 1;

/** Wire types of protobuf. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** A message takes at most so much beside the DNS message and the texts of its writer. */
const OVERHEAD = 128;
const MOST_DNS = 65_535;

/** Writes fields one after the other. */
class Fields {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  #varint(value: number): void {
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 128)) this.bytes[this.at++] = (left & 0x7f) | 0x80;
    this.bytes[this.at++] = left;
  }

  number(field: number, value: number): void {
    this.#varint((field << 3) | VARINT);
    this.#varint(value);
  }

  fixed32(field: number, value: number): void {
    this.#varint((field << 3) | FIXED32);
    for (let i = 0; i < 32; i += 8) this.bytes[this.at++] = value >>> i;
  }

  data(field: number, from: Uint8Array, start: number, length: number): void {
    this.#varint((field << 3) | BYTES);
    this.#varint(length);
    const { bytes, at } = this;
    // Few bytes are copied sooner than a view is made. All arrays are of one kind, and none is a Buffer: see query-line.ts.
    if (length > 96) bytes.set(from.subarray(start, start + length), at);
    else for (let i = 0; i < length; i++) bytes[at + i] = from[start + i] as number;
    this.at = at + length;
  }

  address(field: number, { words, isIpv4 }: Client): void {
    this.#varint((field << 3) | BYTES);
    this.#varint(isIpv4 ? 4 : 16);
    for (let word = isIpv4 ? 3 : 0; word < 4; word++)
      for (let shift = 24; shift >= 0; shift -= 8) this.bytes[this.at++] = (words[word] as number) >>> shift;
  }
}

export class DnstapEncoder {
  /** The most bytes that one message takes. */
  readonly most: number;
  readonly #message = new Fields(MOST_DNS + OVERHEAD);
  readonly #whole: Fields;
  /** Where the message begins behind what is the same in all. */
  readonly #start: number;

  constructor(identity: string, version: string) {
    const texts = [Uint8Array.from(Buffer.from(identity)), Uint8Array.from(Buffer.from(version))] as const;
    this.most = MOST_DNS + 2 * OVERHEAD + texts[0].length + texts[1].length;
    this.#whole = new Fields(this.most);
    this.#whole.data(IDENTITY, texts[0], 0, texts[0].length);
    this.#whole.data(VERSION, texts[1], 0, texts[1].length);
    this.#whole.number(TYPE, TYPE_MESSAGE);
    this.#start = this.#whole.at;
  }

  /** The question of a client's record, or its reply, or the one message of another record; valid until the next call. */
  encode(record: TapRecord, isReply: boolean): Uint8Array {
    this.#message.at = 0;
    this.#put(record, isReply);
    this.#whole.at = this.#start;
    this.#whole.data(MESSAGE, this.#message.bytes, 0, this.#message.at);
    return this.#whole.bytes.subarray(0, this.#whole.at);
  }

  #put(record: TapRecord, isReply: boolean): void {
    const out = this.#message;
    const { client, kind } = record;
    const isOurs = kind === Kind.CLIENT;
    const query = isOurs ? MessageType.CLIENT_QUERY : MessageType.FORWARDER_QUERY;
    out.number(Field.TYPE, isReply ? query + 1 : query);
    out.number(Field.FAMILY, client.isIpv4 ? 1 : 2);
    out.number(Field.PROTOCOL, record.isTcp ? 2 : 1);
    out.address(isOurs ? Field.QUERY_ADDRESS : Field.RESPONSE_ADDRESS, client);
    out.number(isOurs ? Field.QUERY_PORT : Field.RESPONSE_PORT, client.port);
    // A record of a client is as old as its question, one of another server as its own message.
    const shift = isOurs ? record.latencyUs : -record.latencyUs;
    this.#time(Field.QUERY_SECONDS, record, isReply && !isOurs ? shift : 0);
    if (isReply) {
      this.#time(Field.RESPONSE_SECONDS, record, isOurs ? shift : 0);
      out.data(Field.RESPONSE, record.bytes, record.replyAt, record.replyKept);
    } else {
      out.data(Field.QUERY, record.bytes, record.requestAt, record.requestKept);
    }
  }

  /** Seconds in `field`, nanoseconds in the one behind it. */
  #time(field: number, { seconds, microseconds }: TapRecord, shiftUs: number): void {
    const us = microseconds + shiftUs;
    const carry = Math.floor(us / 1e6);
    this.#message.number(field, seconds + carry);
    this.#message.fixed32(field + 1, (us - carry * 1e6) * 1000);
  }
}
