// The granted TTL of every lease in use: asked once per lease, many at a time, never per key.

import type { ILeaseTimeToLiveResponse } from 'etcd3';
import { messageOf } from '../base/errors.ts';
import { type Logger, silent } from '../base/log.ts';
import type { Lease } from '../service/entry.ts';
import type { EtcdEndpoints } from './etcd-endpoints.ts';
import { isUnreachable } from './etcd-errors.ts';

const CONCURRENT = 64;
/** Forgetting a lease costs one question when a key is next written with it. */
const MOST_KNOWN = 200_000;
/** A lease that has expired: its keys vanish in moments, so nobody should remember them for longer. */
const EXPIRED_TTL = 1;

/** A lease as etcd told of it. */
class KnownLease implements Lease {
  readonly id: string;
  readonly ttl: number;
  /** It cannot run out before; whole seconds since this process began. */
  #until = 0;

  constructor(id: string, ttl: number) {
    this.id = id;
    this.ttl = ttl;
  }

  /** It has so many seconds left. */
  has(left: number): this {
    this.#until = Math.max(this.#until, seconds() + left);
    return this;
  }

  get mayHaveExpired(): boolean {
    return seconds() >= this.#until;
  }
}

function seconds(): number {
  return Math.floor(performance.now() / 1000);
}

export class EtcdLeases {
  readonly #etcd: EtcdEndpoints;
  readonly #logger: Logger;
  /** `undefined`: etcd does not let us ask. */
  readonly #known = new Map<string, KnownLease | undefined>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #turns: (() => void)[] = [];
  #running = 0;
  #refused = false;

  constructor(etcd: EtcdEndpoints, logger: Logger = silent) {
    this.#etcd = etcd;
    this.#logger = logger;
  }

  /** The lease, once it was learnt. */
  readonly get = (id: string): Lease | undefined => this.#known.get(id);

  /** Asks for those that are not known; `undefined` when nothing has to be waited for. Rejects when etcd is cut off. */
  learn(ids: Iterable<string>): Promise<unknown> | undefined {
    const asked: Promise<void>[] = [];
    for (const id of ids) if (!this.#known.has(id)) asked.push(this.#asking.get(id) ?? this.#ask(id));
    return asked.length === 0 ? undefined : Promise.all(asked);
  }

  /** See `Registry.hasExpired`: etcd deletes the keys of a lease in the same way whether it ran out or was revoked. */
  async hasExpired(id: string): Promise<boolean> {
    if (this.#known.get(id)?.mayHaveExpired === false) return false;
    const { TTL } = await this.#timeToLive(id);
    return Number(TTL) <= 0;
  }

  /** Asks again how long leases have left. */
  async heed(ids: Iterable<string>): Promise<void> {
    const heeded = [...ids].map((id) => this.#inTurn(() => this.#renew(id)));
    await Promise.allSettled(heeded); // of those that were not asked for no more is known than before
  }

  async #renew(id: string): Promise<void> {
    const { grantedTTL, TTL } = await this.#timeToLive(id);
    if (Number(TTL) <= 0) return;
    const known = this.#known.get(id) ?? new KnownLease(id, Number(grantedTTL));
    this.#known.set(id, known.has(Number(TTL)));
  }

  /** Lets go of the oldest leases beyond the bound. Call it when nothing learnt waits to be used. */
  trim(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MOST_KNOWN) return;
      this.#known.delete(id);
    }
  }

  #ask(id: string): Promise<void> {
    const asked = this.#inTurn(async () => {
      this.#known.set(id, await this.#grantedTo(id));
    }).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asked);
    return asked;
  }

  async #inTurn(ask: () => Promise<void>): Promise<void> {
    if (this.#running >= CONCURRENT) await new Promise<void>((turn) => this.#turns.push(turn));
    this.#running += 1;
    try {
      await ask();
    } finally {
      this.#running -= 1;
      this.#turns.shift()?.();
    }
  }

  async #grantedTo(id: string): Promise<KnownLease | undefined> {
    try {
      const { grantedTTL, TTL } = await this.#timeToLive(id);
      return new KnownLease(id, Math.max(EXPIRED_TTL, Number(grantedTTL))).has(Number(TTL));
    } catch (cause) {
      if (isUnreachable(cause)) throw cause;
      this.#notAllowed(cause);
      return undefined;
    }
  }

  #timeToLive(ID: string): Promise<ILeaseTimeToLiveResponse> {
    return this.#etcd.call(({ leaseClient }, options) => leaseClient.leaseTimeToLive({ ID }, options));
  }

  #notAllowed(cause: unknown): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#logger.warn(
      { cause: messageOf(cause) },
      'etcd does not tell the TTL of leases: records keep their own',
    );
  }
}
