// Whether the etcd behind a watch is still there: a watch may be quiet for days, so it is asked.
import type { Cancel, Clock } from '../base/clock.ts';
import { isUnreachable } from './etcd-errors.ts';

export interface PulseDeps {
  readonly clock: Clock;
  /** Asks over the watch how far it is; whatever comes over it is an answer. */
  readonly ask: () => void;
  /** Asks beside the watch, with a deadline of its own. */
  readonly probe: () => Promise<unknown>;
  /** A whole beat has passed in which nothing came. */
  readonly quiet: () => void;
  /** The watch is good for nothing any more. */
  readonly dead: (cause: unknown) => void;
}

const BEAT_MS = 1_000;
/** So many beats without an answer, and etcd is asked beside the watch: one that does not answer either is dead. */
const DOUBTFUL = 2;
/** A watch that is behind does not answer while etcd searches its history; so many beats it may take. */
const HOPELESS = 60;

/** An etcd that is stopped, or that a silent line leads to, is noticed within 3 + 4.5 s (the probe). */
export class EtcdPulse {
  readonly #deps: PulseDeps;
  /** Beats since something was heard. Counted, not timed: when this process was stopped itself, only one has passed. */
  #missed = 0;
  /** It has answered before: etcd before 3.4 never does. */
  #answers = false;
  #probing = false;
  #held = false;
  #cancel: Cancel = () => {};
  #stopped = false;

  constructor(deps: PulseDeps) {
    this.#deps = deps;
    this.#next();
  }

  /** Something came over the watch. */
  heard(): void {
    this.#missed = 0;
  }

  /** What came was an answer. */
  answered(): void {
    this.#answers = true;
  }

  /** While we hold etcd back ourselves, its silence says nothing. */
  hold(yes: boolean): void {
    this.#held = yes;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #next(): void {
    if (!this.#stopped) this.#cancel = this.#deps.clock.after(BEAT_MS, () => this.#beat());
  }

  #beat(): void {
    const { ask, dead, quiet } = this.#deps;
    this.#missed = this.#held ? 0 : this.#missed + 1;
    if (this.#missed > 1) quiet();
    if (this.#missed > HOPELESS && this.#answers) {
      dead(new Error('the watch is silent, though etcd answers'));
      return;
    }
    if (this.#missed > DOUBTFUL && !this.#probing) void this.#probe();
    ask();
    this.#next();
  }

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#deps.probe();
    } catch (cause) {
      // A watch over which something came meanwhile is slow, not dead.
      if (!this.#stopped && this.#missed > DOUBTFUL && isUnreachable(cause)) this.#deps.dead(cause);
    }
    this.#probing = false;
  }
}
