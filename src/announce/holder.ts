// Holds services in the registry by one lease: registers, renews, registers again what was lost, and takes out.
import { type Cancel, type Clock, steadyClock } from '../base/clock.ts';
import { FingerpostError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { Backoff } from '../registry/backoff.ts';
import type { Condition, Registry, Write } from '../registry/registry.ts';
import type { Lease } from '../service/entry.ts';
import { type Claim, Held, look, ownKeys } from './claim.ts';
import { newOwner, type Owner } from './owner.ts';

export interface HolderOptions {
  readonly registry: Registry;
  /** Of the lease, in seconds. */
  readonly ttl: number;
  readonly logger: Logger;
  /** Not the wall clock, which is set; this one unless it is given. */
  readonly clock?: Clock;
}

/** etcd takes 128 operations, and as many conditions, in one transaction unless it is told otherwise. */
const TRANSACTION = 100;
/** A lease is renewed so many times before it would run out. */
const RENEWALS = 3;
const RETRY = { first: 200, most: 1_000 };
/** Between two looks at records of others that are waited for, in milliseconds. */
const LOOK_MS = 500;

export class Holder {
  /** Written into the records. */
  readonly owner: Owner = newOwner();
  readonly #registry: Registry;
  readonly #ttl: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #backoff = new Backoff(RETRY);
  readonly #held = new Set<Held>();
  #lease: Lease | undefined;
  /** When it was last renewed, by our clock. */
  #renewed = 0;
  #isCutOff = false;
  /** How often the registry has done what it was asked. */
  #answers = 0;
  /** The highest revision that was told. */
  #seen = 0;
  /** A lower one was told. */
  #isSetBack = false;
  #cancel: Cancel = () => {};
  #isBusy = false;
  /** Something changed while a turn was under way. */
  #isAsked = false;
  #isClosed = false;

  constructor({ registry, ttl, logger, clock = steadyClock }: HolderOptions) {
    this.#registry = registry;
    this.#ttl = ttl;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Registers it as soon as that is possible, and keeps it registered. */
  hold(claim: Claim): Held {
    const held = new Held(claim);
    this.#held.add(held);
    this.#soon();
    return held;
  }

  /**
   * Takes it out of the registry; resolves when nothing of it is there, however long the registry is away: to the
   * revision of that, where something was.
   */
  withdraw(held: Held): Promise<number | undefined> {
    held.leave();
    this.#soon();
    return held.gone;
  }

  /** Lets go: what is registered stays until the lease runs out. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  /** At the next turn of the event loop, so that what is asked for in one go is done in one. */
  #soon(): void {
    this.#isAsked = true;
    if (!this.#isBusy) this.#in(0);
  }

  #in(ms: number): void {
    this.#cancel();
    if (!this.#isClosed) this.#cancel = this.#clock.after(ms, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    this.#isBusy = true;
    this.#isAsked = false;
    const wait = await this.#attempt();
    this.#isBusy = false;
    this.#in(this.#isAsked ? 0 : wait);
  }

  /** Does what there is to do; resolves to the milliseconds until there may be more. */
  async #attempt(): Promise<number> {
    const before = this.#answers;
    try {
      await this.#takeOut();
      // What is still to go may have keys that are wanted anew.
      if ([...this.#held].some((held) => held.isLeaving)) return RETRY.first;
      const wanted = [...this.#held].filter((held) => held.isWanted);
      if (wanted.length === 0)
        this.#lease = undefined; // it runs out by itself: see `#takeOut`
      else await this.#maintain(wanted);
      if (this.#answers > before) this.#isBack();
      return this.#untilNext();
    } catch (cause) {
      if (this.#isClosed) return 0;
      this.#isAway(cause);
      return this.#backoff.next();
    }
  }

  #isBack(): void {
    this.#backoff.reset();
    if (this.#isCutOff) this.#logger.info({ registry: this.#registry.url }, 'the registry is there again');
    this.#isCutOff = false;
  }

  #isAway(cause: unknown): void {
    const fields = { registry: this.#registry.url, cause: messageOf(cause) };
    if (this.#isCutOff) this.#logger.debug(fields, 'the registry is still away');
    else this.#logger.warn(fields, 'the registry is away or refuses: trying again');
    this.#isCutOff = true;
  }

  #untilNext(): number {
    const wanted = [...this.#held].filter((held) => held.isWanted);
    if (wanted.some((held) => held.revision === undefined)) return LOOK_MS;
    return wanted.length === 0 ? 2 ** 30 : Math.max(0, this.#due() - this.#clock.now());
  }

  /** When the lease has to be renewed. */
  #due(): number {
    return this.#renewed + ((this.#lease?.ttl ?? this.#ttl) * 1000) / RENEWALS;
  }

  async #maintain(wanted: readonly Held[]): Promise<void> {
    if (this.#lease !== undefined && this.#clock.now() >= this.#due()) {
      await this.#renew(this.#lease);
      // Also what a restored registry has forgotten, and what others have written over.
      await this.#verify(wanted);
    }
    const lease = await this.#leased();
    try {
      await this.#register(wanted, lease);
      if (this.#wasSetBack()) this.#beginAnew();
    } catch (thrown) {
      const isRefusal = thrown instanceof FingerpostError && thrown.code === 'registry';
      if (!isRefusal || (await this.#renew(lease))) throw thrown;
    }
  }

  async #leased(): Promise<Lease> {
    if (this.#lease !== undefined) return this.#lease;
    const asked = this.#clock.now();
    this.#lease = await this.#registry.grant(this.#ttl);
    this.#answers += 1;
    this.#renewed = asked;
    return this.#lease;
  }

  /** False where it has ended, and all that was under it is gone. */
  async #renew(lease: Lease): Promise<boolean> {
    const asked = this.#clock.now();
    const isThere = await this.#registry.keepAlive(lease.id);
    this.#answers += 1;
    if (isThere) {
      this.#renewed = asked;
      return true;
    }
    this.#logger.warn({ lease: lease.id }, 'the lease has ended: registering again');
    this.#beginAnew();
    return false;
  }

  /** What was registered is registered again under another lease; what else the old one has goes with it. */
  #beginAnew(): void {
    this.#lease = undefined;
    for (const held of this.#held) held.revision = undefined;
    this.#isAsked = true;
  }

  /** A restored registry may have services again that were taken out. */
  #wasSetBack(): boolean {
    if (!this.#isSetBack) return false;
    this.#isSetBack = false;
    this.#logger.warn({ registry: this.#registry.url }, 'the registry was set back: registering again');
    return true;
  }

  /** Finds out which records are not as they were written. */
  async #verify(wanted: readonly Held[]): Promise<void> {
    const there = wanted.filter(({ revision }) => revision !== undefined);
    await this.#together(
      there,
      (held) => ({ conditions: held.conditions(held.revision), writes: [] }),
      () => {},
      async (held) => {
        held.revision = undefined;
      },
    );
  }

  async #register(wanted: readonly Held[], lease: Lease): Promise<void> {
    await this.#together(
      wanted.filter((held) => held.revision === undefined && held.isWanted),
      (held) => {
        held.inDoubt = true;
        return { conditions: held.conditions(undefined), writes: held.puts(lease) };
      },
      (held, revision) => held.registered(revision, lease),
      (held) => this.#registerOver(held, lease),
    );
  }

  /** Where something is there already. */
  async #registerOver(held: Held, lease: Lease): Promise<void> {
    const found = await look(this.#registry, held, this.owner);
    if (found.kind === 'taken' || (found.kind === 'wait' && !held.awaits(found, this.#clock.now())))
      held.refused(found.why);
    if (found.kind !== 'free') return;
    const revision = await this.#commitIf(found.conditions, held.puts(lease));
    if (revision !== undefined) held.registered(revision, lease);
  }

  /**
   * Deletes the records of those that leave. The lease is left to run out: servers tell keys that were deleted from
   * those whose lease ended as long as the lease is there.
   */
  async #takeOut(): Promise<void> {
    const leaving = [...this.#held].filter((held) => held.isLeaving);
    await this.#together(
      leaving.filter(({ revision }) => revision !== undefined),
      (held) => ({
        conditions: held.conditions(held.revision),
        writes: held.keys.map((key) => ({ kind: 'delete', key })),
      }),
      (held, revision) => this.#hasGone(held, revision),
      (held) => this.#takeOutOwn(held),
    );
    for (const held of leaving) if (this.#held.has(held)) await this.#takeOutOwn(held);
  }

  /** Where something else is there than what was written, or where it is not known whether it was. */
  async #takeOutOwn(held: Held): Promise<void> {
    const own = held.inDoubt || held.wasRegistered ? await ownKeys(this.#registry, held, this.owner) : [];
    if (own.length === 0) {
      this.#hasGone(held, undefined);
      return;
    }
    const writes = own.map(({ key }): Write => ({ kind: 'delete', key }));
    const revision = await this.#commitIf(own, writes);
    if (revision === undefined)
      this.#isAsked = true; // somebody was quicker
    else this.#hasGone(held, revision);
  }

  #hasGone(held: Held, revision: number | undefined): void {
    this.#held.delete(held);
    held.hasGone(revision);
  }

  async #commitIf(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | undefined> {
    const before = this.#seen;
    const revision = await this.#registry.commitIf(conditions, writes);
    this.#answers += 1;
    if (revision === undefined) return undefined;
    const isLower = revision < before; // than what was known when it was asked for
    this.#isSetBack ||= isLower;
    this.#seen = isLower ? revision : Math.max(this.#seen, revision);
    return revision;
  }

  /** Transactions of many at once; where a condition fails, each by itself. */
  async #together(
    all: readonly Held[],
    transaction: (held: Held) => { conditions: Condition[]; writes: Write[] },
    done: (held: Held, revision: number) => void,
    failed: (held: Held) => Promise<void>,
  ): Promise<void> {
    for (const some of inBatches(all)) {
      const parts = some.map(transaction);
      const revision = await this.#commitIf(
        parts.flatMap(({ conditions }) => conditions),
        parts.flatMap(({ writes }) => writes),
      );
      if (revision !== undefined) for (const held of some) done(held, revision);
      else if (some.length === 1) await Promise.all(some.map(failed));
      else await Promise.all(some.map((held) => this.#together([held], transaction, done, failed)));
    }
  }
}

/** Each batch within what one transaction takes. */
function inBatches(all: readonly Held[]): Held[][] {
  const batches: Held[][] = [];
  let size = TRANSACTION;
  for (const held of all) {
    size += held.keys.length;
    if (size > TRANSACTION) {
      batches.push([]);
      size = held.keys.length;
    }
    batches.at(-1)?.push(held);
  }
  return batches;
}
