// Reading a snapshot: whether every byte of it is as it was written, and the records that it holds in the end.
import type { FileHandle } from 'node:fs/promises';
import type { Known } from './registry.ts';
import {
  CHUNK_BYTES,
  CHUNK_HEAD_BYTES,
  ChunkType,
  decodeHead,
  HEAD_BYTES,
  type Head,
  type Identity,
  isIntact,
  type Memo,
  RecordReader,
  sumWith,
  Unusable,
} from './snapshot-format.ts';

/** An open file, how far it counts, and what it holds. */
export interface Readable {
  readonly handle: FileHandle;
  readonly head: Head;
  readonly known: Known;
}

/** What is enough to read one. */
type Source = Pick<Readable, 'handle' | 'head'>;

interface Chunk {
  readonly type: number;
  readonly payload: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/**
 * Reads all of a file to see whether it can be served; throws Unusable where a byte is not as it was written, or where it
 * is another registry's.
 */
export async function examine(handle: FileHandle, identity: Identity): Promise<Readable> {
  const head = await readHead(handle);
  const { revision, since } = head;
  let known: Known | undefined;
  let whose: Identity | undefined;
  for await (const { type, payload } of chunks({ handle, head })) {
    if (type === ChunkType.IDENTITY) whose = JSON.parse(payload.toString()) as Identity;
    else if (type === ChunkType.MEMO)
      known = { ...(JSON.parse(payload.toString()) as Memo), revision, since };
  }
  if (whose === undefined || known === undefined) throw new Unusable('damaged', 'it does not say what it is');
  checkIdentity(whose, identity);
  return { handle, head, known };
}

async function readHead(handle: FileHandle): Promise<Head> {
  const bytes = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, HEAD_BYTES, 0);
  return decodeHead(bytes.subarray(0, bytesRead));
}

/** Every chunk from the first on, checked; those of the types that `wanted` leaves out are passed over unread. */
async function* chunks(
  { handle, head: { length, sum } }: Source,
  wanted: (type: number) => boolean = () => true,
): AsyncGenerator<Chunk> {
  const head = Buffer.alloc(CHUNK_HEAD_BYTES);
  let seen = 0;
  for (let place = HEAD_BYTES; place < length; ) {
    await readWhole(handle, head, place, length);
    seen = sumWith(seen, head);
    const start = place + CHUNK_HEAD_BYTES;
    const end = start + head.readUInt32BE(0);
    if (end > length) throw wrong(place);
    const type = head[8] as number;
    if (wanted(type)) {
      const payload = Buffer.allocUnsafeSlow(end - start);
      await readWhole(handle, payload, start, length);
      if (!isIntact(head, payload)) throw wrong(place);
      yield { type, payload, end };
    }
    place = end;
  }
  if (seen !== sum) throw new Unusable('damaged', 'the checksum of the whole is wrong');
}

function wrong(place: number): Unusable {
  return new Unusable('damaged', `the checksum of the part at byte ${place} is wrong`);
}

async function readWhole(handle: FileHandle, into: Buffer, place: number, length: number): Promise<void> {
  for (let read = 0; read < into.length; ) {
    const { bytesRead } = await handle.read(into, read, into.length - read, place + read);
    if (bytesRead === 0)
      throw new Unusable('damaged', `it ends at byte ${place + read}, ${length} were written`);
    read += bytesRead;
  }
}

function checkIdentity(found: Identity, { prefix, hosts }: Identity): void {
  if (found.prefix === prefix && found.hosts.some((host) => hosts.includes(host))) return;
  const whose = `it is of etcd://${found.hosts.join(',')}${found.prefix}`;
  throw new Unusable('foreign', `${whose}, not of etcd://${hosts.join(',')}${prefix}`);
}

/**
 * Every record that counts in the end, all of them puts, in payloads; `progress` is told how many bytes are done. Throws
 * Unusable where something is damaged: what was yielded before is of no use then.
 */
export async function* records(
  file: Source,
  progress: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const changed = await changes(file);
  for await (const { type, payload, end } of chunks(file)) {
    if (type === ChunkType.ENTRIES) yield changed.size === 0 ? payload : updated(payload, changed);
    progress(end);
  }
  yield* together(changed.values());
}

/** The last change of every key that the changes name, by the bytes of the key; undefined where it was deleted. */
type Changed = Map<string, Buffer | undefined>;

async function changes(file: Source): Promise<Changed> {
  const changed: Changed = new Map();
  for await (const { payload } of chunks(file, (type) => type === ChunkType.CHANGES)) {
    const record = new RecordReader(payload);
    while (record.next()) changed.set(record.keyBytes, record.isPut ? record.bytes : undefined);
  }
  return changed;
}

/** A payload with its changes made; those are taken out of `changed`. */
function updated(payload: Buffer, changed: Changed): Buffer {
  const parts: Buffer[] = [];
  let same = 0;
  const record = new RecordReader(payload);
  while (record.next()) {
    const key = record.keyBytes;
    if (!changed.has(key)) continue;
    const change = changed.get(key);
    changed.delete(key);
    parts.push(payload.subarray(same, record.start));
    if (change !== undefined) parts.push(change);
    same = record.end;
  }
  return parts.length === 0 ? payload : Buffer.concat([...parts, payload.subarray(same)]);
}

/** Records in payloads of a chunk's size. */
function* together(found: Iterable<Buffer | undefined>): Generator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for (const record of found) {
    if (record === undefined) continue;
    parts.push(record);
    bytes += record.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(parts);
}
