// How far a watch has come, and whether the etcd that answers now is a continuation of it.
import type { IResponseHeader } from 'etcd3';
import type { Position } from './registry.ts';

export class History {
  #revision: number | undefined;
  #cluster: string | undefined;
  #term = 0;

  /** `from`: what another watch had reached, by its `position`. */
  constructor(from?: Position) {
    if (from === undefined) return;
    const [cluster, term] = from.history.split('/');
    this.#revision = from.revision;
    this.#cluster = cluster;
    this.#term = Number(term);
  }

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

  /** Where another watch may go on; undefined while nothing is known. */
  get position(): Position | undefined {
    if (this.#revision === undefined) return undefined;
    return { revision: this.#revision, history: `${this.#cluster}/${this.#term}` };
  }

  reach(revision: number): void {
    this.#revision = Math.max(revision, this.#revision ?? 0);
  }

  /** What was known is no longer a base for changes. */
  forget(): void {
    this.#revision = undefined;
  }
}
