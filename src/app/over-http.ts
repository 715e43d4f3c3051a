// What a server tells and takes over HTTP beside health and metrics: the API, the live page and explanations, joined.
import { Live } from '../api/live.ts';
import { pageRoutes } from '../api/page.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Health } from '../observe/health.ts';
import type { Routes } from '../observe/http.ts';
import type { Registry, RegistrySink } from '../registry/registry.ts';
import type { Ages } from '../zone/ages.ts';
import type { Node } from '../zone/node.ts';
import type { Answering } from './answering.ts';
import { type ApiOptions, ServerApi } from './api.ts';
import type { AppliedWord } from './applied.ts';
import type { Options } from './config.ts';
import { explaining } from './explaining.ts';
import type { Standing } from './feed.ts';
import { liveStatus, PAGE_FOLDER } from './live-status.ts';

export interface OverHttpParts {
  readonly answering: Answering;
  readonly registry: () => Registry | undefined;
  readonly applied: AppliedWord;
  readonly ages: Ages;
  readonly standing: () => Standing;
  readonly health: () => Health;
  /** The default TTL, in seconds. */
  readonly ttl: () => number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** That of the cache of other servers' answers. */
  readonly steady: Clock;
}

export class OverHttp {
  /** What is served beside health and metrics. */
  readonly routes: readonly Routes[];
  readonly #live: Live;
  readonly #api: ServerApi;

  /** Reads the API's token. Throws a FingerpostError of code `config`. */
  constructor(options: Options, parts: OverHttpParts) {
    const { answering, registry, applied, ages, standing, health, ttl, logger, clock, steady } = parts;
    const { contents, metrics, zones, observers } = answering;
    this.#live = new Live({
      contents,
      isListed: () => standing().listed,
      status: () => liveStatus(health(), contents, metrics.snapshot()),
      clock,
    });
    const explained = explaining({
      contents,
      answerer: answering.answerer,
      forwarding: answering.forwarding,
      table: answering.table.memory,
      guard: answering.guardMemory,
      ages,
      standing,
      ttl,
      clock: steady,
    });
    const more = [...this.#live.operations, explained, observers.top(metrics, health)];
    this.#api = new ServerApi(options, { registry, applied, zones, more, logger, clock });
    this.routes = [this.#api.routes, pageRoutes(PAGE_FOLDER)];
  }

  /** Something at a node has changed. */
  touch(node: Node): void {
    this.#live.touch(node);
  }

  /** A sink that hands on to `sink`, and then to those that follow events. */
  behind(sink: RegistrySink): RegistrySink {
    return this.#api.behind(sink);
  }

  /** Reads the API's token again. Throws a FingerpostError of code `config`, and changes nothing then. */
  configure(options: ApiOptions): void {
    this.#api.configure(options);
  }
}
