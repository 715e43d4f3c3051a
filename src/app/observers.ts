// Those who look on: query log and dnstap, made and ended as the options have them.
import type { Operation } from '../api/operation.ts';
import { topOperation } from '../api/top.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Health } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Respond } from '../query/responder.ts';
import { tapped } from '../query/tapped.ts';
import { Dnstap } from '../tap/dnstap.ts';
import { QueryLog, type QueryLogFilter } from '../tap/query-log.ts';
import { Tap } from '../tap/tap.ts';
import { Top } from '../tap/top.ts';
import { isName, nameFromText } from '../wire/name.ts';
import type { Options } from './config.ts';
import { VERSION } from './version.ts';

export interface ObserversParts {
  readonly counters: Counters;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class Observers {
  /** Where all threads note what is wanted. */
  readonly tap = new Tap();
  readonly #parts: ObserversParts;
  readonly #top = new Top(this.tap);
  #log: QueryLog | undefined;
  #dnstap: Dnstap | undefined;
  #dnstapAt: string | undefined;

  constructor(parts: ObserversParts) {
    this.#parts = parts;
  }

  /** Answers as `respond` does, and notes what is wanted. */
  tapped(respond: Respond): Respond {
    return tapped(respond, this.tap.writer);
  }

  /** What `fingerpost top` asks for. */
  top(metrics: Metrics, health: () => Health): Operation {
    const look = (most: number) => this.#top.look(most);
    return topOperation({ version: VERSION, health, snapshot: () => metrics.snapshot(), look });
  }

  /** Begins. Throws a FingerpostError of code `file` where the query log cannot be opened. */
  start(options: Options): void {
    if (options.queryLog !== undefined) this.#log = this.#openLog(options.queryLog, options);
    this.#followDnstap(options);
  }

  /** Takes options anew; a query log that cannot be opened is said, and there is none then. */
  configure(options: Options): void {
    this.#followDnstap(options);
    const { queryLog } = options;
    if (this.#log !== undefined && this.#log.path === queryLog) {
      this.#log.configure(filterOf(options));
      return;
    }
    void this.#log?.close();
    this.#log = undefined;
    if (queryLog === undefined) return;
    try {
      this.#log = this.#openLog(queryLog, options);
    } catch (cause) {
      this.#parts.logger.error({ cause }, 'there is no query log');
    }
  }

  #openLog(path: string, options: Options): QueryLog {
    const { tap } = this;
    const { logger: log, counters } = this.#parts;
    const { queryLogLines: lines, queryLogLost: lost } = counters;
    try {
      return new QueryLog(filterOf(options), { path, tap, log, lines, lost });
    } catch (cause) {
      throw new FingerpostError('file', `cannot write the query log ${path}`, { cause });
    }
  }

  #followDnstap({ dnstap, serverId }: Options): void {
    if (dnstap === this.#dnstapAt) return;
    void this.#dnstap?.close();
    this.#dnstap = undefined;
    this.#dnstapAt = dnstap;
    if (dnstap === undefined) return;
    const { logger: log, clock, counters } = this.#parts;
    this.#dnstap = new Dnstap({
      path: dnstap.slice('unix:'.length),
      tap: this.tap,
      log,
      clock,
      identity: serverId,
      version: `fingerpost ${VERSION}`,
      messages: counters.dnstapMessages,
      lost: counters.dnstapLost,
    });
  }

  /** Opens the query log again, by its name: it may have been moved away. */
  reopen(): void {
    this.#log?.reopen();
  }

  /** Writes and sends what there is, within a second or so, and ends. Never rejects. */
  async close(): Promise<void> {
    this.#top.close();
    const [log, dnstap] = [this.#log, this.#dnstap];
    this.#log = undefined;
    this.#dnstap = undefined;
    this.#dnstapAt = undefined;
    await Promise.all([log?.close(), dnstap?.close()]);
  }
}

function filterOf(options: Options): QueryLogFilter {
  const zones = (options.queryLogZone ?? []).map(nameFromText).filter(isName);
  return {
    share: options.queryLogSample / 100,
    zones,
    rcodes: options.queryLogRcode ?? [],
    clients: options.queryLogClient ?? [],
  };
}
