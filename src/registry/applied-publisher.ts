// One server's own word on how far it has applied changes: under its key, leased, at most once a second.
import type { Cancel, Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type LiveServer, statusKey } from './applied.ts';
import type { AppliedBoard } from './applied-board.ts';
import type { Registry } from './registry.ts';

export interface PublisherDeps {
  /** Of the keys of servers. */
  readonly statuses: Registry;
  readonly board: AppliedBoard;
  readonly server: string;
  /** Tells this process from others with the same id. */
  readonly instance: string;
  readonly addresses: () => readonly string[];
  /** Its word is out. */
  readonly published: () => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Who has said nothing for so many seconds counts as gone. */
export const LIVE_S = 20;
const RENEW_MS = 5_000;
const LEAST_MS = 1_000;
/** After a failure; where it was refused, that will hardly change soon. */
const RETRY_MS = { unavailable: 3_000, refused: 60_000 };
/** How long taking the key back may hold up the end. */
const FAREWELL_MS = 500;

export class AppliedPublisher {
  readonly #deps: PublisherDeps;
  readonly #key: string;
  /** Up to here everything was applied; 0: nothing was listed yet. */
  #applied = 0;
  /** Something has changed that was not published yet. */
  #isNew = false;
  #want = 0;
  #published: LiveServer | undefined;
  #lease: string | undefined;
  #isBusy = false;
  #isRefused = false;
  #rest: Cancel | undefined;
  #renewal: Cancel = () => {};
  #closed = false;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    this.#key = statusKey(deps.statuses.prefix, deps.server, deps.instance);
    this.#renewal = deps.clock.after(RENEW_MS, () => void this.#renew());
  }

  /** Changes up to `revision` are in the answers; what is less than before is a registry that was restored. */
  applied(revision: number): void {
    this.#applied = revision;
    this.#isNew = true;
    this.look();
  }

  /** Nothing has changed up to `revision`. That is published where somebody waits for it: it would never end else. */
  reached(revision: number): void {
    if (revision <= this.#applied || this.#applied === 0) return;
    this.#applied = revision;
    this.look();
  }

  /** Somebody waits for `revision` here: where other servers are behind it, they are told. */
  want(revision: number): void {
    this.#want = Math.max(this.#want, revision);
    this.look();
  }

  /** Publishes where that is due: not before it answers anywhere. Never throws, and never waits. */
  look(): void {
    if (!this.#closed && !this.#isBusy && this.#rest === undefined && this.#isDue()) void this.#publish();
  }

  /** Takes the key back, which may take half a second. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rest?.();
    this.#renewal();
    const lease = this.#lease;
    if (lease === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FAREWELL_MS);
    await Promise.race([this.#deps.statuses.revoke(lease).catch(() => {}), late.promise]);
    clearTimeout(timer);
  }

  #isDue(): boolean {
    if (this.#isNew) return this.#deps.addresses().length > 0;
    if (this.#published === undefined) return false;
    const { revision, wanted } = this.#published;
    const { board } = this.#deps;
    if (board.wanted > revision && this.#applied >= board.wanted) return true;
    if (this.#want <= wanted || this.#applied < this.#want) return false;
    return board.servers.some((one) => one.revision < this.#want);
  }

  async #publish(): Promise<void> {
    const { statuses, server, addresses } = this.#deps;
    this.#isBusy = true;
    this.#isNew = false;
    const wanted = this.#applied >= this.#want ? this.#want : 0;
    const said: LiveServer = { server, addresses: addresses(), revision: this.#applied, wanted };
    let restMs = LEAST_MS;
    const isOldLease = this.#lease !== undefined;
    try {
      this.#lease ??= (await statuses.grant(LIVE_S)).id;
      await statuses.commit([
        { kind: 'put', key: this.#key, value: JSON.stringify(said), lease: this.#lease },
      ]);
      this.#published = said;
      this.#isRefused = false;
      this.#deps.published();
    } catch (error) {
      restMs = this.#failed(error, isOldLease);
    }
    this.#isBusy = false;
    if (!this.#closed) this.#rest = this.#deps.clock.after(restMs, () => this.#rested());
  }

  #rested(): void {
    this.#rest = undefined;
    this.look();
  }

  /** How long to leave it then, in milliseconds. */
  #failed(cause: unknown, isOldLease: boolean): number {
    this.#lease = undefined;
    this.#isNew = true;
    const isRefused = cause instanceof FingerpostError && cause.code === 'registry';
    if (!isRefused) return RETRY_MS.unavailable;
    if (isOldLease) return LEAST_MS; // a lease that has run out may be all that is wrong
    if (!this.#isRefused && !this.#closed) {
      this.#deps.logger.warn(
        { key: this.#key, cause },
        'this server cannot say what it has applied, so nobody can wait for it',
      );
    }
    this.#isRefused = true;
    return RETRY_MS.refused;
  }

  async #renew(): Promise<void> {
    const lease = this.#lease;
    const isGone =
      lease !== undefined && (await this.#deps.statuses.keepAlive(lease).catch(() => true)) === false;
    if (this.#closed) return;
    if (isGone && this.#lease === lease) {
      this.#lease = undefined;
      this.#isNew = true;
      this.look();
    }
    this.#renewal = this.#deps.clock.after(RENEW_MS, () => void this.#renew());
  }
}
