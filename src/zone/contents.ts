// What the zones hold: the registry's lists and batches applied to the tree, one bad record never harming its siblings.
import type { Batch, Change, Entry } from '../service/entry.ts';
import { labelsOf } from '../service/key.ts';
import { isProblem } from '../service/problem.ts';
import { readEntry, type Usable } from '../service/read.ts';
import type { ReversedLabels } from '../wire/name.ts';
import { gone, nodes } from './all-nodes.ts';
import { type Bad, BadRecords } from './bad-records.ts';
import { Held, type Lost } from './held.ts';
import { labelsOfNode, type Node } from './node.ts';
import { inSafeOrder } from './safe-order.ts';
import { MAX_VISITED } from './scope.ts';
import { SharedTraits } from './sharing.ts';
import { Stored } from './stored.ts';
import { Tree, type TreeHooks } from './tree.ts';

import type { Zones } from './zones.ts';

export interface ContentsHooks extends TreeHooks {
  /** A record cannot be used, or no longer; called once for each revision of its key. */
  readonly bad: (bad: Bad) => void;
  /**
   * The key of a leased service is gone, and its lease may have run out. Where this returns a TTL the service is held,
   * with that TTL at most, until `release` or until the registry says something of its key.
   */
  readonly lost?: (lost: Lost) => number | undefined;
  /** The registry says something of a key. */
  readonly told?: (key: string) => void;
}

/** So many leases of a name are worth asking for again. */
const MOST_LEASES = 200;

type Deletion = Extract<Change, { kind: 'delete' }>;

/** The tree, kept equal to the registry. */
export class Contents {
  readonly tree: Tree;
  readonly zones: Zones;
  /** Revision that everything up to has been applied. */
  revision = 0;
  services = 0;
  readonly #prefix: string;
  readonly #hooks: ContentsHooks;
  readonly #traits = new SharedTraits();
  readonly #bad = new BadRecords();
  /** Keys outside all zones, with the last list that named them: of no use here, but no mistake either. */
  readonly #outside = new Map<string, number>();
  /** Number of the list that is coming in, or came in last. */
  #list = 0;
  /** What the list that is coming in changes, kept back until it is whole; undefined before the first list was. */
  #pending: Entry[] | undefined;
  #listed = false;

  constructor(zones: Zones, prefix: string, hooks: ContentsHooks) {
    this.zones = zones;
    this.#prefix = prefix;
    this.#hooks = hooks;
    this.tree = new Tree(hooks);
    // An apex exists without any key, and so do the names above it (RFC 8020).
    for (const zone of zones.all) this.tree.keep(zone.labels);
  }

  /** Records that cannot be used. */
  get bad(): ReadonlyMap<string, Bad> {
    return this.#bad.all;
  }

  /** How many of the bad ones are served with their last good value. */
  get quarantined(): number {
    return this.#bad.quarantined;
  }

  get outside(): number {
    return this.#outside.size;
  }

  /** A whole list follows. */
  listing(): void {
    this.#list++;
    this.#pending = this.#listed ? [] : undefined;
  }

  /** A part of the list. What differs waits for the whole; the first list of all has no earlier state to keep. */
  page(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.#pending === undefined) this.#put(entry);
      else if (!this.#known(entry)) this.#pending.push(entry);
    }
  }

