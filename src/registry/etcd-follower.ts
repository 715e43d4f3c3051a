// Follows etcd for ever: lists, watches, resumes where it left off, and lists anew when history was lost.
import type { Etcd3 } from 'etcd3';
import type { Cancel, Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Batch } from '../service/entry.ts';
import { Backoff } from './backoff.ts';
import { EtcdBatches } from './etcd-batches.ts';
import type { EtcdEndpoints } from './etcd-endpoints.ts';
import { collectLeases, entryOf } from './etcd-entry.ts';
import { isUnreachable, missingRevision } from './etcd-errors.ts';
import { Hearsay } from './etcd-hearsay.ts';
import { History, type LogPoint, type Testimony } from './etcd-history.ts';
import { EtcdLeases } from './etcd-leases.ts';
import { pages } from './etcd-pages.ts';
import { EtcdPulse } from './etcd-pulse.ts';
import { Compacted, EtcdWatch } from './etcd-watch.ts';
import { below } from './keys.ts';
import type { Known, RegistrySink } from './registry.ts';
import { Status } from './status.ts';

export interface FollowerDeps {
  readonly etcd: EtcdEndpoints;
  readonly prefix: string;
  readonly url: string;
  readonly sink: RegistrySink;
  /** What the sink knows already. */
  readonly from?: Known | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

const BACKOFF = { first: 50, most: 5_000 };
/** A watch that lasted this long (milliseconds) was a good one: the next failure is a first failure. */
const GOOD_MS = 5_000;
/** How long etcd may usually take to answer whether it is there, in milliseconds. */
const PROBE_MS = 4_500;
/** How long the end of what is under way is waited for, in milliseconds. */
const MOST_CLOSING_MS = 500;
/** Why a watch ends that is followed by a list because somebody wants one. */
const RELIST = new Error('a list was asked for');

export class EtcdFollower {
  readonly #deps: FollowerDeps;
  readonly #status: Status;
  readonly #leases: EtcdLeases;
  readonly #backoff = new Backoff(BACKOFF);
  readonly #history: History;
  /** The revision that etcd had reached when we connected: what is behind it is not synced. */
  #goal = 0;
  #client: Etcd3 | undefined;
  #watch: EtcdWatch | undefined;
  #wake: () => void = () => {};
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
    this.#status = new Status(deps, deps.from?.since);
    this.#history = new History(deps.from);
    this.#leases = new EtcdLeases(deps.etcd, deps.logger);
    deps.etcd.expect(this.#history.cluster);
  }

  get leases(): EtcdLeases {
    return this.#leases;
  }

  /** When etcd was last heard of, milliseconds since 1970. */
  get lastWord(): number | undefined {
    return this.#status.lastWord;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Lists anew, over the connection that there is. */
  relist(): void {
    this.#history.forget();
    this.#watch?.stop(RELIST);
  }

  /** Resolves when the sink will not be called any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.stop(new Error('closed'));
    this.#status.close();
    this.#wake();
    // A call that a silent etcd has not answered ends with its deadline, and then calls nobody any more.
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, MOST_CLOSING_MS);
    await Promise.race([this.#running, late.promise]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const began = this.#deps.clock.now();
      const cause = await this.#session().catch((thrown: unknown) => thrown);
      if (this.#closed) return;
      if (cause === RELIST) continue;
      this.#afterwards(cause);
      this.#status.stale(this.#deps.etcd.explain(cause));
      if (this.#deps.clock.now() - began >= GOOD_MS) this.#backoff.reset();
      await this.#pause(this.#backoff.next());
    }
  }

  /** From connecting to the end of the watch; the reason of that end, or throws it. */
  async #session(): Promise<unknown> {
    await this.#deps.etcd.client();
    await this.#probe();
    if (this.#history.revision === undefined && !this.#closed) await this.#list();
    return this.#closed ? undefined : this.#follow();
  }

  /** After a loss of history the connection is as good as before; after anything else the next host is tried. */
  #afterwards(cause: unknown): void {
    if (cause instanceof Compacted) this.#history.forget();
    else if (this.#client !== undefined) this.#deps.etcd.fail(this.#client);
    this.#client = undefined;
  }

  /**
   * A cheap read through the leader, as of the revision that we know: is there a quorum, is our token good,
   * is this still the etcd that we know, and does it still have what we missed?
   */
  async #probe(): Promise<void> {
    try {
      const said = await this.#read(this.#history.revision ?? 0);
      if (!this.#history.continues(said)) this.#relist('etcd was restored or replaced: listing it anew');
      this.#note(said);
    } catch (thrown) {
      const missing = missingRevision(thrown);
      if (missing === undefined) throw thrown;
      if (missing === 'future') this.#relist('etcd has gone back in time: listing it anew');
      else this.#relist('etcd has compacted what was missed: listing it anew');
      this.#note(await this.#read(0));
    }
  }

  #note({ header, log }: Testimony): void {
    this.#history.note(header, log);
    this.#goal = Number(header.revision);
  }

