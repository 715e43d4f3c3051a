// A sink that keeps what it is told, and holds the registry to the order that it promises.
import type { Position, RegistrySink, RegistryState } from '../../src/registry/registry.ts';
import type { Batch, Entry } from '../../src/service/entry.ts';

const LIMIT_MS = 60_000;

export class View implements RegistrySink {
  /** What is known, by key. */
  entries = new Map<string, Entry>();
  /** Every batch, in order. */
  readonly batches: Batch[] = [];
  readonly states: RegistryState[] = [];
  /** Revisions of the lists that were completed. */
  readonly lists: number[] = [];
  /** What was known after each revision, as `key=value` lines. Only kept on demand: it grows. */
  readonly history = new Map<number, string>();
  readonly keepHistory: boolean;
  revision = 0;
  /** Where another watch may begin. */
  at: Position | undefined;
  /** What the registry did against its contract. */
  readonly faults: string[] = [];
  #listing: Map<string, Entry> | undefined;
  /** How many keys the list is said to have. */
  #keys: number | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(keepHistory = false) {
    this.keepHistory = keepHistory;
  }

  /** A view that knows already what another one has seen. */
  static knowing(other: View): View {
    const view = new View();
    view.entries = new Map(other.entries);
    view.revision = other.revision;
    return view;
  }

  get kind(): RegistryState['kind'] {
    return this.states.at(-1)?.kind ?? 'starting';
  }

  listing(revision: number, keys?: number): void {
    this.#listing = new Map();
    this.#keys = keys;
    this.#expect(revision > 0, `listing at revision ${revision}`);
    this.#told();
  }

  page(entries: readonly Entry[]): void {
    const listing = this.#listing;
    this.#expect(listing !== undefined, 'a page outside a list');
    let last = [...(listing?.keys() ?? [])].at(-1) ?? '';
    for (const entry of entries) {
      this.#expect(byBytes(last, entry.key) < 0, `${entry.key} after ${last}`);
      last = entry.key;
      listing?.set(entry.key, entry);
    }
    this.#told();
  }

  listed(revision: number): void {
    const { size } = this.#listing ?? { size: 0 };
    this.#expect((this.#keys ?? size) === size, `${size} of ${this.#keys} keys`);
    this.#expect(this.#listing !== undefined, 'listed without listing');
    this.entries = this.#listing ?? new Map();
    this.#listing = undefined;
    this.revision = revision;
    this.lists.push(revision);
    this.#told();
  }

  batch(batch: Batch): void {
    this.#expect(this.#listing === undefined, 'a batch inside a list');
    this.#expect(batch.revision > this.revision, `revision ${batch.revision} after ${this.revision}`);
    this.#expect(batch.changes.length > 0, `revision ${batch.revision} changes nothing`);
    for (const change of batch.changes) {
      const revision = change.kind === 'put' ? change.entry.revision : change.revision;
      this.#expect(revision === batch.revision, `a change of ${revision} in batch ${batch.revision}`);
      if (change.kind === 'put') this.entries.set(change.entry.key, change.entry);
      else this.entries.delete(change.key);
    }
    this.revision = batch.revision;
    this.batches.push(batch);
    if (this.keepHistory) this.history.set(batch.revision, this.text());
    this.#told();
  }

  position(position: Position): void {
    this.#expect(this.#listing === undefined, 'a position inside a list');
    this.#expect(position.revision >= this.revision, `at ${position.revision} after ${this.revision}`);
    this.at = position;
    this.#told();
  }

  state(state: RegistryState): void {
    this.#expect(state.kind !== this.kind || state.kind === 'starting', `${state.kind} was announced twice`);
    this.states.push(state);
    this.#told();
  }

  /** What is known, as sorted `key=value` lines. */
  text(): string {
    return textOf(this.entries.values());
  }

  /** Resolves when `ready` holds; rejects after a minute, saying what for. */
  until(what: string, ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(new Error(`not within a minute: ${what}`)), LIMIT_MS);
      const look = () => ready() && done();
      const done = (error?: Error) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waiting.add(look);
      look();
    });
  }

  synced(): Promise<void> {
    return this.until('synced', () => this.kind === 'synced');
  }

  stale(): Promise<void> {
    return this.until('stale', () => this.kind === 'stale');
  }

  /** Resolves when `key` has `value`, or is gone if that is undefined. */
  has(key: string, value: string | undefined): Promise<void> {
    return this.until(`${key} = ${value}`, () => this.entries.get(key)?.value === value);
  }

  #expect(holds: boolean, fault: string): void {
    if (!holds) this.faults.push(fault);
  }

  #told(): void {
    for (const look of this.#waiting) look();
  }
}

/** Entries as sorted `key=value` lines. */
export function textOf(entries: Iterable<Entry>): string {
  return [...entries]
    .map(({ key, value }) => `${key}=${value}`)
    .sort()
    .join('\n');
}

/** The order of keys: by their UTF-8 bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
