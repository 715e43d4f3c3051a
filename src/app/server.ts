// The server: its parts made, joined, started and stopped. The one place that knows them all.
import { Live } from '../api/live.ts';
import { pageRoutes } from '../api/page.ts';

import { type Clock, realClock, steadyClock } from '../base/clock.ts';
import { type Logger, silent } from '../base/log.ts';
import { logProgress, type ShowProgress } from '../base/progress.ts';
import { Guard, guardMemory } from '../guard/guard.ts';
import { type GuardSettings, writeSettings } from '../guard/settings.ts';
import { type Health, isReady } from '../observe/health.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { Answerer, type Keep } from '../query/answerer.ts';
import type { Respond } from '../query/responder.ts';
import type { Registry } from '../registry/registry.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { parseRegistryUrl } from '../registry/url.ts';
import { MAX_READERS } from '../table/layout.ts';
import { AnswerTable, MAIN_READER } from '../table/table.ts';
import type { OpenSocket } from '../transport/deps.ts';
import { nameToText } from '../wire/name.ts';
import { Ages } from '../zone/ages.ts';
import { Contents } from '../zone/contents.ts';
import { nameOfNode } from '../zone/node.ts';
import { Zones } from '../zone/zones.ts';
import { answererOptions } from './answerer-options.ts';
import { ServerApi } from './api.ts';
import { AppliedWord } from './applied.ts';
import {
  completeOptions,
  type GivenOptions,
  type ListenAddress,
  type Options,
  optionRows,
} from './config.ts';
import { ExpiryGuard } from './expiry-guard.ts';
import { explaining } from './explaining.ts';
import { Feed, logBad } from './feed.ts';
import { Forwarding } from './forwarding.ts';
import { guardSettings, ownSecret } from './guarding.ts';
import { healthOf, lagOf } from './health.ts';
import { liveStatus, PAGE_FOLDER } from './live-status.ts';
import { giveBackMemory } from './memory.ts';
import { Observers } from './observers.ts';
import { openRegistryOf } from './options/open-registry.ts';
import { Ports } from './ports.ts';
import { type Privileges, takeUser } from './privileges.ts';
import { StalePolicy } from './stale-policy.ts';
import { openSnapshot } from './state.ts';
import { VERSION } from './version.ts';

/** How long questions may wait in sockets that were handed over until they can be answered: clients wait 5 s, most of them. */
const FIRST_ANSWER_MS = 3000;

/** What may be handed in; each has a default. */
export interface ServerParts {
  /** Default: says nothing. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Shows how far reading the registry or a snapshot has come; by default the log does. */
  readonly progress?: ShowProgress;
  /** Default: those of the option `user`, taken when it starts. */
  readonly privileges?: Privileges;
  /** Sockets for questions that are open already, used instead of the option `listen`. */
  readonly sockets?: readonly OpenSocket[];
}

/** A DNS server over one registry. */
export class Server {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #progress: ShowProgress;
  #privileges: Privileges | undefined;
  readonly #sockets: readonly OpenSocket[];
  readonly #metrics: Metrics;
  readonly #contents: Contents;
  readonly #table: AnswerTable;
  readonly #answerer: Answerer;
  readonly #respond: Respond;
  readonly #forwarding: Forwarding;
  readonly #policy: StalePolicy;
  readonly #expiry: ExpiryGuard;
  readonly #applied: AppliedWord;
  readonly #feed: Feed;
  readonly #api: ServerApi;
  readonly #live: Live;
  readonly #observers: Observers;
  readonly #guardMemory = guardMemory(MAX_READERS);
  readonly #guard = new Guard(this.#guardMemory, MAIN_READER);
  readonly #cookieSecret = ownSecret();
  readonly #ready = Promise.withResolvers<void>();
  /** Settles when it has started, or has not; undefined before. */
  #started: Promise<void> | undefined;
  /** Resolves when it is told to stop. */
  #stopping = Promise.withResolvers<void>();
  /** Resolves when it has stopped; undefined while nobody has told it to. */
  #stopped: Promise<void> | undefined;
  #options: Options;
  #registry: Registry | undefined;
  #ports: Ports | undefined;
  #snapshot: Snapshot | undefined;