  async #read(revision: number): Promise<Testimony> {
    const { witness } = this.#history;
    const key = witness === undefined ? this.#key : Buffer.from(witness.key);
    const { header, kvs } = await this.#deps.etcd.call(({ kv }, options) =>
      kv.range({ key, revision, keys_only: true }, options),
    );
    const written = witness && kvs[0] && Number(kvs[0].mod_revision);
    return { header, log: await this.#log(), written };
  }

  /** How long the cluster's log is. */
  async #log(): Promise<LogPoint | undefined> {
    try {
      const { raftAppliedIndex, header } = await this.#deps.etcd.call(({ maintenance }, options) =>
        maintenance.status(options),
      );
      return { index: Number(raftAppliedIndex), revision: Number(header.revision) };
    } catch (thrown) {
      if (isUnreachable(thrown)) throw thrown;
      return undefined; // we are not let to ask
    }
  }

  /** What to ask for where only the answer's header counts. */
  get #key(): Buffer {
    return Buffer.from(below(this.#deps.prefix).start);
  }

  #relist(why: string): void {
    this.#deps.logger.warn({ registry: this.#deps.url, known: this.#history.revision }, why);
    this.#history.forget();
  }

  async #list(): Promise<void> {
    const { etcd, prefix, sink } = this.#deps;
    let revision: number | undefined;
    for await (const page of pages(etcd, below(prefix))) {
      await this.#leases.learn(collectLeases(page.kvs));
      if (this.#closed) return;
      this.#status.heard();
      if (revision === undefined) sink.listing(page.revision, page.total);
      revision = page.revision;
      const entries = page.kvs.map((kv) => entryOf(kv, this.#leases.get));
      for (const { key, revision: written } of entries) this.#history.wrote(key, written);
      sink.page(entries);
      this.#leases.trim();
    }
    if (this.#closed || revision === undefined) return;
    sink.listed(revision);
    this.#history.reach(revision);
    this.#tellPosition();
  }

  async #follow(): Promise<unknown> {
    const { etcd, prefix, clock } = this.#deps;
    const client = await etcd.client();
    this.#client = client;
    const stream = await client.watchClient.watch();
    const batches = new EtcdBatches({
      leases: this.#leases,
      deliver: (batch) => this.#deliver(batch),
      failed: (cause) => watch.stop(cause),
      crowded: (yes) => {
        pulse.hold(yes);
        if (yes) watch.pause();
        else watch.resume();
      },
    });
    const hearsay = new Hearsay();
    let created = false;
    const caughtUp = () => {
      if (!created || !batches.idle) return;
      this.#status.synced(this.#history.revision ?? 0);
      this.#tellPosition();
    };
    const watch = new EtcdWatch(stream, below(prefix), (this.#history.revision ?? 0) + 1, {
      heard: (header) => {
        this.#history.note(header);
        pulse.heard();
        this.#status.heard();
      },
      created: () => {
        cancel();
        created = true;
        if ((this.#history.revision ?? 0) >= this.#goal) caughtUp();
        else watch.ask();
      },
      revision: (raw) => {
        hearsay.forget();
        batches.push(raw);
      },
      progress: (reached, isHearsay) => {
        if (isHearsay) {
          pulse.answered();
          if (batches.idle) this.#tellReached(hearsay.heard(reached, clock.now()));
        } else if (batches.idle) this.#history.reach(reached);
        caughtUp();
      },
    });
    const cancel: Cancel = clock.after(etcd.patience(), () => watch.stop(new Error('etcd is silent')));
    const pulse = new EtcdPulse({
      clock,
      ask: () => watch.ask(),
      probe: () => client.kv.range({ key: this.#key }, { deadline: Date.now() + etcd.patience(PROBE_MS) }),
      quiet: caughtUp, // an etcd that does not answer has at least nothing to tell
      dead: (cause) => watch.stop(cause),
    });
    this.#watch = watch;
    if (this.#closed) watch.stop(undefined);
    const reason = await watch.ended;
    cancel();
    pulse.stop();
    batches.stop();
    return reason;
  }

  #tellPosition(): void {
    const { position } = this.#history;
    if (position !== undefined && !this.#closed) this.#deps.sink.position(position);
  }

  #tellReached(revision: number | undefined): void {
    if (revision !== undefined && !this.#closed) this.#deps.sink.reached?.(revision);
  }

  #deliver(batch: Batch): void {
    if (this.#closed || batch.revision <= (this.#history.revision ?? 0)) return;
    this.#history.reach(batch.revision);
    for (const change of batch.changes) {
      if (change.kind === 'put') this.#history.wrote(change.entry.key, batch.revision);
      else this.#history.deleted(change.key);
    }
    this.#deps.sink.batch(batch);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(ms, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }
}
