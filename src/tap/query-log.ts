// The query log: lines of JSON about the replies that are wanted in it, into a file; lost rather than waited for.
import type { Counter } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { isBelow, type Name } from '../wire/name.ts';
import { inAnyNetwork, type Network } from '../wire/network.ts';
import { LineFile } from './line-file.ts';
import { lowerName, MOST_LINE, QueryLine } from './query-line.ts';
import type { TapRecord } from './record.ts';
import { ALL_RCODES, Lost, Switch, Want, WHOLE } from './switches.ts';
import type { Observer, Tap } from './tap.ts';

/** Lines that are written together, in bytes. */
const CHUNK = 64 * 1024;

/** Which replies are logged; of each kind, all where none are named. */
export interface QueryLogFilter {
  /** The part of them that is logged, picked at random: 0..1. */
  readonly share: number;
  readonly zones: readonly Name[];
  /** Each below 31. */
  readonly rcodes: readonly number[];
  readonly clients: readonly Network[];
}

export interface QueryLogParts {
  /** `-` for standard output. */
  readonly path: string;
  readonly tap: Tap;
  readonly log: Logger;
  readonly lines: Counter;
  /** Lines that were wanted and are in no file. */
  readonly lost: Counter;
}

export class QueryLog implements Observer {
  readonly want = Want.LOG;
  readonly path: string;
  readonly #tap: Tap;
  readonly #file: LineFile;
  readonly #line = new QueryLine();
  #filter: QueryLogFilter;
  readonly #out = new Uint8Array(CHUNK);
  readonly #name = new Uint8Array(256);
  #length = 0;
  #lines = 0;
  readonly #lost: Counter;
  /** Of the ring's losses, those that are counted. */
  #known: number;

  /** Throws the system's error where the file cannot be opened. */
  constructor(filter: QueryLogFilter, { path, tap, log, lines, lost }: QueryLogParts) {
    this.path = path;
    this.#tap = tap;
    this.#filter = filter;
    this.#lost = lost;
    this.#known = tap.lost(Lost.LOG);
    this.#file = new LineFile(path, log, (written, unwritten) => {
      lines.inc(written);
      lost.inc(unwritten);
    });
    this.configure(filter);
    tap.attach(this);
  }

  configure(filter: QueryLogFilter): void {
    this.#filter = filter;
    const rcodes = filter.rcodes.reduce((bits, rcode) => bits | (1 << rcode), 0) >>> 0;
    this.#tap.set(Switch.LOG_RCODES, filter.rcodes.length === 0 ? ALL_RCODES : rcodes);
    this.#tap.set(Switch.LOG_SHARE, Math.round(filter.share * WHOLE));
  }

  take(record: TapRecord): void {
    if (!this.#wants(record)) return;
    if (!this.#file.hasRoom) {
      this.#lost.inc();
      return;
    }
    this.#length = this.#line.write(record, this.#out, this.#length);
    this.#lines++;
    if (this.#length + MOST_LINE > CHUNK) this.flush();
  }

  /** Rcode and share have been seen to where the record was written. */
  #wants(record: TapRecord): boolean {
    const { zones, clients } = this.#filter;
    if (clients.length > 0 && !inAnyNetwork(clients, record.client)) return false;
    if (zones.length === 0) return true;
    if (!record.hasQuestion) return false;
    const end = lowerName(record, this.#name);
    return zones.some((zone) => isBelow(this.#name, 0, end, zone));
  }

  flush(): void {
    const lost = this.#tap.lost(Lost.LOG);
    if (lost > this.#known) this.#lost.inc(lost - this.#known);
    this.#known = lost;
    if (this.#length === 0) return;
    this.#file.add(this.#out.slice(0, this.#length), this.#lines);
    this.#length = 0;
    this.#lines = 0;
  }

  /** Opens the file again: it may have been moved away. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Writes what there is, and ends. Never rejects. */
  async close(): Promise<void> {
    this.#tap.detach(this);
    await this.#file.close();
  }
}
