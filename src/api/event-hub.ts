// The registry's changes for many readers: the last ones are kept, so that who was away for a moment misses nothing.
import { randomBytes } from 'node:crypto';
import type { RegistrySink, RegistryState } from '../registry/registry.ts';
import type { Batch } from '../service/entry.ts';

export interface HubListener {
  batch(batch: Batch): void;
  state(state: RegistryState): void;
  /** What came between is lost: whoever wants to know begins anew. */
  lost(): void;
}

/** Bounds of what is kept: changes, and characters of their keys and values. */
const MOST_CHANGES = 10_000;
const MOST_CHARACTERS = 8 * 2 ** 20;

interface Kept {
  readonly batch: Batch;
  readonly characters: number;
}

/** A sink beside the one that serves. */
export class EventHub implements RegistrySink {
  /** Tells this history from those of other processes. */
  readonly history = randomBytes(6).toString('hex');
  readonly #listeners = new Set<HubListener>();
  #kept: Kept[] = [];
  #changes = 0;
  #characters = 0;
  /** Changes after this revision are kept; undefined: nothing was heard yet. */
  #from: number | undefined;
  #revision = 0;
  #state: RegistryState = { kind: 'starting' };

  get standing(): RegistryState {
    return this.#state;
  }

  add(listener: HubListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: HubListener): void {
    this.#listeners.delete(listener);
  }

  /** All changes after `revision`; undefined where they are not known. */
  since(revision: number): readonly Batch[] | undefined {
    if (this.#from === undefined || revision < this.#from || revision > this.#revision) return undefined;
    return this.#kept.filter(({ batch }) => batch.revision > revision).map(({ batch }) => batch);
  }

  listing(): void {}

  page(): void {}

  listed(revision: number): void {
    this.#forget(revision);
    for (const listener of [...this.#listeners]) listener.lost();
  }

  batch(batch: Batch): void {
    this.#from ??= batch.revision - 1;
    this.#revision = batch.revision;
    this.#keep(batch);
    for (const listener of this.#listeners) listener.batch(batch);
  }

  position(): void {}

  state(state: RegistryState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener.state(state);
  }

  #forget(revision: number): void {
    this.#kept = [];
    this.#changes = 0;
    this.#characters = 0;
    this.#from = revision;
    this.#revision = revision;
  }

  #keep(batch: Batch): void {
    const kept = { batch, characters: charactersOf(batch) };
    this.#kept.push(kept);
    this.#changes += batch.changes.length;
    this.#characters += kept.characters;
    if (this.#changes > MOST_CHANGES || this.#characters > MOST_CHARACTERS) this.#trim();
  }

  /** Cuts to three quarters, so that it is not done for each change. */
  #trim(): void {
    let gone = 0;
    while (this.#changes > 0.75 * MOST_CHANGES || this.#characters > 0.75 * MOST_CHARACTERS) {
      const first = this.#kept[gone++];
      if (first === undefined) break;
      this.#changes -= first.batch.changes.length;
      this.#characters -= first.characters;
      this.#from = first.batch.revision;
    }
    this.#kept.splice(0, gone);
  }
}

function charactersOf({ changes }: Batch): number {
  let sum = 0;
  for (const change of changes)
    sum += change.kind === 'put' ? change.entry.key.length + change.entry.value.length : change.key.length;
  return sum;
}
