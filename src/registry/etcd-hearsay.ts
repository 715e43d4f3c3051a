// Progress that etcd broadcasts: until etcd 3.4.25 it may overtake changes, and is believed when none has come behind it.

/** How much later, in milliseconds, another answer has to come: a change that was overtaken is there long before. */
const SETTLED_MS = 1_500;

export class Hearsay {
  #first: { readonly revision: number; readonly at: number } | undefined;

  /** A change has come. */
  forget(): void {
    this.#first = undefined;
  }

  /**
   * etcd has said at `now` (milliseconds) that nothing happened up to `revision`. The revision that can be believed now,
   * where there is one.
   */
  heard(revision: number, now: number): number | undefined {
    const first = this.#first;
    // A clock that was set back begins anew.
    if (first !== undefined && now >= first.at && now - first.at < SETTLED_MS) return undefined;
    this.#first = { revision, at: now };
    return first !== undefined && now >= first.at ? first.revision : undefined;
  }
}
