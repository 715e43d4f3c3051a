// The members of an etcd cluster: the one in use, and going over to another when it fails.
import { setTimeout as delay } from 'node:timers/promises';
import type { CallOptions } from '@grpc/grpc-js';
import type { Etcd3 } from 'etcd3';
import type { FingerpostError } from '../base/errors.ts';
import { type Logger, silent } from '../base/log.ts';
import { Advice } from './etcd-advice.ts';
import { choose, clusterMeant, clusterOf, NobodyFits, type Word } from './etcd-choice.ts';
import type { EtcdLogin, MemberClient } from './etcd-client.ts';
import { isOldLogin, isUnreachable, neverSent, refused } from './etcd-errors.ts';
import { Member } from './etcd-member.ts';

export interface EtcdOptions extends EtcdLogin {
  /** `host:port`, IPv6 addresses in brackets. */
  readonly hosts: readonly string[];
  /** Below which keys are read; for messages. */
  readonly prefix: string;
}

export interface CallLimits {
  /** Milliseconds that an answer may take at least. */
  readonly within?: number;
  /** Whether the call may be made again when it is not known if etcd has done it. */
  readonly repeatable?: boolean;
}

/**
 * How long members are waited for, in milliseconds. Who has the patience waits twice as long each time that none had
 * answered by then.
 */
const CHOICE_MS = { first: 12_000, most: 60_000 };
/** A choice that failed so soon is made again: members that restart refuse connections for a moment. */
const AGAIN_MS = 200;

export class EtcdEndpoints {
  readonly #members: readonly Member[];
  readonly #logger: Logger;
  readonly #advice: Advice;
  #inUse: Member | undefined;
  #choosing: Promise<Member> | undefined;
  #longChoiceMs = CHOICE_MS.first;
  /** The cluster that is used. */
  #cluster: string | undefined;
  /** Which hosts were said to belong to which other cluster. */
  readonly #foreign = new Map<Member, string>();
  #closed = false;

  constructor(options: EtcdOptions, logger: Logger = silent) {
    this.#members = options.hosts.map((host) => new Member(host, options));
    this.#logger = logger;
    this.#advice = new Advice(options);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How long the member in use may take for an answer that elsewhere takes at most `usual` milliseconds. */
  patience(usual?: number): number {
    return this.#inUse?.patience(usual) ?? CHOICE_MS.first;
  }

  /** The cluster that was used before, where that is known. */
  expect(cluster: string | undefined): void {
    this.#cluster ??= cluster;
  }

  /** The client of a member that can serve, however long that takes to answer. Rejects as `call` does. */
  async client(): Promise<Etcd3> {
    // One that is dropped meanwhile is handed on as it is and fails at once: a new one would be nobody's to close.
    const { etcd, token } = (await this.#member(this.#longChoiceMs)).client;
    await this.#ready(token);
    return etcd;
  }

  /** `etcd` failed: it is dropped, and if it was in use another member takes over. */
  fail(etcd: Etcd3): void {
    const member = this.#members.find((one) => one.owns(etcd));
    if (member === undefined) return;
    member.failedAt = performance.now();
    member.drop();
    if (member === this.#inUse) this.#inUse = undefined;
  }

  /**
   * Makes one call, going from member to member while nobody answers.
   * Throws a FingerpostError: `unavailable` when no member could be reached in time, `registry` when etcd refused.
   */
  async call<T>(
    work: (client: Etcd3, options: CallOptions) => Promise<T>,
    { within = 0, repeatable = true }: CallLimits = {},
  ): Promise<T> {
    for (let tries = this.#members.length + 1; ; tries -= 1) {
      const member = await this.#member();
      const { etcd, token } = member.client;
      try {
        await token?.ready(Date.now() + member.patience());
        const asked = performance.now();
        const answer = await work(etcd, { deadline: Date.now() + Math.max(within, member.patience()) });
        member.answered(performance.now() - asked);
        return answer;
      } catch (thrown) {
        const renew = token !== undefined && isOldLogin(thrown);
        if (!isUnreachable(thrown) && !renew) throw this.explain(thrown);
        if (renew) token.forget();
        else this.fail(etcd);
        const doubt = !repeatable && !renew && !neverSent(thrown);
        if (this.#closed || doubt || tries === 1) throw this.#advice.told(thrown, doubt);
      }
    }
  }

  /** What etcd or grpc threw as an error for people: what it means, and what to do. */
  explain(thrown: unknown): FingerpostError {
    return this.#advice.told(thrown);
  }

  close(): void {
    this.#closed = true;
    this.#inUse = undefined;
    for (const member of this.#members) member.drop();
  }

  /** Waits until one is logged in. */
  async #ready(token: MemberClient['token']): Promise<void> {
    try {
      await token?.ready(Date.now() + this.patience());
    } catch (thrown) {
      throw this.explain(thrown);
    }
  }

  async #member(ms = CHOICE_MS.first): Promise<Member> {
    if (this.#closed) throw refused(new Error('the registry was closed'));
    if (this.#inUse !== undefined) return this.#inUse;
    this.#choosing ??= this.#choose(ms).finally(() => {
      this.#choosing = undefined;
    });
    return this.#choosing;
  }

  async #choose(ms: number): Promise<Member> {
    const began = performance.now();
    try {
      return await this.#chooseOnce(ms);
    } catch (thrown) {
      const took = performance.now() - began;
      if (took >= ms) this.#longChoiceMs = Math.min(CHOICE_MS.most, 2 * ms);
      if (this.#closed || took > AGAIN_MS) throw this.#nobody(thrown);
    }
    await delay(AGAIN_MS);
    return this.#chooseOnce(ms).catch((thrown: unknown) => {
      throw this.#nobody(thrown);
    });
  }

  async #chooseOnce(ms: number): Promise<Member> {
    const { made, all } = choose(this.#members, this.#cluster, ms);
    void all.then((words) => this.#afterChoice(words));
    const member = await made;
    if (this.#closed) {
      member.drop();
      throw refused(new Error('the registry was closed'));
    }
    this.#cluster = member.cluster ?? this.#cluster;
    this.#inUse = member;
    return member;
  }

  /** All have answered: now it is certain which cluster is meant, and who does not belong to it. */
  #afterChoice(words: readonly Word[]): void {
    const cluster = clusterMeant(words.map(clusterOf), this.#cluster, true);
    const used = this.#inUse;
    if (cluster !== undefined && used?.cluster !== undefined && used.cluster !== cluster) {
      this.#cluster = cluster;
      this.fail(used.client.etcd);
    }
    for (const member of this.#members) {
      if (member !== this.#inUse) member.drop();
      this.#judge(member, cluster);
    }
  }

  #judge(member: Member, cluster: string | undefined): void {
    if (member.cluster === undefined || cluster === undefined || member.cluster === cluster) {
      this.#foreign.delete(member);
      return;
    }
    if (this.#foreign.get(member) === member.cluster) return;
    this.#foreign.set(member, member.cluster);
    this.#logger.error(
      { host: member.host, cluster: member.cluster, used: cluster },
      `etcd at ${member.host} belongs to another cluster than the other hosts and is not used: take it out of --registry`,
    );
  }

  #nobody(thrown: unknown): FingerpostError {
    if (!(thrown instanceof NobodyFits)) return this.explain(thrown);
    return this.#advice.nobody(thrown.words, this.#cluster);
  }
}