  /** The list is whole: its differences take effect together, and what it did not name goes. */
  listed(revision: number): void {
    // The registry was restored from a backup, or replaced: serials go on from where they were (RFC 1982).
    if (this.#listed && revision < this.revision) this.zones.lead += this.revision + 1 - revision;
    for (const entry of this.#pending ?? []) this.#put(entry, revision);
    this.#pending = undefined;
    if (this.#list > 1) this.#sweep(revision);
    // Deletions before the list left no trace in it, so the list's own revision is the only one that cannot be too low.
    for (const zone of this.zones.all) if (!this.#listed) this.zones.setSerial(zone, revision);
    this.#listed = true;
    this.revision = revision;
  }

  /**
   * What is served, as entries that would be read back as the same: `value` is written anew, and `revision` that of the
   * value, which in quarantine (`bad` with `kept`) is the last good one.
   */
  *served(): Generator<Entry> {
    for (const node of nodes(this.tree.root))
      for (const stored of node.services()) yield this.#entryOf(stored);
  }

  /** Puts a served record back into quarantine, as `bad` told it before a restart. */
  quarantine(bad: Bad): void {
    if (this.#holding(bad.key)?.revision === bad.kept) this.#bad.set(bad, this.#list);
  }

  /** The key of a service, as the registry spells it. */
  keyOf({ key, node }: Stored): string {
    return key ?? this.#plainKey(labelsOfNode(node));
  }

  /** The key that a service at this name has. */
  keyAt(labels: ReversedLabels): string {
    return Buffer.from(this.#plainKey(labels), 'latin1').toString('utf8');
  }

  #entryOf({ key, node, host, traits, revision, lease }: Stored): Entry {
    const value = JSON.stringify({ host, ...traits, kind: undefined });
    return { key: key ?? this.#plainKey(labelsOfNode(node)), value, revision, lease, writtenAt: undefined };
  }

  /** The changes of one revision, all at once. */
  apply(batch: Batch): void {
    const isExpiry = this.#hooks.lost !== undefined && this.#mayBeExpiry(batch.changes);
    for (const change of inSafeOrder(batch.changes)) {
      if (change.kind === 'put') this.#put(change.entry);
      else this.#remove(change, isExpiry);
    }
    this.revision = batch.revision;
  }

  /** Whether the changes of one revision may be the end of one lease: that deletes all its keys, and does nothing else. */
  #mayBeExpiry(changes: readonly Change[]): boolean {
    let lease: string | undefined;
    for (const change of changes) {
      if (change.kind === 'put') return false;
      const stored = this.#holding(change.key);
      if (stored === undefined) continue;
      if (stored.lease === undefined || (lease ?? stored.lease.id) !== stored.lease.id) return false;
      lease = stored.lease.id;
    }
    return lease !== undefined;
  }

  /** How many services have leases. */
  get leased(): number {
    return this.tree.root.leased;
  }

  /** How many leased services there are at or below each name on the way to `labels`, from the root on. */
  leasedAlong(labels: ReversedLabels): number[] {
    let node: Node | undefined = this.tree.root;
    const counts = [node.leased];
    for (const label of labels) {
      node = node?.child(label);
      counts.push(node?.leased ?? 0);
    }
    return counts;
  }

  /** Leases of services at or below a name, some of very many. */
  leasesBelow(labels: ReversedLabels): Set<string> {
    const leases = new Set<string>();
    const top = this.tree.exact(labels);
    const waiting = top === undefined ? [] : [top];
    let visited = 0;
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const { lease, held } of node.services()) if (lease !== undefined && !held) leases.add(lease.id);
      if (leases.size >= MOST_LEASES) break;
      for (const child of node.children()) {
        if (++visited > MAX_VISITED) return leases;
        if (child.leased > 0) waiting.push(child);
      }
    }
    return leases;
  }

  /** Holds a service that was lost; false where its key has a value again. */
  hold(lost: Lost, mostTtl: number): boolean {
    if (this.#find(lost.key, lost.labels) !== undefined) return false;
    this.#hold(lost, mostTtl);
    return true;
  }

  /** Lets go of a service that is held. */
  release({ key, labels }: Lost): void {
    const stored = this.#find(key, labels);
    if (stored?.held === true) this.#detach(stored, labels);
  }

  #hold(lost: Lost, mostTtl: number): void {
    const node = this.tree.ensure(lost.labels);
    this.tree.attach(new Held(node, lost, mostTtl), lost.labels.length);
    this.tree.touch(node);
    this.services++;
  }

  /** Its key is gone. */
  #lose(lost: Lost, isExpiry: boolean): void {
    const mostTtl = isExpiry && !lost.stored.held ? this.#hooks.lost?.(lost) : undefined;
    if (mostTtl !== undefined) this.#hold(lost, mostTtl);
    this.#detach(lost.stored, lost.labels);
  }

  /** Whether an entry of a new list is what is held already; notes that the list named it. */
  #known(entry: Entry): boolean {
    const bad = this.#bad.all.get(entry.key);
    const usable = readEntry(this.#prefix, entry);
    const stored = isProblem(usable) ? this.#holding(entry.key) : this.#find(entry.key, usable.labels);
    if (stored !== undefined) stored.seen = this.#list;
    if (isProblem(usable)) {
      this.#bad.see(entry.key, this.#list);
      return bad?.revision === entry.revision;
    }
    if (bad !== undefined || stored === undefined) return false;
    return isSame(stored, entry, usable) && stored.revision === entry.revision;
  }

  /** `revision`: of the change, or of the whole list that brought it. */
  #put(entry: Entry, revision = entry.revision): void {
    this.#hooks.told?.(entry.key);
    const usable = readEntry(this.#prefix, entry);
    if (isProblem(usable)) {
      this.#quarantine(entry, usable.problem);
      return;
    }
    this.#bad.delete(entry.key);
    if (!this.zones.changed(usable.labels, revision)) {
      this.#outside.set(entry.key, this.#list);
      return;
    }
    const stored = this.#find(entry.key, usable.labels);
    if (stored !== undefined && isSame(stored, entry, usable)) {
      stored.revision = entry.revision;
      stored.lease = entry.lease;
      stored.seen = this.#list;
      return;
    }
    this.#attach(entry, usable);
    // The old one goes last: whoever looks on from another thread must not see the name gone for a moment.
    if (stored !== undefined) this.#detach(stored, usable.labels);
  }

  /** The value cannot be used: the last good one, where there is one, stays until the key is mended or removed. */
  #quarantine(entry: Entry, problem: string): void {
    const { key, revision } = entry;
    this.#outside.delete(key);
    const isTold = this.#bad.all.get(key)?.revision === revision;
    const kept = this.#holding(key);
    const bad = { key, revision, problem, kept: kept?.revision };
    this.#bad.set(bad, this.#list);
    if (kept !== undefined) this.#keep(kept, entry);
    if (!isTold) this.#hooks.bad(bad);
  }

  /** The good value lives on under the lease of the bad one, which ends both. */
  #keep(stored: Stored, { key, lease }: Entry): void {
    stored.seen = this.#list;
    if (stored.lease?.ttl === lease?.ttl && !stored.held) {
      stored.lease = lease;
      return;
    }
    const labels = labelsOfNode(stored.node);
    const service = { ...stored.traits, host: stored.host };
    this.#attach({ key, lease, revision: stored.revision }, { labels, service });
    this.#detach(stored, labels);
  }

