// Whether a watch is synced or stale: announced and logged once per change, not once per attempt.
import type { Cancel, Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { RegistrySink, RegistryState } from './registry.ts';

export interface StatusDeps {
  readonly url: string;
  readonly sink: RegistrySink;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A loss that is over so soon, in milliseconds, is not announced: a member went, the next one took over. */
const GRACE_MS = 2_000;

export class Status {
  readonly #deps: StatusDeps;
  #kind: RegistryState['kind'] = 'starting';
  /** When what is known was last known to be all there is, milliseconds since 1970. */
  #heard: number;
  /** When the registry was last heard of by this watch, whatever it said. */
  #lastWord: number | undefined;
  /** Why it is cut off, while that is not announced yet. */
  #cause: unknown;
  #grace: Cancel | undefined;

  /** `known`: since when what is known is known to be so, where that was not learnt by this watch. */
  constructor(deps: StatusDeps, known: number = deps.clock.now()) {
    this.#deps = deps;
    this.#heard = known;
  }

  /** The registry is there, and nothing is missing. */
  heard(): void {
    this.#lastWord = this.#deps.clock.now();
    if (this.#kind === 'synced' && this.#grace === undefined) this.#heard = this.#deps.clock.now();
  }

  /** When the registry was last heard of, milliseconds since 1970; undefined before. */
  get lastWord(): number | undefined {
    return this.#lastWord;
  }

  synced(revision: number): void {
    this.#grace?.();
    this.#grace = undefined;
    const { sink, logger, url } = this.#deps;
    if (this.#kind !== 'synced') {
      this.#kind = 'synced';
      logger.info({ registry: url, revision }, 'the registry is synced');
      sink.state({ kind: 'synced' });
    }
    this.heard();
  }

  stale(cause: unknown): void {
    const { logger, url, clock } = this.#deps;
    this.#cause = cause;
    if (this.#kind === 'stale' || this.#grace !== undefined) {
      logger.debug({ registry: url, cause: messageOf(cause) }, 'the registry is still cut off');
    } else if (this.#kind === 'starting') {
      this.#announce();
    } else {
      logger.info({ registry: url, cause: messageOf(cause) }, 'the registry is lost: trying again');
      this.#grace = clock.after(GRACE_MS, () => this.#announce());
    }
  }

  /** Nothing is announced any more. */
  close(): void {
    this.#grace?.();
  }

  #announce(): void {
    this.#grace = undefined;
    this.#kind = 'stale';
    const { sink, logger, url, clock } = this.#deps;
    const since = Math.min(this.#heard, clock.now()); // the clock may have been set back
    logger.warn(
      { registry: url, since: new Date(since).toISOString(), cause: messageOf(this.#cause) },
      'cut off from the registry: what was known stays in force',
    );
    sink.state({ kind: 'stale', since, cause: this.#cause });
  }
}
