// What all live servers have applied, followed as they say it, and those that wait for them.
import { FingerpostError } from '../base/errors.ts';
import type { Batch, Entry } from '../service/entry.ts';
import { type LiveServer, liveServerOf, type Waited } from './applied.ts';
import type { Registry, RegistrySink, RegistryState } from './registry.ts';

/** A sink for a registry of the keys of servers. */
export class AppliedBoard implements RegistrySink {
  #servers = new Map<string, LiveServer>();
  #listing: Map<string, LiveServer> | undefined;
  #isListed = false;
  #state: RegistryState = { kind: 'starting' };
  readonly #lookers = new Set<() => void>();
  readonly #changed: () => void;

  /** `changed` is called after every change. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  get servers(): readonly LiveServer[] {
    return [...this.#servers.values()];
  }

  /** The highest revision that somebody waits for. */
  get wanted(): number {
    let most = 0;
    for (const { wanted } of this.#servers.values()) most = Math.max(most, wanted);
    return most;
  }

  /**
   * Resolves when there are live servers and all of them have applied `revision`, or with what there is after `ms`.
   * Rejects with a FingerpostError where their keys cannot be read: at once where that is refused.
   */
  async wait(revision: number, ms: number): Promise<Waited> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#isEverywhere(revision) || this.#refusal() !== undefined) resolve();
    };
    // It keeps the process alive: a command has nothing else to wait for.
    const timer = setTimeout(resolve, ms);
    this.#lookers.add(look);
    look();
    await promise;
    clearTimeout(timer);
    this.#lookers.delete(look);
    if (!this.#isListed) throw this.#refusal() ?? this.#unreached();
    return { everywhere: this.#isEverywhere(revision), servers: this.servers };
  }

  listing(): void {
    this.#listing = new Map();
  }

  page(entries: readonly Entry[]): void {
    for (const entry of entries) put(this.#listing ?? this.#servers, entry);
  }

  listed(): void {
    this.#servers = this.#listing ?? this.#servers;
    this.#listing = undefined;
    this.#isListed = true;
    this.#tell();
  }

  batch({ changes }: Batch): void {
    for (const change of changes) {
      if (change.kind === 'put') put(this.#servers, change.entry);
      else this.#servers.delete(change.key);
    }
    this.#tell();
  }

  position(): void {}

  state(state: RegistryState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    this.#changed();
    for (const look of this.#lookers) look();
  }

  #isEverywhere(revision: number): boolean {
    if (!this.#isListed || this.#servers.size === 0) return false;
    for (const one of this.#servers.values()) if (one.revision < revision) return false;
    return true;
  }

  #refusal(): FingerpostError | undefined {
    const cause = this.#state.kind === 'stale' ? this.#state.cause : undefined;
    const isRefused = cause instanceof FingerpostError && cause.code === 'registry';
    return isRefused && !this.#isListed ? cause : undefined;
  }

  #unreached(): FingerpostError {
    const cause = this.#state.kind === 'stale' ? this.#state.cause : undefined;
    return new FingerpostError('unavailable', 'what servers have applied could not be read in time', {
      cause,
    });
  }
}

function put(servers: Map<string, LiveServer>, entry: Entry): void {
  const server = liveServerOf(entry);
  if (server === undefined) servers.delete(entry.key);
  else servers.set(entry.key, server);
}

/** Waits on a registry of the keys of servers, which is closed afterwards. As `AppliedBoard.wait`. */
export async function waitOn(statuses: Registry, revision: number, ms: number): Promise<Waited> {
  const board = new AppliedBoard();
  try {
    statuses.watch(board);
    return await board.wait(revision, ms);
  } finally {
    await statuses.close();
  }
}
