// A snapshot's bytes: a head that says how far the file counts, then chunks of records, all under checksums.
//
// Head, 512 bytes of text: `fingerpost-snapshot 1 CRC32 {"length":...}`, padded with spaces, the last byte a newline. The
//   CRC (hexadecimal) covers all behind its space. What lies beyond `length` was never completed, and does not count.
// Chunk: length of the payload, 4 bytes · CRC32 of type and payload, 4 · type, 1 · payload. The head's `sum` is the CRC32
//   of all chunks' own heads in order, so a chunk that is missing or in the wrong place does not go unnoticed either.
// Types: identity (JSON), entries (records), changes (records; later ones win over earlier ones and over entries), memo
//   (JSON; the last one counts).
// Record: kind, 1 byte · length of the key, 4 · length of the value, 4 · revision, 8 (double) · length of the lease's id, 1
//   · its granted TTL, 8 (double) · id · key · value. Big-endian.
import { crc32 } from 'node:zlib';
import type { Entry } from '../service/entry.ts';
import type { Known } from './registry.ts';

export const VERSION = 1;
export const HEAD_BYTES = 512;
export const CHUNK_HEAD_BYTES = 9;
/** Payloads grow to about this many bytes: a millisecond or two of work. */
export const CHUNK_BYTES = 256 * 1024;

export const ChunkType = { IDENTITY: 1, ENTRIES: 2, CHANGES: 3, MEMO: 4 } as const;
export type ChunkType = (typeof ChunkType)[keyof typeof ChunkType];

const MAGIC = 'fingerpost-snapshot';
const RECORD_BYTES = 26;
const Kind = { DELETE: 0, PUT: 1 } as const;

/** How far the file counts, and what of. */
export interface Head extends Pick<Known, 'revision' | 'since'> {
  /** Bytes that count, this head included. */
  readonly length: number;
  readonly sum: number;
}

/** What of `Known` may be of any length. */
export type Memo = Pick<Known, 'history'>;

/** Whose state it is. */
export interface Identity {
  readonly prefix: string;
  /** `host:port` of the members. One in common is enough: members come and go. */
  readonly hosts: readonly string[];
}

/** Why a file cannot be served. */
export class Unusable extends Error {
  /** `foreign`: whole, but of another version or another registry. */
  readonly kind: 'damaged' | 'foreign';

  constructor(kind: 'damaged' | 'foreign', message: string) {
    super(message);
    this.kind = kind;
  }
}

function damaged(what: string): Unusable {
  return new Unusable('damaged', what);
}

export function encodeHead({ length, sum, revision, since }: Head): Buffer {
  const json = JSON.stringify({ length, sum, revision, since });
  const covered = json.padEnd(HEAD_BYTES - headStart(VERSION).length - 10, ' ');
  const text = `${headStart(VERSION)}${hex(crc32(covered))} ${covered}\n`;
  if (text.length !== HEAD_BYTES) throw new RangeError(`the head of a snapshot has ${text.length} bytes`);
  return Buffer.from(text, 'latin1');
}

