// How far each server has applied changes: this one's word beside the registry's records, and a wait for all of them.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Waited } from '../registry/applied.ts';
import { AppliedBoard } from '../registry/applied-board.ts';
import { AppliedPublisher } from '../registry/applied-publisher.ts';
import type { Registry } from '../registry/registry.ts';
import { addressText, type ListenAddress, type Options } from './config.ts';
import type { Applied } from './feed.ts';
import { openStatusesOf } from './options/open-registry.ts';

export interface AppliedDeps {
  readonly addresses: () => readonly ListenAddress[];
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Open {
  isWatched: boolean;
  readonly statuses: Registry;
  readonly board: AppliedBoard;
  readonly publisher: AppliedPublisher;
}

/** Exists as long as the server does; open while the registry is. */
export class AppliedWord implements Applied {
  readonly #deps: AppliedDeps;
  readonly #instance = randomBytes(6).toString('hex');
  #open: Open | undefined;

  constructor(deps: AppliedDeps) {
    this.#deps = deps;
  }

  /** Begins to publish. A registry behind HTTP has no place for it. Rejects with a FingerpostError. */
  async open(options: Options): Promise<void> {
    const { addresses, logger, clock } = this.#deps;
    const statuses = await openStatusesOf(options, { clock });
    if (statuses === undefined) return;
    const board = new AppliedBoard(() => this.#open?.publisher.look());
    const publisher = new AppliedPublisher({
      statuses,
      board,
      server: options.serverId,
      instance: this.#instance,
      addresses: () => addresses().map(addressText),
      published: () => this.#watch(),
      logger,
      clock,
    });
    this.#open = { isWatched: false, statuses, board, publisher };
  }

  /** Says that this server is gone, which may take a second. Never rejects. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.publisher.close();
    await open?.statuses.close();
  }

  /** There are ports now. */
  answering(): void {
    this.#open?.publisher.look();
  }

  applied(revision: number): void {
    this.#open?.publisher.applied(revision);
  }

  reached(revision: number): void {
    this.#open?.publisher.reached(revision);
  }

  /** As `Registry.waitApplied`. */
  async wait(revision: number, ms: number): Promise<Waited> {
    const open = this.#open;
    if (open === undefined)
      throw new FingerpostError('unavailable', 'this server does not know what others have applied');
    this.#watch();
    open.publisher.want(revision);
    return open.board.wait(revision, ms);
  }

  /** Not before it is of use: a server that may not write there may not read there either, and would try for ever. */
  #watch(): void {
    const open = this.#open;
    if (open === undefined || open.isWatched) return;
    open.isWatched = true;
    open.statuses.watch(open.board);
  }
}
