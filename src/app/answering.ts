// All that an answer is made from: contents, answer table, forwarding, guards and those who look on, joined.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Guard, guardMemory } from '../guard/guard.ts';
import { type GuardSettings, writeSettings } from '../guard/settings.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { Answerer, type Keep } from '../query/answerer.ts';
import type { Respond } from '../query/responder.ts';
import { parseRegistryUrl } from '../registry/url.ts';
import { MAX_READERS } from '../table/layout.ts';
import { AnswerTable, MAIN_READER } from '../table/table.ts';
import { nameToText } from '../wire/name.ts';
import { Contents, type ContentsHooks } from '../zone/contents.ts';
import { nameOfNode } from '../zone/node.ts';
import { Zones } from '../zone/zones.ts';
import { answererOptions } from './answerer-options.ts';
import type { Options } from './config.ts';
import { logBad } from './feed.ts';
import { Forwarding } from './forwarding.ts';
import { guardSettings, ownSecret } from './guarding.ts';
import { giveBackMemory } from './memory.ts';
import { Observers } from './observers.ts';
import { VERSION } from './version.ts';

export interface AnsweringParts {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What waiting for other servers goes by. */
  readonly steady: Clock;
  /** What others want to know of the contents, as it happens. */
  readonly hooks: Required<Pick<ContentsHooks, 'touched' | 'lost' | 'told'>>;
}

export class Answering {
  readonly zones: Zones;
  readonly metrics: Metrics;
  readonly contents: Contents;
  readonly table: AnswerTable;
  readonly answerer: Answerer;
  readonly respond: Respond;
  readonly forwarding: Forwarding;
  readonly observers: Observers;
  readonly guardMemory = guardMemory(MAX_READERS);
  readonly guard = new Guard(this.guardMemory, MAIN_READER);
  readonly #cookieSecret = ownSecret();

  /** Throws a FingerpostError of code `config` for a mistake in a file that options name. */
  constructor(options: Options, { logger, clock, steady, hooks }: AnsweringParts) {
    const zones = new Zones(options.zone);
    this.zones = zones;
    this.metrics = createMetrics({ zones: zones.all.map(({ name }) => nameToText(name)), version: VERSION });
    this.#setGuard(guardSettings(options, this.#cookieSecret));
    const { counters } = this.metrics;
    const table = new AnswerTable(options.tableSize, zones, () => this.contents.tree, counters, this.guard);
    this.table = table;
    this.contents = new Contents(zones, parseRegistryUrl(options.registry).prefix, {
      drop: (dependent) => {
        if (!Forwarding.dropped(dependent)) table.drop(dependent);
      },
      added: (node) => table.names.add(nameOfNode(node)),
      removed: (node) => table.names.remove(nameOfNode(node)),
      bad: (bad) => logBad(logger, bad),
      ...hooks,
    });
    const keep: Keep = (...kept) => table.keep(...kept);
    this.answerer = new Answerer(this.contents, answererOptions(options), keep, counters);
    this.observers = new Observers({ counters, logger, clock });
    this.respond = this.observers.tapped(table.responder(this.answerer, counters, logger));
    this.forwarding = new Forwarding(options, {
      contents: this.contents,
      table,
      answerer: this.answerer,
      counters,
      logger,
      clock: steady,
      tap: this.observers.tap.writer,
    });
    this.metrics.show({
      guard: this.guardMemory.counts,
      table,
      upstream: () => this.forwarding.status().groups,
    });
  }

  /** The first whole list has been applied: from now on questions are answered. */
  ready(): void {
    this.answerer.ready();
    this.table.names.publish();
    giveBackMemory(this.contents.services);
  }

  /**
   * Reads what the options name for guards, and gives back what takes it all over. Throws a FingerpostError of code
   * `config` for a mistake in a file, and changes nothing then.
   */
  prepare(options: Options): () => void {
    const guarding = guardSettings(options, this.#cookieSecret);
    return () => {
      this.#setGuard(guarding);
      this.answerer.configure(answererOptions(options));
      this.forwarding.configure(options);
      this.observers.configure(options);
      this.table.clear();
    };
  }

  #setGuard(settings: GuardSettings): void {
    writeSettings(this.guardMemory.settings, settings);
    this.guard.tick(Date.now());
  }
}
