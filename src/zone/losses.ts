// Services that were lost a short time ago, counted at every name that they lay below.
import type { Lost } from './held.ts';

export class Loss {
  readonly lost: Lost;
  /** The names that it lay below, as the starts of their reversed labels, from the apex of its zone down. */
  readonly names: readonly string[];
  /** How many labels the first of them has. */
  readonly top: number;
  /** When it was lost, by whatever count of time. */
  readonly at: number;
  /** Its lease ran out, as far as is known or has to be assumed. */
  expired = false;
  /** It is not in the tree any more. */
  removed = false;

  constructor(lost: Lost, top: number, at: number) {
    this.lost = lost;
    this.top = top;
    this.at = at;
    const names: string[] = [];
    for (let depth = top; depth < lost.labels.length; depth++)
      names.push(lost.labels.slice(0, depth).join('/'));
    this.names = names;
  }
}

/** What was lost below one name. */
export interface Tally {
  readonly losses: ReadonlySet<Loss>;
  /** How many of them expired. */
  readonly expired: number;
  /** How many of them are not in the tree. */
  readonly removed: number;
}

interface Count extends Tally {
  readonly losses: Set<Loss>;
  expired: number;
  removed: number;
}

const NONE: Tally = { losses: new Set(), expired: 0, removed: 0 };

/** The losses of a stretch of time, each key's last one. */
export class Losses {
  readonly #byKey = new Map<string, Loss>();
  readonly #byName = new Map<string, Count>();

  get size(): number {
    return this.#byKey.size;
  }

  of(key: string): Loss | undefined {
    return this.#byKey.get(key);
  }

  below(name: string): Tally {
    return this.#byName.get(name) ?? NONE;
  }

  add(loss: Loss): void {
    const { key } = loss.lost;
    this.delete(this.#byKey.get(key));
    this.#byKey.set(key, loss);
    for (const name of loss.names) {
      const count = this.#byName.get(name);
      if (count === undefined) this.#byName.set(name, { losses: new Set([loss]), expired: 0, removed: 0 });
      else count.losses.add(loss);
    }
  }

  delete(loss: Loss | undefined): void {
    if (loss === undefined || this.#byKey.get(loss.lost.key) !== loss) return;
    this.expired(loss, false);
    this.removed(loss, false);
    this.#byKey.delete(loss.lost.key);
    for (const name of loss.names) {
      const losses = this.#byName.get(name)?.losses;
      losses?.delete(loss);
      if (losses?.size === 0) this.#byName.delete(name);
    }
  }

  expired(loss: Loss, yes: boolean): void {
    if (loss.expired === yes) return;
    loss.expired = yes;
    for (const count of this.#counts(loss)) count.expired += yes ? 1 : -1;
  }

  removed(loss: Loss, yes: boolean): void {
    if (loss.removed === yes) return;
    loss.removed = yes;
    for (const count of this.#counts(loss)) count.removed += yes ? 1 : -1;
  }

  /** Forgets those of before `at`. */
  forget(at: number): void {
    for (const loss of this.#byKey.values()) {
      if (loss.at >= at) return; // in order of time
      this.delete(loss);
    }
  }

  clear(): void {
    this.#byKey.clear();
    this.#byName.clear();
  }

  /** None for one that is forgotten. */
  *#counts(loss: Loss): Iterable<Count> {
    if (this.#byKey.get(loss.lost.key) !== loss) return;
    for (const name of loss.names) {
      const count = this.#byName.get(name);
      if (count !== undefined) yield count;
    }
  }
}
