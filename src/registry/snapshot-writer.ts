// Keeps the snapshot on disk up with what is known: whole lists, then changes appended, now and then written anew in whole.
import { mkdir, statfs } from 'node:fs/promises';
import type { Cancel, Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Batch } from '../service/entry.ts';
import type { Known } from './registry.ts';
import { removeLeft, SnapshotFile } from './snapshot-file.ts';
import { ChunkType, type Head, type Identity, Unusable } from './snapshot-format.ts';
import { ChangeQueue, WholeList } from './snapshot-queue.ts';
import { type Readable, records } from './snapshot-reader.ts';

/** How often, in milliseconds. */
export interface SnapshotTimes {
  /** From a change to the disk: changes that come meanwhile go with it. */
  readonly gather: number;
  /** Between two notes that nothing has changed. */
  readonly note: number;
  /** After a failure; between two whole lists that were asked for in vain it doubles, up to an hour. */
  readonly retry: number;
}

export interface WriterDeps {
  readonly folder: string;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly times: SnapshotTimes;
  /** Asks for a whole list, since what is known no longer follows from what is on disk. */
  readonly relist: () => void;
  /** What counts on disk, after each success. */
  readonly wrote: (head: Head) => void;
  readonly failed: () => void;
}

const MIB = 2 ** 20;
/** Changes that wait for a disk that takes none; beyond that they are let go, and only a list helps. */
const MOST_WAITING = 32 * MIB;
/** Changes are appended up to a quarter of the whole: then it is written anew. */
const LEAST_APPENDED = MIB;
const MOST_APPENDED = 16 * MIB;
/** So many bytes at most are written anew at the end, which should come soon. */
const MOST_AT_END = 32 * MIB;
const MOST_RETRY_MS = 3_600_000;

export class SnapshotWriter {
  readonly #deps: WriterDeps;
  /** The file that the changes which wait follow from; undefined while there is none. */
  #base: Readable | undefined;
  /** The base, where it is a file of our own, which may be appended to. */
  #own: SnapshotFile | undefined;
  #list: WholeList | undefined;
  #changes = new ChangeQueue();
  /** What is known, all changes that wait included. */
  #known: Known | undefined;
  /** Changes were let go. */
  #lost = false;
  #failing = false;
  /** Another process writes now. */
  #taken = false;
  #closing = false;
  /** Of the last whole list. */
  #listBytes = 0;
  #retry: number;
  #due = 0;
  #cancel: Cancel | undefined;
  #working: Promise<void> | undefined;
  /** Files to be closed when nothing reads them. */
  readonly #left: Readable[] = [];

  constructor(deps: WriterDeps) {
    this.#deps = deps;
    this.#retry = deps.times.retry;
  }

  /** What was restored is what the changes follow from. */
  inherit(base: Readable): void {
    this.#base = base;
    this.#known = base.known;
  }

