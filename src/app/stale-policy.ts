// What answers say of knowledge that may be old: for a while short TTLs and a note, and then nothing any more.
import type { Cancel, Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { RegistryState } from '../registry/registry.ts';
import { EXPIRED } from '../wire/negative.ts';
import type { Zones } from '../zone/zones.ts';
import type { Options } from './config.ts';

export type StaleOptions = Pick<Options, 'staleTtl' | 'staleMax'>;

export interface StalePolicyDeps {
  readonly zones: Zones;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A timer runs for so many milliseconds at most. */
const MOST_MS = 2 ** 31 - 1;

/** Keeps the zones' stale TTL, which every thread that answers reads: no answer has to be made anew for it. */
export class StalePolicy {
  readonly #deps: StalePolicyDeps;
  #options: StaleOptions;
  #state: RegistryState = { kind: 'starting' };
  #expired = false;
  #cancel: Cancel = () => {};

  constructor(options: StaleOptions, deps: StalePolicyDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** What is known is too old to be told. */
  get expired(): boolean {
    return this.#expired;
  }

  configure(options: StaleOptions): void {
    this.#options = options;
    this.#apply();
  }

  state(state: RegistryState): void {
    this.#state = state;
    this.#apply();
  }

  #apply(): void {
    const { zones, clock } = this.#deps;
    const { staleTtl, staleMax } = this.#options;
    this.#cancel();
    this.#expired = false;
    zones.setStaleTtl(this.#state.kind === 'stale' ? staleTtl : 0);
    if (this.#state.kind !== 'stale' || staleMax === 'never') return;
    this.#expireIn(this.#state.since + staleMax * 1000 - clock.now());
  }

  /** By the timers' own time from here on: the clock of the wall may be set. */
  #expireIn(ms: number): void {
    if (ms <= 0) this.#expire();
    else this.#cancel = this.#deps.clock.after(Math.min(ms, MOST_MS), () => this.#expireIn(ms - MOST_MS));
  }

  #expire(): void {
    const { zones, logger } = this.#deps;
    this.#expired = true;
    zones.setStaleTtl(EXPIRED);
    logger.warn(
      { staleMax: this.#options.staleMax },
      'what is known is older than stale-max: questions in the zones are answered SERVFAIL',
    );
  }
}
