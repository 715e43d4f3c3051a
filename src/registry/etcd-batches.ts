// Revisions in, batches out, in order, even while a lease is being asked for.
import type { Batch } from '../service/entry.ts';
import { changeOf, collectLeases } from './etcd-entry.ts';
import type { EtcdLeases } from './etcd-leases.ts';
import type { RawRevision } from './etcd-watch.ts';

export interface BatchesDeps {
  readonly leases: EtcdLeases;
  readonly deliver: (batch: Batch) => void;
  /** A lease could not be asked for; nothing is delivered after it. */
  readonly failed: (cause: unknown) => void;
  /** More are waiting than should be, or no longer. */
  readonly crowded: (yes: boolean) => void;
}

interface Waiting {
  readonly raw: RawRevision;
  readonly ready: Promise<unknown> | undefined;
}

const MOST_WAITING = 1_000;
/** How long revisions are delivered at a stretch, in milliseconds, before queries and timers get their turn. */
const STRETCH_MS = 4;

export class EtcdBatches {
  readonly #deps: BatchesDeps;
  #waiting: Waiting[] = [];
  #draining = false;
  /** When the stretch that is going on began; 0 between two. */
  #stretch = 0;
  #stopped = false;

  constructor(deps: BatchesDeps) {
    this.#deps = deps;
  }

  /** Delivers at once when nothing has to be waited for. */
  push(raw: RawRevision): void {
    if (this.#stopped) return;
    const ready = this.#learn(raw);
    if (!this.#draining && ready === undefined && this.#hasTime()) {
      this.#deliver(raw);
      return;
    }
    ready?.catch(() => {}); // it is awaited in turn; until then a failure is not unhandled
    this.#waiting.push({ raw, ready });
    if (this.#waiting.length === MOST_WAITING) this.#deps.crowded(true);
    if (!this.#draining) void this.#drain();
  }

  /** Nothing is delivered any more. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  /** Whether everything that came was delivered. */
  get idle(): boolean {
    return !this.#draining;
  }

  #learn({ events }: RawRevision): Promise<unknown> | undefined {
    const ids = new Set<string>();
    for (const { type, kv } of events) if (type === 'Put') collectLeases([kv], ids);
    return ids.size === 0 ? undefined : this.#deps.leases.learn(ids);
  }

  #deliver({ revision, events }: RawRevision): void {
    const { deliver, leases } = this.#deps;
    deliver({ revision, changes: events.map((event) => changeOf(event, leases.get)) });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    try {
      while (this.#waiting.length > 0) {
        const round = this.#waiting;
        this.#waiting = [];
        await this.#deliverAll(round);
        if (round.length >= MOST_WAITING) this.#deps.crowded(false);
      }
      if (!this.#stopped) this.#deps.leases.trim();
    } catch (cause) {
      this.stop();
      this.#deps.failed(cause);
    } finally {
      this.#draining = false;
    }
  }

  async #deliverAll(round: readonly Waiting[]): Promise<void> {
    for (const { raw, ready } of round) {
      if (ready !== undefined) await ready;
      if (!this.#hasTime()) await new Promise((resolve) => setImmediate(resolve));
      if (this.#stopped) return;
      this.#deliver(raw);
    }
  }

  /** Whether the stretch may go on. It ends with the turn of the event loop. */
  #hasTime(): boolean {
    const now = performance.now();
    if (this.#stretch === 0) {
      this.#stretch = now;
      setImmediate(() => {
        this.#stretch = 0;
      });
    }
    return now - this.#stretch < STRETCH_MS;
  }
}
