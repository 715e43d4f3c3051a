// A snapshot being written: a new file in whole, put in the place of the old one when it is safe on disk, then appended to.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Known } from './registry.ts';
import {
  ChunkType,
  encodeChunkHead,
  encodeHead,
  HEAD_BYTES,
  type Head,
  type Identity,
  type Memo,
  sumWith,
} from './snapshot-format.ts';

/** Its name in the state directory. */
export const SNAPSHOT = 'snapshot';

const UNFINISHED = /^snapshot\.[0-9a-f-]{36}\.tmp$/;
/** An unfinished file that nobody has written to for so long, in milliseconds, was left behind by a process that died. */
const LEFT_MS = 60_000;
/** Services are no secrets, but nobody else's business either. */
const MODE = 0o600;

/** Whose file lies at the path of the snapshot. */
export type Owner = 'us' | 'others' | 'nobody';

export class SnapshotFile {
  readonly handle: FileHandle;
  readonly #folder: string;
  readonly #path: string;
  #length = HEAD_BYTES;
  #sum = 0;
  #base = 0;
  /** How far it counts on disk. */
  #sealed = 0;
  /** The last memo in it. */
  #memo = '';

  private constructor(handle: FileHandle, folder: string, path: string) {
    this.handle = handle;
    this.#folder = folder;
    this.#path = path;
  }

  /** Begins a new file beside the one that counts. */
  static async begin(folder: string, identity: Identity): Promise<SnapshotFile> {
    const path = join(folder, `${SNAPSHOT}.${randomUUID()}.tmp`);
    const file = new SnapshotFile(await open(path, 'wx+', MODE), folder, path);
    try {
      await file.add(ChunkType.IDENTITY, Buffer.from(JSON.stringify(identity)));
      return file;
    } catch (error) {
      await file.abandon();
      throw error;
    }
  }

  /** Bytes of the file as `finish` left it, and of what was appended since. */
  get sizes(): { readonly base: number; readonly appended: number } {
    return { base: this.#base, appended: this.#length - this.#base };
  }

  /**
   * Writes a chunk, which does not count until `finish` or `commit`. Where it rejects nothing was added, and the next one
   * takes its place.
   */
  async add(type: ChunkType, payload: Buffer): Promise<void> {
    const head = encodeChunkHead(type, payload);
    const bytes = Buffer.concat([head, payload]);
    await writeWhole(this.handle, bytes, this.#length);
    this.#length += bytes.length;
    this.#sum = sumWith(this.#sum, head);
  }

  /** Puts the file, which is whole now, in the place of the one that counted before. */
  async finish(known: Known): Promise<Head> {
    await this.#note(known);
    const head = await this.#seal(known);
    await rename(this.#path, join(this.#folder, SNAPSHOT));
    await syncFolder(this.#folder);
    this.#base = this.#length;
    return head;
  }

  /** Makes what was added count. Until then, and if the process dies before, the file is what it was. */
  async commit(known: Known): Promise<Head> {
    await this.#note(known);
    if (this.#sealed !== this.#length) await this.handle.datasync();
    return this.#seal(known);
  }

  async owner(): Promise<Owner> {
    const [own, there] = await Promise.all([
      this.handle.stat({ bigint: true }),
      stat(join(this.#folder, SNAPSHOT), { bigint: true }).catch(() => undefined),
    ]);
    if (there === undefined) return 'nobody';
    return there.ino === own.ino && there.dev === own.dev ? 'us' : 'others';
  }

  async close(): Promise<void> {
    await this.handle.close().catch(() => {});
  }

  /** Lets go of a file that was not finished. */
  async abandon(): Promise<void> {
    await this.close();
    await unlink(this.#path).catch(() => {});
  }

  async #note({ history }: Memo): Promise<void> {
    const memo = JSON.stringify({ history });
    if (memo === this.#memo) return;
    await this.add(ChunkType.MEMO, Buffer.from(memo));
    this.#memo = memo;
  }

  /** The head lies within one sector, which disks write whole or not at all. */
  async #seal({ revision, since }: Known): Promise<Head> {
    const head = { length: this.#length, sum: this.#sum, revision, since };
    await writeWhole(this.handle, encodeHead(head), 0);
    await this.handle.datasync();
    this.#sealed = head.length;
    return head;
  }
}

/** A full disk may take a part without an error; the next write tells. */
async function writeWhole(handle: FileHandle, bytes: Buffer, place: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, place + written);
    written += bytesWritten;
  }
}

/** A file is safe under its new name when its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes unfinished files that nobody is writing any more. */
export async function removeLeft(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNFINISHED.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > LEFT_MS) await unlink(path).catch(() => {});
  }
}
