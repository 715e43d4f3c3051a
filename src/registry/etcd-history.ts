// How far a watch has come, and whether the etcd that answers now is a continuation of it.
import type { IResponseHeader } from 'etcd3';
import type { Position } from './registry.ts';

/** A point in the cluster's log: at least `revision` was reached when `index` entries of the log were applied. */
export interface LogPoint {
  readonly index: number;
  readonly revision: number;
}

/** A key that was written at this revision and not since: another history has it otherwise. */
export interface Witness {
  readonly key: string;
  readonly revision: number;
}

/** What a member tells about its history. */
export interface Testimony {
  readonly header: IResponseHeader;
  /** Asked for after the rest, so that a member that lags has caught up. */
  readonly log: LogPoint | undefined;
  /** When the witness was written, as of the revision that is known; undefined where there is no such key. */
  readonly written: number | undefined;
}

const POSITION =
  /^(?<cluster>\d+)\/(?<term>\d+)(?:\/(?<index>\d+)@(?<at>\d+))?(?:\/(?<written>\d+)=(?<key>.*))?$/s;

/** By how much a log point may be off: the two numbers are not read at one moment. */
const SLACK = 100;

export class History {
  #revision: number | undefined;
  #cluster: string | undefined;
  #term = 0;
  #log: LogPoint | undefined;
  #witness: Witness | undefined;

  /** `from`: what another watch had reached, by its `position`. */
  constructor(from?: Position) {
    if (from === undefined) return;
    const { cluster, term, index, at, written, key } = POSITION.exec(from.history)?.groups ?? {};
    if (cluster === undefined) return; // no words of ours: as if nothing were known
    this.#revision = from.revision;
    this.#cluster = cluster;
    this.#term = Number(term);
    if (index !== undefined) this.#log = { index: Number(index), revision: Number(at) };
    if (key !== undefined) this.#witness = { key, revision: Number(written) };
  }

  /** Everything up to this revision is known; `undefined`: nothing is, a list is needed. */
  get revision(): number | undefined {
    return this.#revision;
  }

  /** Id of the cluster that it is the history of. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  /** The key to ask for. */
  get witness(): Witness | undefined {
    return this.#witness;
  }

  /**
   * Whether all this can come from the same, uninterrupted history. An etcd restored from a backup has gone back. Where
   * its revision has overtaken ours since, its log is still new (each revision takes an entry of the log), and what it
   * has at our revision is something else.
   */
  continues({ header, log, written }: Testimony): boolean {
    if (this.#revision === undefined) return true;
    return (
      header.cluster_id === this.#cluster &&
      Number(header.raft_term) >= this.#term &&
      Number(header.revision) >= this.#revision &&
      (log === undefined || log.index + SLACK >= this.#leastIndex(this.#revision)) &&
      written === this.#witness?.revision
    );
  }

  /** A key was written, or found to have been: of several the last one bears witness. */
  wrote(key: string, revision: number): void {
    if (this.#witness !== undefined && revision < this.#witness.revision) return;
    if (!key.includes('\ufffd')) this.#witness = { key, revision }; // what is no UTF-8 could not be asked for
  }

  deleted(key: string): void {
    if (key === this.#witness?.key) this.#witness = undefined;
  }

  /** How many entries the log had at least when `revision` was made. */
  #leastIndex(revision: number): number {
    return this.#log === undefined ? 0 : this.#log.index + Math.max(0, revision - this.#log.revision);
  }

  /** Remembers who answered, and how long the log was then. */
  note(header: IResponseHeader, log = this.#log): void {
    this.#cluster = header.cluster_id;
    this.#term = Number(header.raft_term);
    this.#log = log;
  }

  /** Where another watch may go on; undefined while nothing is known. */
  get position(): Position | undefined {
    if (this.#revision === undefined) return undefined;
    const log = this.#log === undefined ? '' : `/${this.#log.index}@${this.#log.revision}`;
    const witness = this.#witness === undefined ? '' : `/${this.#witness.revision}=${this.#witness.key}`;
    return { revision: this.#revision, history: `${this.#cluster}/${this.#term}${log}${witness}` };
  }

  reach(revision: number): void {
    this.#revision = Math.max(revision, this.#revision ?? 0);
  }

  /** What was known is no longer a base for changes. */
  forget(): void {
    this.#revision = undefined;
    this.#witness = undefined;
  }
}
