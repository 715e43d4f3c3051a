// A snapshot under test: what a registry would deliver is handed to it by the test, and what it restores is seen.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { noCounters } from '../../src/base/counters.ts';
import type { Logger, LogLine } from '../../src/base/log.ts';
import type { Known, Registry, RegistrySink } from '../../src/registry/registry.ts';
import { Snapshot } from '../../src/registry/snapshot.ts';
import type { Identity } from '../../src/registry/snapshot-format.ts';
import type { SnapshotTimes } from '../../src/registry/snapshot-writer.ts';
import type { Change, Entry } from '../../src/service/entry.ts';
import { View } from './view.ts';

export const IDENTITY: Identity = { prefix: '/skydns', hosts: ['a:2379', 'b:2379'] };
const SOON: SnapshotTimes = { gather: 5, note: 20, retry: 20 };

/** Notes what was logged, as `level message`, and the fields. */
export class Notes implements Logger {
  readonly lines: string[] = [];
  readonly fields: Readonly<Record<string, unknown>>[] = [];
  readonly debug = () => {};
  readonly info = this.#line('info');
  readonly warn = this.#line('warn');
  readonly error = this.#line('error');

  #line(level: string): LogLine {
    return (fields, message) => {
      this.lines.push(`${level} ${message}`);
      this.fields.push(fields);
    };
  }

  count(part: string): number {
    return this.lines.filter((line) => line.includes(part)).length;
  }
}

export async function makeFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-snapshot-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A view that takes a snapshot as it is: its entries are in no order. */
export class Restored extends View {
  override page(entries: readonly Entry[]): void {
    for (const entry of entries) super.page([entry]);
  }
}

export const entry = (name: string, value: string, revision: number, lease?: Entry['lease']): Entry => ({
  key: `${IDENTITY.prefix}/${name}`,
  value,
  revision,
  lease,
  writtenAt: undefined,
});

export interface KeeperOptions {
  readonly identity?: Identity;
  readonly times?: Partial<SnapshotTimes>;
}

/** One process's life with a state directory. */
export class Keeper {
  readonly notes = new Notes();
  /** What the registry delivered, and what the snapshot handed on. */
  readonly seen = new View();
  /** What was restored at the start. */
  readonly restored = new Restored();
  known: Known | undefined;
  relists = 0;
  failures = 0;
  /** As the metrics say, of the file on disk. */
  onDisk = { revision: 0, bytes: 0, since: 0 };
  history = '7/1';
  readonly #snapshot: Snapshot;
  #sink: RegistrySink | undefined;
  #revision = 0;

  constructor(folder: string, { identity = IDENTITY, times = {} }: KeeperOptions = {}) {
    const note = (field: keyof typeof this.onDisk) => ({
      set: (value: number) => {
        this.onDisk[field] = value;
      },
    });
    const counters = {
      ...noCounters,
      snapshotRevision: note('revision'),
      snapshotBytes: note('bytes'),
      snapshotSince: note('since'),
      snapshotFailures: {
        inc: () => {
          this.failures += 1;
        },
      },
    };
    const deps = { folder, identity, counters, logger: this.notes, clock: realClock };
    this.#snapshot = new Snapshot({ ...deps, times: { ...SOON, ...times } }, this.seen);
  }

  /** Restores; resolves when the registry would be watched. */
  async start(): Promise<this> {
    await new Promise<void>((watched) => {
      const registry = {
        watch: (sink: RegistrySink) => {
          this.#sink = sink;
          watched();
        },
        relist: () => {
          this.relists += 1;
        },
        close: async () => {},
      };
      this.#snapshot.follow(registry as unknown as Registry, this.restored, (known) => {
        this.known = known;
        this.#revision = known.revision;
      });
    });
    return this;
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }

  /** What is on disk came up with all that was delivered. */
  async written(): Promise<void> {
    await this.until(() => this.onDisk.revision === this.#revision);
  }

  async until(ready: () => boolean): Promise<void> {
    const end = Date.now() + 30_000;
    while (!ready()) {
      if (Date.now() > end) throw new Error(`not in time:\n${this.notes.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The registry lists. */
  list(entries: readonly Entry[], revision: number): void {
    this.listing(entries, revision);
    this.listed(revision);
  }

  listing(entries: readonly Entry[], revision: number): void {
    this.#sink?.listing(revision);
    this.#sink?.page(entries);
  }

  listed(revision: number): void {
    this.#revision = revision;
    this.#sink?.listed(revision);
    this.position();
  }

  /** The registry tells the changes of its next revision; it is returned. */
  batch(...changes: (Entry | string)[]): number {
    this.#revision += 1;
    const revision = this.#revision;
    this.#sink?.batch({
      revision,
      changes: changes.map((change): Change => {
        if (typeof change === 'string')
          return { kind: 'delete', key: `${IDENTITY.prefix}/${change}`, revision };
        return { kind: 'put', entry: { ...change, revision } };
      }),
    });
    return revision;
  }

  /** The registry says that nothing is missing. */
  position(): void {
    this.#sink?.position({ revision: this.#revision, history: this.history });
  }
}
