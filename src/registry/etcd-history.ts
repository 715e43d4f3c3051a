// How far a watch has come, and whether the etcd that answers now is a continuation of it.
import type { IResponseHeader } from 'etcd3';

export class History {
  #revision: number | undefined;
  #cluster: string | undefined;
  #term = 0;

  /** Everything up to this revision is known; `undefined`: nothing is, a list is needed. */
  get revision(): number | undefined {
    return this.#revision;
  }

  /** Whether `header` can come from the same, uninterrupted history: etcd restored from a backup has gone back. */
  continues(header: IResponseHeader): boolean {
    if (this.#revision === undefined) return true;
    return (
      header.cluster_id === this.#cluster &&
      Number(header.raft_term) >= this.#term &&
      Number(header.revision) >= this.#revision
    );
  }

  /** Remembers who answered. */
  note(header: IResponseHeader): void {
    this.#cluster = header.cluster_id;
    this.#term = Number(header.raft_term);
  }

  reach(revision: number): void {
    this.#revision = Math.max(revision, this.#revision ?? 0);
  }

  /** What was known is no longer a base for changes. */
  forget(): void {
    this.#revision = undefined;
  }
}