  /** A whole list comes and takes the place of all that was known; undefined where nobody wants it. */
  listing(): WholeList | undefined {
    this.#leave();
    if (this.#taken || this.#closing) return undefined;
    this.#lost = false;
    this.#list = new WholeList();
    this.#schedule(0);
    return this.#list;
  }

  batch(batch: Batch): void {
    if (this.#known === undefined || (this.#base === undefined && this.#list === undefined)) return;
    this.#changes.add(batch);
    this.#known = { ...this.#known, revision: batch.revision };
    if (this.#changes.bytes > MOST_WAITING) this.#lose();
    else if (!this.#failing) this.#schedule(this.#deps.times.gather);
  }

  /** All that has been handed over is the state of the registry here and now. */
  reached(known: Known): void {
    this.#known = known;
    if (!this.#failing) this.#schedule(this.#deps.times.note);
  }

  /** Writes what is left, unless that takes long, and lets go of the file. Never rejects. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#cancel?.();
    if (this.#list?.known === undefined || this.#list.bytes > MOST_AT_END) {
      this.#list?.drop();
      this.#list = undefined;
    }
    await this.#working;
    if (this.#list !== undefined) await this.#work();
    if (this.#own !== undefined || (this.#base?.head.length ?? MOST_AT_END) < MOST_AT_END) await this.#work();
    this.#leave();
    await this.#closeLeft();
  }

  #schedule(ms: number): void {
    if (this.#closing || this.#working !== undefined) return;
    const due = this.#deps.clock.now() + ms;
    if (this.#cancel !== undefined && this.#due <= due) return;
    this.#cancel?.();
    this.#due = due;
    this.#cancel = this.#deps.clock.after(ms, () => {
      this.#cancel = undefined;
      this.#working = this.#work().then((ms) => {
        this.#working = undefined;
        if (!this.#taken) this.#schedule(this.#list === undefined ? ms : 0);
      });
    });
  }

  /** One step towards having all on disk; how long to wait before the next one, in milliseconds. Never rejects. */
  async #work(): Promise<number> {
    const { gather, note, retry } = this.#deps.times;
    const list = this.#list;
    try {
      await this.#closeLeft();
      await mkdir(this.#deps.folder, { recursive: true, mode: 0o750 });
      await this.#step();
      if (this.#lost) return this.#retry;
      return this.#changes.bytes > 0 ? gather : note;
    } catch (error) {
      // A list is too large to keep it until the disk is better; and what was damaged since we wrote it is no base.
      if (this.#list === list && (list !== undefined || error instanceof Unusable)) this.#lose();
      this.#fail(error);
      return this.#lost ? this.#retry : retry;
    }
  }

  async #step(): Promise<void> {
    if (this.#taken) return;
    if (this.#list !== undefined) return this.#writeList(this.#list);
    if (this.#lost) return this.#closing ? undefined : this.#askForList();
    const base = this.#base;
    if (base === undefined || (this.#changes.bytes === 0 && this.#known?.since === base.head.since)) return;
    const owner = await this.#own?.owner();
    if (owner === 'others') return this.#give();
    if (owner !== 'us' || (isLong(this.#own) && !this.#closing)) await this.#writeAnew(base);
    await this.#append();
    this.#recovered();
  }

  async #writeList(list: WholeList): Promise<void> {
    const began = performance.now();
    await this.#write(
      () => this.#list === list,
      async (file) => {
        for (let next = await list.next(); next !== undefined; next = await list.next())
          await file.add(ChunkType.ENTRIES, next);
        return list.known;
      },
    );
    if (this.#list !== list) return;
    if (list.dropped) throw new Error('the disk is too slow for a whole list');
    this.#list = undefined;
    this.#retry = this.#deps.times.retry;
    const { revision, length } = this.#base?.head ?? {};
    const ms = Math.round(performance.now() - began);
    this.#deps.logger.info({ revision, bytes: length, ms }, 'snapshot written');
    this.#recovered();
  }

  /** The base with its changes becomes a new file: one of our own, and a shorter one. */
  async #writeAnew(base: Readable): Promise<void> {
    await this.#write(
      () => this.#base === base,
      async (file) => {
        for await (const payload of records(base)) {
          if (this.#base !== base) return undefined;
          await file.add(ChunkType.ENTRIES, payload);
        }
        return base.known;
      },
    );
  }

  /** A new file, with what `fill` adds, takes the old one's place; undefined from `fill`, and it does not. */
  async #write(
    wanted: () => boolean,
    fill: (file: SnapshotFile) => Promise<Known | undefined>,
  ): Promise<void> {
    const { folder, identity, wrote } = this.#deps;
    await removeLeft(folder);
    const file = await SnapshotFile.begin(folder, identity);
    try {
      const known = await fill(file);
      if (known === undefined) return await file.abandon();
      const head = await file.finish(known);
      if (!wanted()) return await file.close();
      if (this.#base !== undefined) this.#left.push(this.#base);
      this.#own = file;
      this.#base = { handle: file.handle, head, known };
      wrote(head);
    } catch (error) {
      await file.abandon();
      throw error;
    }
  }

  async #append(): Promise<void> {
    const file = this.#own;
    const changes = this.#changes;
    const known = this.#known;
    if (file === undefined || known === undefined) return;
    for (let left = changes.cut(); left > 0 && changes.first !== undefined; left--) {
      await file.add(ChunkType.CHANGES, changes.first);
      changes.shift();
    }
    const head = await file.commit(known);
    if (this.#own !== file) return;
    this.#base = { handle: file.handle, head, known };
    this.#deps.wrote(head);
  }

  /** A list is a burden for the registry: it is asked for only when there is room for it. */
  async #askForList(): Promise<void> {
    const { folder, identity, logger, relist } = this.#deps;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < this.#listBytes) {
      throw new Error(`${bavail * bsize} bytes are free, ${this.#listBytes} are needed`);
    }
    const trial = await SnapshotFile.begin(folder, identity);
    await trial.abandon();
    logger.info({ folder }, 'the registry is listed anew, for the snapshot');
    this.#retry = Math.min(2 * this.#retry, MOST_RETRY_MS);
    relist();
  }

  /** What is known can no longer be written: the file on disk stays as it is, true but old. */
  #lose(): void {
    this.#listBytes = Math.max(this.#list?.bytes ?? 0, this.#base?.head.length ?? 0, this.#listBytes);
    this.#leave();
    this.#lost = true;
  }

  /** What was known counts no longer. */
  #leave(): void {
    this.#list?.drop();
    this.#list = undefined;
    if (this.#base !== undefined) this.#left.push(this.#base);
    this.#base = undefined;
    this.#own = undefined;
    this.#changes = new ChangeQueue();
  }

  /** A server that took over writes the file now; two would overwrite each other. */
  #give(): void {
    this.#taken = true;
    this.#leave();
    this.#deps.logger.info({ folder: this.#deps.folder }, 'another process writes the snapshot now');
  }

  #fail(error: unknown): void {
    this.#deps.failed();
    const fields = { folder: this.#deps.folder, cause: messageOf(error) };
    if (this.#failing) this.#deps.logger.debug(fields, 'the snapshot still cannot be written');
    else
      this.#deps.logger.warn(fields, 'the snapshot cannot be written: it stays as it is, and is tried again');
    this.#failing = true;
  }

  #recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#deps.logger.info({ folder: this.#deps.folder }, 'the snapshot is written again');
  }

  async #closeLeft(): Promise<void> {
    for (const { handle } of this.#left.splice(0)) await handle.close().catch(() => {});
  }
}

function isLong(file: SnapshotFile | undefined): boolean {
  if (file === undefined) return false;
  const { base, appended } = file.sizes;
  return appended > Math.min(MOST_APPENDED, Math.max(LEAST_APPENDED, base / 4));
}
