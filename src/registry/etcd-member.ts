// One member of an etcd cluster: its client, and what it says of itself when it is asked.
import { performance } from 'node:perf_hooks';
import { FingerpostError } from '../base/errors.ts';
import { connect, type EtcdLogin, type MemberClient } from './etcd-client.ts';
import { isRefusal } from './etcd-errors.ts';

/** A member that can serve. */
export interface Said {
  /** Id of its cluster; undefined where it does not tell us. */
  readonly cluster: string | undefined;
}

/** How long an answer may take, in milliseconds. */
const PATIENCE_MS = { usual: 6_000, most: 20_000 };

export class Member {
  readonly host: string;
  readonly #login: EtcdLogin;
  #client: MemberClient | undefined;
  /** How long connecting and one question took, in milliseconds. */
  #took = 0;
  /** When it failed last, by `performance.now()`. */
  failedAt = -1e9;
  /** Id of its cluster, as it said last; undefined where it did not tell. */
  cluster: string | undefined;

  constructor(host: string, login: EtcdLogin) {
    this.host = host;
    this.#login = login;
  }

  /** Connects when it is first used. */
  get client(): MemberClient {
    this.#client ??= connect(this.host, this.#login);
    return this.#client;
  }

  owns(etcd: unknown): boolean {
    return this.#client?.etcd === etcd;
  }

  /** How long an answer may take that takes at most `usual` milliseconds elsewhere: more where it was slow from the start. */
  patience(usual = PATIENCE_MS.usual): number {
    return Math.min(PATIENCE_MS.most, usual + 2 * this.#took);
  }

  /** It has answered within `ms` milliseconds: what was slow only while a line healed is not waited for longer for good. */
  answered(ms: number): void {
    this.#took = Math.min(this.#took, ms);
  }

  /** Connects, logs in and asks it who it is, all within `ms`; rejects where it cannot serve. */
  async ask(ms: number): Promise<Said> {
    const began = performance.now();
    const { etcd, token } = this.client;
    const deadline = Date.now() + ms;
    await token?.ready(deadline);
    try {
      const status = await etcd.maintenance.status({ deadline });
      this.#took = performance.now() - began;
      if (status.leader === '0') throw this.#unfit('has lost its leader');
      if (status.isLearner) throw this.#unfit('is a learner, which serves nobody');
      this.cluster = status.header.cluster_id;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.cluster = undefined;
    }
    return { cluster: this.cluster };
  }

  drop(): void {
    this.#client?.etcd.close();
    this.#client = undefined;
  }

  #unfit(why: string): FingerpostError {
    return new FingerpostError('unavailable', `etcd at ${this.host} ${why}`);
  }
}