  #attach(entry: Pick<Entry, 'key' | 'lease' | 'revision'>, usable: Usable): void {
    const { labels, service } = usable;
    // Answers about names that did not exist hang further up; the walk from the new node meets them.
    const node = this.tree.ensure(labels);
    const plain = entry.key === this.#plainKey(labels) ? undefined : entry.key;
    const traits = this.#traits.of(service);
    const stored = new Stored(node, plain, service.host, traits, entry.revision, entry.lease, this.#list);
    this.tree.attach(stored, labels.length);
    this.tree.touch(node);
    this.services++;
  }

  #detach(stored: Stored, labels: ReversedLabels): void {
    this.tree.touch(stored.node);
    this.tree.detach(stored, labels.length);
    this.services--;
  }

  #remove({ key, revision, expired }: Deletion, isExpiry: boolean): void {
    this.#hooks.told?.(key);
    this.#bad.delete(key);
    if (this.#outside.delete(key)) return;
    const labels = labelsOf(this.#prefix, key);
    if (isProblem(labels)) return;
    const stored = this.#find(key, labels);
    if (stored === undefined) return;
    this.zones.changed(labels, revision);
    this.#lose({ key, labels, stored, certain: expired === true }, isExpiry);
  }

  #holding(key: string): Stored | undefined {
    const labels = labelsOf(this.#prefix, key);
    return isProblem(labels) ? undefined : this.#find(key, labels);
  }

  #find(key: string, labels: ReversedLabels): Stored | undefined {
    const node = this.tree.exact(labels);
    if (node === undefined || node.stored === undefined) return undefined;
    if (node.stored instanceof Stored && node.stored.key === undefined && key === this.#plainKey(labels))
      return node.stored;
    const plain = this.#plainKey(labels);
    return node.services().find((stored) => (stored.key ?? plain) === key);
  }

  #plainKey(labels: ReversedLabels): string {
    return `${this.#prefix}/${labels.join('/')}`;
  }

  /** Takes out what the last whole list did not name. */
  #sweep(revision: number): void {
    this.#bad.sweep(this.#list);
    for (const [key, seen] of this.#outside) if (seen !== this.#list) this.#outside.delete(key);
    for (const stored of gone(this.tree.root, this.#list)) {
      const labels = labelsOfNode(stored.node);
      const key = stored.key ?? this.#plainKey(labels);
      this.zones.changed(labels, revision);
      this.#lose({ key, labels, stored, certain: false }, stored.lease !== undefined);
    }
  }
}

function isSame(stored: Stored, entry: Entry, usable: Usable): boolean {
  return stored.isSame(usable.service, entry.lease);
}
