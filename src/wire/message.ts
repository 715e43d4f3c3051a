// Whole messages: the records of one, read into values (RFC 1035 4.1); and records written into one.
import { u16 } from './bytes.ts';
import { HEADER_LENGTH, Type } from './codes.ts';
import type { Name } from './name.ts';
import { type Rdata, readRdata, typeOf, writeRdata } from './rdata.ts';
import { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord {
  readonly owner: Name;
  readonly class: number;
  /** Seconds; for OPT, the upper rcode bits, version and flags (RFC 6891 6.1.3). */
  readonly ttl: number;
  readonly rdata: Rdata;
}

export interface Message {
  readonly id: number;
  /** The second word of the header: QR, opcode, flags, rcode. */
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** Every record of a message as values; undefined where the bytes are no whole message. For tools and upstream answers. */
export function readMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length < HEADER_LENGTH) return undefined;
  const reader = new Reader(bytes, HEADER_LENGTH);
  const message = {
    id: u16(bytes, 0),
    flags: u16(bytes, 2),
    questions: many(reader, u16(bytes, 4), readQuestion),
    answers: many(reader, u16(bytes, 6), readRecord),
    authority: many(reader, u16(bytes, 8), readRecord),
    additional: many(reader, u16(bytes, 10), readRecord),
  };
  return reader.failed || reader.left > 0 ? undefined : message;
}

function many<T>(reader: Reader, count: number, read: (reader: Reader) => T): T[] {
  const items: T[] = [];
  while (items.length < count && !reader.failed) items.push(read(reader));
  return items;
}

function readQuestion(reader: Reader): Question {
  return { name: reader.name(), type: reader.u16(), class: reader.u16() };
}

function readRecord(reader: Reader): ResourceRecord {
  const owner = reader.name();
  const type = reader.u16();
  const rrClass = reader.u16();
  const ttl = reader.u32();
  return { owner, class: rrClass, ttl, rdata: readRdata(reader, type, reader.u16()) };
}

/** Writes one record; false, and nothing written, where it does not fit. */
export function writeRecord(
  writer: Writer,
  owner: Name,
  rrClass: number,
  ttl: number,
  rdata: Rdata,
): boolean {
  const start = writer.mark();
  writer.name(owner);
  writer.u16(typeOf(rdata));
  writer.u16(rrClass);
  writer.u32(ttl);
  const length = writer.mark();
  writer.u16(0);
  writeRdata(writer, rdata);
  if (writer.overflowed) {
    writer.rollback(start);
    return false;
  }
  const end = writer.mark();
  writer.rollback(length);
  writer.u16(end - length - 2);
  writer.at = end;
  return true;
}

/** Whether a record is the OPT pseudo-record (RFC 6891 6.1.1). */
export function isOpt(record: ResourceRecord): boolean {
  return typeOf(record.rdata) === Type.OPT;
}
