// One service that wants to be in the registry: what it writes, where it stands, and what is said of it.
import type { Condition, Registry, Write } from '../registry/registry.ts';
import type { Entry, Lease } from '../service/entry.ts';
import { type Owner, ownerOf, ownerText, standingOf } from './owner.ts';
import type { KeyValue } from './records.ts';

export type ClaimEvent =
  /** Its records are in the registry as of this revision; `again`: they had been lost. */
  | { readonly kind: 'registered'; readonly revision: number; readonly lease: Lease; readonly again: boolean }
  /** Somebody else's record stands there, under a lease that may be running out: it is waited for. */
  | { readonly kind: 'waiting'; readonly why: string; readonly seconds: number }
  /** Somebody else has it: it is not tried any more. `taken`: from us, after it had been ours. */
  | { readonly kind: 'refused'; readonly why: string; readonly taken: boolean };

export interface Claim {
  /** For people. */
  readonly name: string;
  readonly records: readonly KeyValue[];
  /** Whether records of others are overwritten, the first time. */
  readonly replace: boolean;
  /** Must not throw. */
  readonly told: (event: ClaimEvent) => void;
}

/** Beyond the lease of somebody whose life we cannot see, in milliseconds. */
const GRACE_MS = 2_000;
/** Longer leases are not waited for, seconds. */
const MOST_AWAITED = 60;

/** What others hold of a claim's keys. */
export type Found =
  /** Nothing in the way: the records may be written under these conditions. */
  | { readonly kind: 'free'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'wait'; readonly why: string; readonly owner: string; readonly seconds: number }
  | { readonly kind: 'taken'; readonly why: string };

/** A claim and what became of it. All its records are written in one transaction. */
export class Held {
  readonly claim: Claim;
  /** The revision at which its records were written; undefined while they are not known to be there. */
  revision: number | undefined;
  /** Whether a write may have been made all the same. */
  inDoubt = false;
  wasRegistered = false;
  /** Whether it is tried no more. */
  isRefused = false;
  /** For whom it waits, and until when. */
  #awaited: { readonly owner: string; readonly until: number } | undefined;
  readonly #gone = Promise.withResolvers<number | undefined>();
  #isLeaving = false;

  constructor(claim: Claim) {
    this.claim = claim;
  }

  get isWanted(): boolean {
    return !this.#isLeaving && !this.isRefused;
  }

  /** Its records are to be taken out. */
  leave(): void {
    this.#isLeaving = true;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Resolves when it has left and nothing of it is in the registry: to the revision of that, where something was. */
  get gone(): Promise<number | undefined> {
    return this.#gone.promise;
  }

  hasGone(revision: number | undefined): void {
    this.#gone.resolve(revision);
  }

  get keys(): readonly string[] {
    return this.claim.records.map(({ key }) => key);
  }

  /** Holds where nothing of it is in the registry, or (`revision`) where it is just as it was written. */
  conditions(revision: number | undefined): Condition[] {
    return this.keys.map((key) => ({ key, revision }));
  }

  puts({ id }: Lease): Write[] {
    return this.claim.records.map(({ key, value }) => ({ kind: 'put', key, value, lease: id }));
  }

  registered(revision: number, lease: Lease): void {
    const again = this.wasRegistered;
    this.revision = revision;
    this.inDoubt = false;
    this.wasRegistered = true;
    this.#awaited = undefined;
    this.claim.told({ kind: 'registered', revision, lease, again });
  }

  refused(why: string): void {
    this.isRefused = true;
    this.claim.told({ kind: 'refused', why, taken: this.wasRegistered });
  }

  /** Whether there is still time for another owner to go. Tells of it once. */
  awaits({ owner, seconds, why }: Found & { kind: 'wait' }, now: number): boolean {
    if (this.#awaited?.owner !== owner) {
      this.#awaited = { owner, until: now + seconds * 1000 + GRACE_MS };
      this.claim.told({ kind: 'waiting', why, seconds });
    }
    return now < this.#awaited.until;
  }
}

/** Whether a claim overwrites what is there: only the first time, so that two who replace each other come to an end. */
function replaces({ claim, wasRegistered }: Held): boolean {
  return claim.replace && !wasRegistered;
}

/** Reads what is at the keys of a claim and judges it. */
export async function look(registry: Registry, held: Held, self: Owner): Promise<Found> {
  const conditions: Condition[] = [];
  for (const key of held.keys) {
    const { entries } = await registry.list(key);
    const entry = entries.find((one) => one.key === key);
    conditions.push({ key, revision: entry?.revision });
    if (entry === undefined || replaces(held)) continue;
    const problem = inTheWay(entry, self);
    if (problem !== undefined) return problem;
  }
  return { kind: 'free', conditions };
}

function inTheWay({ value, lease }: Entry, self: Owner): Exclude<Found, { kind: 'free' }> | undefined {
  const owner = ownerOf(value);
  const standing = owner === undefined ? 'elsewhere' : standingOf(owner, self);
  if (standing === 'self' || standing === 'dead') return undefined;
  const why = `it is held by ${ownerText(owner, standing)}`;
  if (standing === 'alive' || lease === undefined || lease.ttl > MOST_AWAITED) return { kind: 'taken', why };
  return { kind: 'wait', why, owner: owner?.id ?? value, seconds: lease.ttl };
}

/** The keys of a claim that hold records of ours, with their revisions. */
export async function ownKeys(registry: Registry, held: Held, self: Owner): Promise<Condition[]> {
  const own: Condition[] = [];
  for (const key of held.keys) {
    const { entries } = await registry.list(key);
    const entry = entries.find((one) => one.key === key && ownerOf(one.value)?.id === self.id);
    if (entry !== undefined) own.push({ key, revision: entry.revision });
  }
  return own;
}
