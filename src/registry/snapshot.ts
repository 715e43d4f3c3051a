// The last good state of a registry on disk: what it delivers goes to its sink and into the snapshot, from which a server
// that starts without the registry knows what was last known.
import type { Clock } from '../base/clock.ts';
import type { Counter, Gauge } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { logProgress, type ShowProgress } from '../base/progress.ts';
import type { Batch, Entry } from '../service/entry.ts';
import type { Known, ListSink, Position, Registry, RegistrySink, RegistryState } from './registry.ts';
import type { Identity } from './snapshot-format.ts';
import type { WholeList } from './snapshot-queue.ts';
import { restore } from './snapshot-restore.ts';
import { type SnapshotTimes, SnapshotWriter } from './snapshot-writer.ts';

export interface SnapshotCounters {
  readonly snapshotRevision: Gauge;
  readonly snapshotBytes: Gauge;
  readonly snapshotSince: Gauge;
  readonly snapshotFailures: Counter;
}

export interface SnapshotDeps {
  /** The state directory; it is made where there is none. */
  readonly folder: string;
  readonly identity: Identity;
  readonly counters: SnapshotCounters;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly times?: SnapshotTimes;
  /** Shows how far reading it has come; by default the log does. */
  readonly progress?: ShowProgress;
}

const TIMES: SnapshotTimes = { gather: 1_000, note: 60_000, retry: 5_000 };

/** Between a registry and its sink: hands everything on at once, and keeps it. */
export class Snapshot implements RegistrySink {
  readonly #deps: SnapshotDeps;
  readonly #sink: RegistrySink;
  readonly #writer: SnapshotWriter;
  readonly #stopping = new AbortController();
  #registry: Registry | undefined;
  #following: Promise<void> | undefined;
  /** The list that is coming in, until its position is told. */
  #list: WholeList | undefined;

  constructor(deps: SnapshotDeps, sink: RegistrySink) {
    this.#deps = deps;
    this.#sink = sink;
    const { folder, identity, counters, logger, clock, times = TIMES } = deps;
    this.#writer = new SnapshotWriter({
      ...{ folder, identity, logger, clock, times },
      relist: () => this.#registry?.relist(),
      wrote: ({ revision, length, since }) => {
        counters.snapshotRevision.set(revision);
        counters.snapshotBytes.set(length);
        counters.snapshotSince.set(since / 1000);
      },
      failed: () => counters.snapshotFailures.inc(),
    });
  }

  /**
   * Hands what was last known to `start`, then watches the registry from there on. `restored` is called before the end of
   * that list, so that nobody takes it for new.
   */
  follow(registry: Registry, start: ListSink, restored: (known: Known) => void): void {
    this.#registry = registry;
    this.#following = this.#follow(registry, start, restored);
  }

  /** Closes the registry, writes what is left, and lets go of the file. Never rejects. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
    await this.#registry?.close();
    await this.#writer.close();
  }

  async #follow(registry: Registry, start: ListSink, restored: (known: Known) => void): Promise<void> {
    const { folder, identity, logger, progress = logProgress(logger) } = this.#deps;
    const stopped = this.#stopping.signal;
    const base = await restore({ folder, identity, logger, progress, restored, stopped }, start);
    if (base !== undefined) this.#writer.inherit(base);
    if (!stopped.aborted) registry.watch(this, base?.known);
  }

  listing(revision: number, keys?: number): void {
    this.#list = this.#writer.listing();
    this.#sink.listing(revision, keys);
  }

  page(entries: readonly Entry[]): void {
    this.#list?.page(entries);
    this.#sink.page(entries);
  }

  listed(revision: number): void {
    this.#sink.listed(revision);
  }

  batch(batch: Batch): void {
    this.#writer.batch(batch);
    this.#sink.batch(batch);
  }

  position(position: Position): void {
    const known = { ...position, since: this.#deps.clock.now() };
    this.#list?.end(known);
    this.#list = undefined;
    this.#writer.reached(known);
    this.#sink.position(position);
  }

  reached(revision: number): void {
    this.#sink.reached?.(revision);
  }

  state(state: RegistryState): void {
    this.#sink.state(state);
  }
}