  constructor(options: Options, parts: ServerParts = {}) {
    this.#options = options;
    this.#logger = parts.logger ?? silent;
    this.#clock = parts.clock ?? realClock;
    this.#progress = parts.progress ?? logProgress(this.#logger);
    this.#privileges = parts.privileges;
    this.#sockets = parts.sockets ?? [];
    const zones = new Zones(options.zone);
    this.#metrics = createMetrics({ zones: zones.all.map(({ name }) => nameToText(name)), version: VERSION });
    this.#setGuard(guardSettings(options, this.#cookieSecret));
    const { counters } = this.#metrics;
    const table = new AnswerTable(options.tableSize, zones, () => this.#contents.tree, counters, this.#guard);
    this.#table = table;
    this.#contents = new Contents(zones, parseRegistryUrl(options.registry).prefix, {
      drop: (dependent) => {
        if (!Forwarding.dropped(dependent)) table.drop(dependent);
      },
      added: (node) => table.names.add(nameOfNode(node)),
      removed: (node) => table.names.remove(nameOfNode(node)),
      bad: (bad) => logBad(this.#logger, bad),
      touched: (node) => this.#live.touch(node),
      lost: (lost) => this.#expiry.lost(lost),
      told: (key) => this.#expiry.told(key),
    });
    const keep: Keep = (...kept) => table.keep(...kept);
    this.#answerer = new Answerer(this.#contents, answererOptions(options), keep, counters);
    this.#observers = new Observers({ counters, logger: this.#logger, clock: this.#clock });
    this.#respond = this.#observers.tapped(table.responder(this.#answerer, counters, this.#logger));
    this.#forwarding = new Forwarding(options, {
      contents: this.#contents,
      table,
      answerer: this.#answerer,
      counters,
      logger: this.#logger,
      clock: parts.clock ?? steadyClock,
      tap: this.#observers.tap.writer,
    });
    this.#metrics.show({
      guard: this.#guardMemory.counts,
      table,
      upstream: () => this.#forwarding.status().groups,
      registry: {
        ready: () => isReady(this.#health()),
        lag: () => lagOf(this.#feed.standing, this.#registry?.lastWord, this.#clock.now()),
      },
    });
    this.#policy = new StalePolicy(options, { zones, logger: this.#logger, clock: this.#clock });
    this.#expiry = new ExpiryGuard(options, {
      contents: this.#contents,
      heed: (leases) => void this.#registry?.heed(leases),
      hasExpired: async (lease) => (await this.#registry?.hasExpired(lease)) ?? false,
      counters,
      logger: this.#logger,
      clock: this.#clock,
      changed: () => this.#feed.measure(),
    });
    const tools = { logger: this.#logger, clock: this.#clock };
    this.#applied = new AppliedWord({ addresses: () => this.addresses, ...tools });
    const registry = () => this.#registry;
    this.#live = new Live({
      contents: this.#contents,
      isListed: () => this.#feed.standing.listed,
      status: () => liveStatus(this.#health(), this.#contents, this.#metrics.snapshot()),
      clock: this.#clock,
    });
    const ages = new Ages(this.#clock);
    const explanations = explaining({
      contents: this.#contents,
      answerer: this.#answerer,
      forwarding: this.#forwarding,
      table: table.memory,
      guard: this.#guardMemory,
      ages,
      standing: () => this.#feed.standing,
      ttl: () => this.#options.ttl,
      clock: parts.clock ?? steadyClock,
    });
    this.#api = new ServerApi(options, {
      registry,
      applied: this.#applied,
      zones,
      more: [
        ...this.#live.operations,
        explanations,
        this.#observers.top(this.#metrics, () => this.#health()),
      ],
      ...tools,
    });
    this.#feed = new Feed({
      ages,
      applied: this.#applied,
      policy: this.#policy,
      expiry: this.#expiry,
      contents: this.#contents,
      counters,
      logger: this.#logger,
      progress: this.#progress,
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
    return this.#ports?.addresses ?? [];
  }

  /** Where HTTP is served; undefined where it is off or not started. */
  get httpAddress(): ListenAddress | undefined {
    return this.#ports?.httpAddress;
  }

  /** The registry that is open between `start` and `stop`. */
  get registry(): Registry | undefined {
    return this.#registry;
  }

  /**
   * Opens registry and ports and begins to follow the registry; questions are SERVFAIL until `ready`. Where ports are
   * shared, they are opened when it is ready: until then whoever has them answers. Sockets that were handed over wait for
   * it for up to 3 s. Rejects with a FingerpostError
   * (`config`, `registry`, `listen`) and leaves nothing open then.
   */
  start(): Promise<void> {
    this.#stopping = Promise.withResolvers();
    this.#stopped = undefined;
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const options = this.#options;
    this.#privileges ??= takeUser(options.user);
    const privileges = this.#privileges;
    this.#observers.start(options);
    const registry = await openRegistryOf(options, { logger: this.#logger, clock: this.#clock });
    this.#registry = registry;
    await this.#applied.open(options);
    const isAwaited = this.#sockets.length > 0;
    if (!options.reusePort && !isAwaited) {
      await this.#openPorts(registry, privileges);
      this.#follow(registry);
      return;
    }
    this.#follow(registry);
    await this.#readyToOpen(isAwaited ? FIRST_ANSWER_MS : undefined);
    if (this.#stopped === undefined) await this.#openPorts(registry, privileges);
  }

  /** Waits until it can answer, is told to stop, or `mostMs` are over; undefined for as long as it takes. */
  async #readyToOpen(mostMs: number | undefined): Promise<void> {
    const isLate = Promise.withResolvers<void>();
    // Nothing else need keep the process alive while it has no ports.
    const alive = setInterval(isLate.resolve, mostMs ?? 2 ** 30);
    await Promise.race([this.ready, this.#stopping.promise, isLate.promise]);
    clearInterval(alive);
  }

  #follow(registry: Registry): void {
    const { counters } = this.#metrics;
    const deps = { counters, logger: this.#logger, clock: this.#clock, progress: this.#progress };
    const feed = this.#feed;
    const sink = this.#api.behind(feed);
    this.#snapshot = openSnapshot(this.#options, sink, deps);
    if (this.#snapshot === undefined) registry.watch(sink);
    else this.#snapshot.follow(registry, feed.fromSnapshot, (known) => feed.restored(known));
  }

  async #openPorts(registry: Registry, { bind, drop }: Privileges): Promise<void> {
    this.#ports = await Ports.open(this.#options, {
      respond: this.#respond,
      table: this.#table.memory,
      guard: this.#guardMemory,
      tap: () => this.#observers.tap.ring(),
      drops: (client) => this.#guard.drops(client),
      metrics: this.#metrics,
      health: () => this.#health(),
      routes: [this.#api.routes, pageRoutes(PAGE_FOLDER)],
      clock: this.#clock,
      log: this.#logger,
      bind,
      sockets: this.#sockets,
    });
    drop();
    this.#applied.answering();
    await this.#forwarding.start(this.addresses);
    this.#logger.info(
      { listen: this.addresses, http: this.httpAddress, registry: registry.url },
      'listening',
    );
  }

  #health(): Health {
    return healthOf({
      registry: this.#registry?.url ?? '',
      isStopping: this.#stopped !== undefined,
      standing: this.#feed.standing,
      revision: this.#contents.revision,
      upstream: this.#forwarding.status().groups,
      expired: this.#policy.expired,
      held: this.#expiry.guarded,
      options: this.#options,
    });
  }

  /**
   * Takes options anew: what can change while running does; the names of the changed ones that need a restart are
   * returned and stay as they were. Files that options name are read again; throws a FingerpostError of code `config`
   * for a mistake in one, and changes nothing then.
   */
  reload(options: Options): readonly string[] {
    const old = this.#options;
    const changed = optionRows.filter(
      ({ name }) => JSON.stringify(old[name]) !== JSON.stringify(options[name]),
    );
    const live = changed.filter(({ spec }) => spec.live === true);
    const next = { ...old, ...Object.fromEntries(live.map(({ name }) => [name, options[name]])) };
    const guarding = guardSettings(next, this.#cookieSecret);
    this.#api.configure(next);
    this.#setGuard(guarding);
    this.#options = next;
    this.#policy.configure(next);
    this.#expiry.configure(next);
    this.#answerer.configure(answererOptions(this.#options));
    this.#forwarding.configure(this.#options);
    this.#observers.configure(this.#options);
    this.#table.clear();
    return changed.filter(({ spec }) => spec.live !== true).map(({ flag }) => flag.slice(2));
  }

  /** Opens the query log again, by its name: it may have been moved away. */
  reopen(): void {
    this.#observers.reopen();
  }

  #setGuard(settings: GuardSettings): void {
    writeSettings(this.#guardMemory.settings, settings);
    this.#guard.tick(Date.now());
  }

  /**
   * Says at once that it is not ready, answers for the lameduck time all the same, then takes no more in, finishes what
   * is in hand within 2 s, and lets go of everything. Never rejects.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.resolve();
    await this.#started?.catch(() => {});
    const { lameduck, reusePort } = this.#options;
    // Whoever shares the port is asked about health from now on; where nobody does, a closed port is no sign of health.
    if (reusePort) await this.#ports?.closeHttp();
    if (lameduck > 0 && this.#ports !== undefined)
      await new Promise<void>((resolve) => this.#clock.after(lameduck * 1000, resolve));
    await this.#close();
  }

  async #close(): Promise<void> {
    const unsaid = this.#applied.close();
    await this.#ports?.close();
    await this.#forwarding.close();
    await this.#observers.close();
    await this.#snapshot?.close();
    await this.#registry?.close();
    await unsaid;
    this.#expiry.clear();
    this.#policy.state({ kind: 'starting' });
    this.#ports = undefined;
    this.#snapshot = undefined;
    this.#registry = undefined;
  }
}

/** A server with the options given, the rest at their defaults; throws a FingerpostError of code `config`. */
export function createServer(options: GivenOptions = {}, parts: ServerParts = {}): Server {
  return new Server(completeOptions(options), parts);
}
