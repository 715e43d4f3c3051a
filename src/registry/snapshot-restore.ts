// What a server knows before it has reached its registry: the snapshot, served if every byte of it is as it was written.
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ShowProgress } from '../base/progress.ts';
import type { Entry } from '../service/entry.ts';
import type { Known, ListSink } from './registry.ts';
import { SNAPSHOT } from './snapshot-file.ts';
import { type Identity, RecordReader, Unusable } from './snapshot-format.ts';
import { examine, type Readable, records } from './snapshot-reader.ts';

export interface RestoreDeps {
  readonly folder: string;
  readonly identity: Identity;
  readonly logger: Logger;
  /** Shows how far reading has come. */
  readonly progress: ShowProgress;
  /** Called when all was read, before it is in force. */
  readonly restored: (known: Known) => void;
  /** Nobody waits for it any more. */
  readonly stopped: AbortSignal;
}

const ASIDE = /^snapshot\.(damaged|foreign)-/;
/** So many files that could not be served are kept for whoever wants to know why. */
const MOST_ASIDE = 3;
const PAGE = 1_000;

/**
 * Hands the snapshot's services to `sink` as one list; undefined where there is none that can be served. The file stays
 * open, since it can be read again. One that cannot be served is set aside, and named in the log. Never rejects.
 */
export async function restore(deps: RestoreDeps, sink: ListSink): Promise<Readable | undefined> {
  const path = join(deps.folder, SNAPSHOT);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const file = await examine(handle, deps.identity);
    if (await deliver(deps, file, sink)) return file;
  } catch (error) {
    await refuse(deps, path, error);
  }
  await handle?.close().catch(() => {});
  return undefined;
}

/** False where it was stopped in the middle. */
async function deliver(deps: RestoreDeps, file: Readable, sink: ListSink): Promise<boolean> {
  const { head } = file;
  const progress = deps.progress('reading the snapshot', 'bytes');
  try {
    sink.listing(head.revision);
    for await (const payload of records(file, (bytes) => progress.reached(bytes, head.length))) {
      for (const page of pagesOf(payload)) {
        if (deps.stopped.aborted) return false;
        sink.page(page);
        await turn();
      }
    }
  } finally {
    progress.end();
  }
  deps.restored(file.known);
  sink.listed(head.revision);
  return true;
}

function* pagesOf(payload: Buffer): Generator<Entry[]> {
  const record = new RecordReader(payload);
  let page: Entry[] = [];
  while (record.next()) {
    page.push(record.entry());
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function refuse({ folder, logger }: RestoreDeps, path: string, error: unknown): Promise<void> {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    logger.info({ path }, 'there is no snapshot yet');
  } else if (error instanceof Unusable) {
    const aside = await setAside(folder, path, error.kind);
    logger.warn({ path, ...aside, cause: error.message }, `the snapshot is ${error.kind}: it is not served`);
  } else {
    logger.warn({ path, cause: messageOf(error) }, 'the snapshot cannot be read');
  }
}

/** Renames it, so that the next start does not meet it again, and lets go of the oldest of too many. */
async function setAside(folder: string, path: string, kind: string): Promise<Record<string, string>> {
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  try {
    const aside = `${path}.${kind}-${time}`;
    await rename(path, aside);
    await thin(folder);
    return { aside };
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

async function thin(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => ASIDE.test(name));
  const found = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).ctimeMs })),
  );
  found.sort((a, b) => b.at - a.at);
  for (const { name } of found.slice(MOST_ASIDE)) await unlink(join(folder, name));
}
