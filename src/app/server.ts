// The server: its parts made, joined, started and stopped. The one place that knows them all.
import { type Clock, realClock } from '../base/clock.ts';
import { type Logger, silent } from '../base/log.ts';
import { type HttpServer, startHttp } from '../observe/http.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { Answerer, type AnswererOptions, type Keep } from '../query/answerer.ts';
import type { Respond } from '../query/responder.ts';
import type { Registry } from '../registry/registry.ts';
import { parseRegistryUrl } from '../registry/url.ts';
import { AnswerTable } from '../table/table.ts';
import { type Listeners, listen } from '../transport/listen.ts';
import { chooseUdp, type Udp } from '../transport/udp.ts';
import { Contents } from '../zone/contents.ts';
import { nameOfNode } from '../zone/node.ts';
import { Zones } from '../zone/zones.ts';
import {
  completeOptions,
  type GivenOptions,
  type ListenAddress,
  type Options,
  optionRows,
} from './config.ts';
import { Feed, logBad } from './feed.ts';
import { giveBackMemory } from './memory.ts';
import { openRegistryOf } from './options/open-registry.ts';
import { VERSION } from './version.ts';

/** What may be handed in; each has a default. */
export interface ServerParts {
  /** Default: says nothing. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** How long replies in hand may take to leave when the server stops, in milliseconds. */
const STOP_GRACE_MS = 2000;

/** A DNS server over one registry. */
export class Server {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #contents: Contents;
  readonly #table: AnswerTable;
  readonly #answerer: Answerer;
  readonly #respond: Respond;
  readonly #feed: Feed;
  readonly #ready = Promise.withResolvers<void>();
  #options: Options;
  #registry: Registry | undefined;
  #udp: Udp | undefined;
  #listeners: Listeners | undefined;
  #http: HttpServer | undefined;

  constructor(options: Options, parts: ServerParts = {}) {
    this.#options = options;
    this.#logger = parts.logger ?? silent;
    this.#clock = parts.clock ?? realClock;
    this.#metrics = createMetrics();
    const { counters } = this.#metrics;
    const zones = new Zones(options.zone);
    const table = new AnswerTable(options.tableSize, zones, () => this.#contents.tree, counters);
    this.#table = table;
    this.#contents = new Contents(zones, parseRegistryUrl(options.registry).prefix, {
      drop: (dependent) => table.drop(dependent),
      added: (node) => table.names.add(nameOfNode(node)),
      removed: (node) => table.names.remove(nameOfNode(node)),
      bad: (bad) => logBad(this.#logger, bad),
    });
    const keep: Keep = (query, compiled, reads) => table.keep(query, compiled, reads);
    this.#answerer = new Answerer(this.#contents, answererOptions(options), keep, counters);
    this.#respond = table.responder(this.#answerer, counters, this.#logger);
    this.#feed = new Feed({
      contents: this.#contents,
      counters,
      logger: this.#logger,
      onFirstList: () => {
        this.#answerer.ready();
        table.names.publish();
        giveBackMemory(this.#contents.services);
        this.#ready.resolve();
      },
    });
  }

  /** Resolves once the registry has been read whole: from then on every question gets its answer. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Where it listens, over UDP and TCP alike, ports as they really are; empty before `start`. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners?.addresses ?? [];
  }

  /** Where HTTP is served; undefined where it is off or not started. */
  get httpAddress(): ListenAddress | undefined {
    return this.#http?.address;
  }

  /** The registry that is open between `start` and `stop`. */
  get registry(): Registry | undefined {
    return this.#registry;
  }

  /**
   * Opens registry and ports and begins to follow the registry; questions are SERVFAIL until `ready`.
   * Rejects with a FingerpostError (`config`, `registry`, `listen`) and leaves nothing open then.
   */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const options = this.#options;
    const logger = this.#logger;
    const clock = this.#clock;
    const { counters } = this.#metrics;
    this.#registry = await openRegistryOf(options, { logger, clock });
    const deps = { counters, clock, log: logger };
    const parts = { respond: this.#respond, table: this.#table.memory, workers: options.workers };
    this.#udp = await chooseUdp(parts, deps);
    if (this.#udp.pool !== undefined) this.#metrics.show(this.#udp.pool);
    this.#listeners = await listen(options.listen, this.#respond, deps, {
      udp: this.#udp.open,
      idleMs: options.tcpIdleTimeout * 1000,
      limits: { total: options.tcpMaxConnections, perClient: options.tcpMaxPerClient },
    });
    if (options.http !== 'off') {
      this.#http = await startHttp(options.http, { metrics: this.#metrics, health: () => this.#health() });
    }
    logger.info(
      { listen: this.addresses, http: this.httpAddress, registry: this.#registry.url },
      'listening',
    );
    this.#registry.watch(this.#feed);
  }

  #health() {
    const { state, listed } = this.#feed.standing;
    const { revision } = this.#contents;
    if (!listed) return { state: 'starting', revision, ...cut(state) } as const;
    return { state: state.kind === 'stale' ? 'stale' : 'synced', revision, ...cut(state) } as const;
  }

  /**
   * Takes options anew: what can change while running does; the names of the changed ones that need a restart are
   * returned and stay as they were.
   */
  reload(options: Options): readonly string[] {
    const old = this.#options;
    const changed = optionRows.filter(
      ({ name }) => JSON.stringify(old[name]) !== JSON.stringify(options[name]),
    );
    const live = changed.filter(({ spec }) => spec.live === true);
    this.#options = { ...old, ...Object.fromEntries(live.map(({ name }) => [name, options[name]])) };
    this.#answerer.configure(answererOptions(this.#options));
    this.#table.clear();
    return changed.filter(({ spec }) => spec.live !== true).map(({ flag }) => flag.slice(2));
  }

  /** Stops listening, finishes what is in hand within 2 s, lets go of everything. Never rejects. */
  async stop(): Promise<void> {
    await this.#listeners?.close({ graceMs: STOP_GRACE_MS });
    await this.#http?.close();
    await this.#registry?.close();
    this.#listeners = undefined;
    this.#http = undefined;
    this.#registry = undefined;
  }
}

/** Since when and why it is cut off, where it is. */
function cut(state: Feed['standing']['state']): { since?: number; cause?: unknown } {
  return state.kind === 'stale' ? { since: state.since, cause: state.cause } : {};
}

function answererOptions(options: Options): AnswererOptions {
  return {
    ttls: { ttl: options.ttl, negative: options.negativeTtl },
    version: options.chaos ? `fingerpost ${VERSION}` : undefined,
    serverId: options.chaos ? options.serverId : undefined,
  };
}

/** A server with the options given, the rest at their defaults; throws a FingerpostError of code `config`. */
export function createServer(options: GivenOptions = {}, parts: ServerParts = {}): Server {
  return new Server(completeOptions(options), parts);
}