function headStart(version: number | string): string {
  return `${MAGIC} ${version} `;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

/** Throws Unusable. */
export function decodeHead(bytes: Buffer): Head {
  const text = bytes.toString('latin1');
  const [, version] = /^fingerpost-snapshot (\d{1,9}) /.exec(text) ?? [];
  if (version === undefined) throw damaged('it does not begin as a snapshot does');
  if (Number(version) !== VERSION)
    throw new Unusable('foreign', `its version is ${version}, ${VERSION} is understood`);
  const at = headStart(version).length;
  const covered = text.slice(at + 9, -1);
  if (
    bytes.length < HEAD_BYTES ||
    text.slice(at, at + 9) !== `${hex(crc32(covered))} ` ||
    !text.endsWith('\n')
  )
    throw damaged(`the checksum of its head (the first ${HEAD_BYTES} bytes) is wrong`);
  return JSON.parse(covered) as Head;
}

/** A chunk's head. */
export function encodeChunkHead(type: ChunkType, payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(CHUNK_HEAD_BYTES);
  head.writeUInt32BE(payload.length, 0);
  head[8] = type;
  head.writeUInt32BE(crc32(payload, crc32(head.subarray(8))), 4);
  return head;
}

export function isIntact(head: Buffer, payload: Buffer): boolean {
  return crc32(payload, crc32(head.subarray(8, 9))) === head.readUInt32BE(4);
}

/** The head's `sum` after one more chunk. */
export function sumWith(sum: number, chunkHead: Buffer): number {
  return crc32(chunkHead, sum);
}

/** Writes records one after the other into payloads. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafe(CHUNK_BYTES + 4096);
  #length = 0;

  /** Bytes that were written since `take`. */
  get length(): number {
    return this.#length;
  }

  /** Whether there is enough for a chunk. */
  get isFull(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  put({ key, value, revision, lease }: Entry): void {
    this.#record(Kind.PUT, key, value, revision, lease?.id ?? '', lease?.ttl ?? 0);
  }

  delete(key: string, revision: number): void {
    this.#record(Kind.DELETE, key, '', revision, '', 0);
  }

  /** The payload so far; what follows begins a new one. */
  take(): Buffer {
    const payload = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return payload;
  }

  #record(kind: number, key: string, value: string, revision: number, id: string, ttl: number): void {
    const most = RECORD_BYTES + 3 * (key.length + value.length) + id.length;
    if (this.#length + most > this.#bytes.length) this.#grow(most);
    const bytes = this.#bytes;
    const start = this.#length;
    const idAt = start + RECORD_BYTES;
    const keyAt = idAt + bytes.write(id, idAt, 'latin1');
    const valueAt = keyAt + bytes.write(key, keyAt);
    const end = valueAt + bytes.write(value, valueAt);
    bytes[start] = kind;
    bytes.writeUInt32BE(valueAt - keyAt, start + 1);
    bytes.writeUInt32BE(end - valueAt, start + 5);
    bytes.writeDoubleBE(revision, start + 9);
    bytes[start + 17] = keyAt - idAt;
    bytes.writeDoubleBE(ttl, start + 18);
    this.#length = end;
  }

  #grow(most: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + most));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}

/** One record in a payload, read where it lies. */
export class RecordReader {
  readonly payload: Buffer;
  /** Where the current record begins. */
  start = 0;
  /** Where the next one does. */
  end = 0;
  #keyAt = 0;
  #valueAt = 0;

  constructor(payload: Buffer) {
    this.payload = payload;
  }

  /** Moves on to the next record; false at the end. Throws Unusable where the payload is none of ours. */
  next(): boolean {
    const { payload } = this;
    this.start = this.end;
    if (this.start === payload.length) return false;
    if (this.start + RECORD_BYTES > payload.length) throw damaged('a record is cut short');
    this.#keyAt = this.start + RECORD_BYTES + (payload[this.start + 17] as number);
    this.#valueAt = this.#keyAt + payload.readUInt32BE(this.start + 1);
    this.end = this.#valueAt + payload.readUInt32BE(this.start + 5);
    if (this.end > payload.length) throw damaged('a record is cut short');
    return true;
  }

  get isPut(): boolean {
    return this.payload[this.start] === Kind.PUT;
  }

  /** The bytes of the key, one character each: to compare, not to show. */
  get keyBytes(): string {
    return this.payload.toString('latin1', this.#keyAt, this.#valueAt);
  }

  /** All of the record. */
  get bytes(): Buffer {
    return this.payload.subarray(this.start, this.end);
  }

  entry(): Entry {
    const { payload, start } = this;
    const idAt = start + RECORD_BYTES;
    const id = payload.toString('latin1', idAt, this.#keyAt);
    return {
      key: payload.toString('utf8', this.#keyAt, this.#valueAt),
      value: payload.toString('utf8', this.#valueAt, this.end),
      revision: payload.readDoubleBE(start + 9),
      lease: id === '' ? undefined : { id, ttl: payload.readDoubleBE(start + 18) },
      writtenAt: undefined,
    };
  }
}
