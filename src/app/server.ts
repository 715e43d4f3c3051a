// The server: its parts made and joined, started and stopped in their order.
import { type Clock, realClock, steadyClock } from '../base/clock.ts';
import { type Logger, silent } from '../base/log.ts';
import { logProgress, type ShowProgress } from '../base/progress.ts';
import { type Health, isReady } from '../observe/health.ts';
import type { Registry } from '../registry/registry.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { OpenSocket } from '../transport/deps.ts';
import { Ages } from '../zone/ages.ts';
import { Answering } from './answering.ts';
import { AppliedWord } from './applied.ts';
import {
  completeOptions,
  type GivenOptions,
  type ListenAddress,
  type Options,
  optionRows,
} from './config.ts';
import { ExpiryGuard } from './expiry-guard.ts';
import { Feed } from './feed.ts';
import { healthOf, lagOf } from './health.ts';
import { openRegistryOf } from './options/open-registry.ts';
import { OverHttp } from './over-http.ts';
import { Ports } from './ports.ts';
import { type Privileges, takeUser } from './privileges.ts';
import { StalePolicy } from './stale-policy.ts';
import { openSnapshot } from './state.ts';

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
  readonly #answering: Answering;
  readonly #policy: StalePolicy;
  readonly #expiry: ExpiryGuard;
  readonly #applied: AppliedWord;
  readonly #overHttp: OverHttp;
  readonly #feed: Feed;
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
    const tools = { logger: this.#logger, clock: this.#clock };
    const steady = parts.clock ?? steadyClock;
    this.#answering = new Answering(options, {
      ...tools,
      steady,
      hooks: {
        touched: (node) => this.#overHttp.touch(node),
        lost: (lost) => this.#expiry.lost(lost),
        told: (key) => this.#expiry.told(key),
      },
    });
    const { contents, zones, metrics } = this.#answering;
    const { counters } = metrics;
    this.#policy = new StalePolicy(options, { zones, ...tools });
    this.#expiry = new ExpiryGuard(options, {
      contents,
      heed: (leases) => void this.#registry?.heed(leases),
      hasExpired: async (lease) => (await this.#registry?.hasExpired(lease)) ?? false,
      counters,
      ...tools,
      changed: () => this.#feed.measure(),
    });
    this.#applied = new AppliedWord({ addresses: () => this.addresses, ...tools });
    const ages = new Ages(this.#clock);
    this.#overHttp = new OverHttp(options, {
      answering: this.#answering,
      registry: () => this.#registry,
      applied: this.#applied,
      ages,
      standing: () => this.#feed.standing,
      health: () => this.#health(),
      ttl: () => this.#options.ttl,
      ...tools,
      steady,
    });
    this.#feed = new Feed({
      ages,
      applied: this.#applied,
      policy: this.#policy,
      expiry: this.#expiry,
      contents,
      counters,
      logger: this.#logger,
      progress: this.#progress,
      onFirstList: () => {
        this.#answering.ready();
        this.#ready.resolve();
      },
    });
    const ready = () => isReady(this.#health());
    const lag = () => lagOf(this.#feed.standing, this.#registry?.lastWord, this.#clock.now());
    metrics.show({ registry: { ready, lag } });
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
    this.#answering.observers.start(options);
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
    const { counters } = this.#answering.metrics;
    const deps = { counters, logger: this.#logger, clock: this.#clock, progress: this.#progress };
    const feed = this.#feed;
    const sink = this.#overHttp.behind(feed);
    this.#snapshot = openSnapshot(this.#options, sink, deps);
    if (this.#snapshot === undefined) registry.watch(sink);
    else this.#snapshot.follow(registry, feed.fromSnapshot, (known) => feed.restored(known));
  }

  async #openPorts(registry: Registry, { bind, drop }: Privileges): Promise<void> {
    const { respond, table, guard, guardMemory, observers, metrics, forwarding } = this.#answering;
    this.#ports = await Ports.open(this.#options, {
      respond,
      table: table.memory,
      guard: guardMemory,
      tap: () => observers.tap.ring(),
      drops: (client) => guard.drops(client),
      metrics,
      health: () => this.#health(),
      routes: this.#overHttp.routes,
      clock: this.#clock,
      log: this.#logger,
      bind,
      sockets: this.#sockets,
    });
    drop();
    this.#applied.answering();
    await forwarding.start(this.addresses);
    this.#logger.info(
      { listen: this.addresses, http: this.httpAddress, registry: registry.url },
      'listening',
    );
  }

  #health(): Health {
    const { contents, forwarding } = this.#answering;
    return healthOf({
      registry: this.#registry?.url ?? '',
      isStopping: this.#stopped !== undefined,
      standing: this.#feed.standing,
      revision: contents.revision,
      upstream: forwarding.status().groups,
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
    const takeOver = this.#answering.prepare(next);
    this.#overHttp.configure(next);
    this.#options = next;
    this.#policy.configure(next);
    this.#expiry.configure(next);
    takeOver();
    return changed.filter(({ spec }) => spec.live !== true).map(({ flag }) => flag.slice(2));
  }

  /** Opens the query log again, by its name: it may have been moved away. */
  reopen(): void {
    this.#answering.observers.reopen();
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
    await this.#answering.forwarding.close();
    await this.#answering.observers.close();
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
