// RDATA: the types this server knows, as values, and how each is written and read (RFC 1035 3.3, 2782, 3596).
import { Type } from './codes.ts';
import type { Name } from './name.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export type Rdata =
  | { readonly type: typeof Type.A; readonly address: Uint8Array }
  | { readonly type: typeof Type.AAAA; readonly address: Uint8Array }
  | { readonly type: typeof Type.CNAME | typeof Type.NS | typeof Type.PTR; readonly target: Name }
  | { readonly type: typeof Type.MX; readonly preference: number; readonly exchange: Name }
  | {
      readonly type: typeof Type.SRV;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: Name;
    }
  | { readonly type: typeof Type.TXT; readonly strings: readonly Uint8Array[] }
  | { readonly type: typeof Type.HINFO; readonly cpu: Uint8Array; readonly os: Uint8Array }
  | ({ readonly type: typeof Type.SOA } & Soa)
  /** Any other type, by its bytes (RFC 3597). */
  | { readonly type: 'unknown'; readonly code: number; readonly data: Uint8Array };

/** RFC 1035 3.3.13; times in seconds. */
export interface Soa {
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** The numeric type of the record that holds this RDATA. */
export function typeOf(rdata: Rdata): number {
  return rdata.type === 'unknown' ? rdata.code : rdata.type;
}

/** Writes RDATA without its length. Overflow shows in the writer. */
export function writeRdata(writer: Writer, rdata: Rdata): void {
  switch (rdata.type) {
    case Type.A:
    case Type.AAAA:
      writer.bytes(rdata.address);
      return;
    case Type.CNAME:
    case Type.NS:
    case Type.PTR:
      writer.name(rdata.target);
      return;
    case Type.MX:
      writer.u16(rdata.preference);
      writer.name(rdata.exchange);
      return;
    case Type.SRV:
      writer.u16(rdata.priority);
      writer.u16(rdata.weight);
      writer.u16(rdata.port);
      // Never compressed: RFC 2782, and c-ares since 1.34.8 rejects it.
      writer.bytes(rdata.target);
      return;
    case Type.TXT:
      for (const string of rdata.strings) writer.characterString(string);
      return;
    case Type.HINFO:
      writer.characterString(rdata.cpu);
      writer.characterString(rdata.os);
      return;
    case Type.SOA:
      writeSoa(writer, rdata);
      return;
    case 'unknown':
      writer.bytes(rdata.data);
      return;
    default:
      rdata satisfies never;
  }
}

function writeSoa(writer: Writer, soa: Soa): void {
  writer.name(soa.mname);
  writer.name(soa.rname);
  for (const number of [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum]) writer.u32(number);
}

/**
 * Reads RDATA of `length` bytes at the reader's place. Where it does not end exactly there, or holds something
 * impossible, the reader has failed and the value means nothing.
 */
export function readRdata(reader: Reader, type: number, length: number): Rdata {
  const end = reader.at + length;
  const rdata = readKnown(reader, type, end);
  if (reader.at !== end) reader.fail();
  return rdata;
}

function readKnown(reader: Reader, type: number, end: number): Rdata {
  switch (type) {
    case Type.A:
      return { type, address: reader.take(4) };
    case Type.AAAA:
      return { type, address: reader.take(16) };
    case Type.CNAME:
    case Type.NS:
    case Type.PTR:
      return { type, target: reader.name() };
    case Type.MX:
      return { type, preference: reader.u16(), exchange: reader.name() };
    case Type.SRV:
      return {
        type,
        priority: reader.u16(),
        weight: reader.u16(),
        port: reader.u16(),
        target: reader.name(),
      };
    case Type.TXT:
      return { type, strings: readStrings(reader, end) };
    case Type.HINFO:
      return { type, cpu: reader.characterString(), os: reader.characterString() };
    case Type.SOA:
      return { type, ...readSoa(reader) };
    default:
      return { type: 'unknown', code: type, data: reader.take(end - reader.at) };
  }
}

function readStrings(reader: Reader, end: number): Uint8Array[] {
  const strings: Uint8Array[] = [];
  while (reader.at < end && !reader.failed) strings.push(reader.characterString());
  // One or more strings (RFC 1035 3.3.14).
  if (strings.length === 0) reader.fail();
  return strings;
}

function readSoa(reader: Reader): Soa {
  return {
    mname: reader.name(),
    rname: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minimum: reader.u32(),
  };
}
