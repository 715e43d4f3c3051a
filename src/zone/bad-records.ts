// Records that cannot be used. One that was good before is in quarantine: its last good value is served in its stead.

/** A record whose value cannot be used. */
export interface Bad {
  readonly key: string;
  /** Of the value that cannot be used. */
  readonly revision: number;
  readonly problem: string;
  /** Revision of the last good value, which is still served; undefined where none is known: the record is left out. */
  readonly kept: number | undefined;
}

export class BadRecords {
  /** With the last whole list that named each. */
  readonly #byKey = new Map<string, Bad & { seen: number }>();
  #quarantined = 0;

  get all(): ReadonlyMap<string, Bad> {
    return this.#byKey;
  }

  /** How many of them are served with their last good value. */
  get quarantined(): number {
    return this.#quarantined;
  }

  set(bad: Bad, list: number): void {
    this.delete(bad.key);
    this.#byKey.set(bad.key, { ...bad, seen: list });
    if (bad.kept !== undefined) this.#quarantined++;
  }

  delete(key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    this.#byKey.delete(key);
    if (known.kept !== undefined) this.#quarantined--;
  }

  /** Notes that list number `list` named it. */
  see(key: string, list: number): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) known.seen = list;
  }

  /** Forgets those that list number `list` did not name. */
  sweep(list: number): void {
    for (const { key, seen } of this.#byKey.values()) if (seen !== list) this.delete(key);
  }
}
