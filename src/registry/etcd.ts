// The production engine: etcd. Its cluster is what scales out and what survives machines.
import type { ICompare, ITxnRequest, ITxnResponse } from 'etcd3';
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import { type Logger, silent } from '../base/log.ts';
import type { Entry, Lease } from '../service/entry.ts';
import { statusPrefix, type Waited } from './applied.ts';
import { waitOn } from './applied-board.ts';
import { EtcdEndpoints, type EtcdOptions } from './etcd-endpoints.ts';
import { collectLeases, entryOf } from './etcd-entry.ts';
import { missingRevision } from './etcd-errors.ts';
import { EtcdFollower } from './etcd-follower.ts';
import { grant, keepAlive, revoke } from './etcd-lease-calls.ts';
import { EtcdLeases } from './etcd-leases.ts';
import { pages } from './etcd-pages.ts';
import { below, checkConditions, checkKey, checkTtl, checkWrites } from './keys.ts';
import type { Condition, Got, Known, Listed, Registry, RegistrySink, Write } from './registry.ts';

export interface EtcdRegistryOptions extends EtcdOptions {
  readonly url: string;
}

export interface EtcdRegistryDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

export class EtcdRegistry implements Registry {
  readonly url: string;
  readonly prefix: string;
  readonly #options: EtcdRegistryOptions;
  readonly #etcd: EtcdEndpoints;
  readonly #deps: EtcdRegistryDeps;
  #follower: EtcdFollower | undefined;
  /** What is known of leases: by the watch, where there is one. */
  #own: EtcdLeases | undefined;

  /** Connects when it is first used, so it never fails here because etcd is away. */
  constructor(options: EtcdRegistryOptions, deps: EtcdRegistryDeps) {
    this.url = options.url;
    this.prefix = options.prefix;
    this.#options = options;
    this.#etcd = new EtcdEndpoints(options, deps.logger);
    this.#deps = deps;
  }

  get lastWord(): number | undefined {
    return this.#follower?.lastWord;
  }

  watch(sink: RegistrySink, from?: Known): void {
    if (this.#follower !== undefined)
      throw new FingerpostError('registry', 'the registry is watched already');
    this.#follower = new EtcdFollower({
      ...this.#deps,
      etcd: this.#etcd,
      prefix: this.prefix,
      url: this.url,
      sink,
      from,
    });
    this.#follower.start();
  }

  relist(): void {
    this.#follower?.relist();
  }

  async list(key: string = this.prefix): Promise<Listed> {
    if (key === this.prefix) return this.#listBelow(key, [], 0);
    const { revision, entry } = await this.get(key);
    return this.#listBelow(key, entry === undefined ? [] : [entry], revision);
  }

  async get(key: string): Promise<Got> {
    checkKey(this.prefix, key);
    const { kvs, header } = await this.#etcd.call(({ kv }, options) =>
      kv.range({ key: Buffer.from(key) }, options),
    );
    const leases = new EtcdLeases(this.#etcd, this.#deps.logger);
    await leases.learn(collectLeases(kvs));
    return { revision: Number(header.revision), entry: kvs.map((kv) => entryOf(kv, leases.get))[0] };
  }

  async #listBelow(key: string, entries: Entry[], at: number): Promise<Listed> {
    const leases = new EtcdLeases(this.#etcd, this.#deps.logger);
    let revision = at;
    for await (const page of pages(this.#etcd, below(key), at)) {
      await leases.learn(collectLeases(page.kvs));
      revision = page.revision;
      for (const kv of page.kvs) entries.push(entryOf(kv, leases.get));
    }
    return { revision, entries };
  }

  async before(key: string, revision: number): Promise<Entry | 'unknown' | undefined> {
    checkKey(this.prefix, key);
    // At revision 1 etcd is empty; 0 would mean now.
    const at = { key: Buffer.from(key), revision: Math.max(1, revision - 1) };
    try {
      const { kvs } = await this.#etcd.call(({ kv }, options) => kv.range(at, options));
      return kvs.map((kv) => entryOf(kv, () => undefined))[0];
    } catch (thrown) {
      if (missingRevision(thrown) === undefined) throw thrown;
      return 'unknown';
    }
  }

  async commit(writes: readonly Write[]): Promise<number> {
    checkWrites(this.prefix, writes);
    const { header } = await this.#transact({ success: writes.map(operationOf) });
    return Number(header.revision);
  }

  async commitIf(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | undefined> {
    checkConditions(this.prefix, conditions);
    checkWrites(this.prefix, writes);
    const { succeeded, header } = await this.#transact({
      compare: conditions.map(comparisonOf),
      success: writes.map(operationOf),
    });
    return succeeded ? Number(header.revision) : undefined;
  }

  #transact(request: ITxnRequest): Promise<ITxnResponse> {
    return this.#etcd.call(({ kv }, options) => kv.txn(request, options), { repeatable: false });
  }

  async grant(ttl: number): Promise<Lease> {
    checkTtl(ttl);
    return grant(this.#etcd, ttl);
  }

  async keepAlive(id: string): Promise<boolean> {
    return keepAlive(this.#etcd, id);
  }

  async revoke(id: string): Promise<void> {
    await revoke(this.#etcd, id);
  }

  async hasExpired(lease: string): Promise<boolean> {
    return this.#leases.hasExpired(lease);
  }

  async heed(leases: Iterable<string>): Promise<void> {
    await this.#leases.heed(leases);
  }

  async waitApplied(revision: number, ms: number): Promise<Waited> {
    const options = { ...this.#options, prefix: statusPrefix(this.prefix) };
    return waitOn(new EtcdRegistry(options, { ...this.#deps, logger: silent }), revision, ms);
  }

  get #leases(): EtcdLeases {
    this.#own ??= this.#follower?.leases ?? new EtcdLeases(this.#etcd, this.#deps.logger);
    return this.#own;
  }

  async close(): Promise<void> {
    const followed = this.#follower?.close();
    this.#etcd.close();
    await followed;
  }
}

function operationOf(write: Write) {
  const key = Buffer.from(write.key);
  if (write.kind === 'delete') return { request_delete_range: { key } };
  return { request_put: { key, value: Buffer.from(write.value), lease: write.lease ?? '0' } };
}

/** A key that is not there counts as written at revision 0. */
function comparisonOf({ key, revision = 0 }: Condition): ICompare {
  return { result: 'Equal', target: 'Mod', key: Buffer.from(key), mod_revision: revision };
}
