// All that asks other servers: forwarding, stub zones, their cache; made, joined to zones and table, started and stopped.
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { Answerer, Beyond } from '../query/answerer.ts';
import { deafBeyond } from '../query/deaf.ts';
import { Externals } from '../query/externals.ts';
import { isReverse, Outside } from '../query/outside.ts';
import { Typed } from '../query/typed.ts';
import type { QueryWitness } from '../query/witness.ts';
import type { AnswerTable } from '../table/table.ts';
import type { TapWriter } from '../tap/writer.ts';
import { chooseOutgoing, type Outgoing, portable } from '../transport/outgoing.ts';
import { UpstreamCache } from '../upstream/cache.ts';
import { Resolver, type ResolverOptions } from '../upstream/cache-resolver.ts';
import type { ServerAddress } from '../upstream/deps.ts';
import { Forwarder } from '../upstream/forwarder.ts';
import type { ServerGroup } from '../upstream/group.ts';
import type { ForwarderStatus } from '../upstream/status.ts';
import { StubZones } from '../upstream/stub.ts';
import { isName, type Name, nameFromReversed, nameFromText, ROOT, reversedLabels } from '../wire/name.ts';
import type { Contents } from '../zone/contents.ts';
import type { Dependent } from '../zone/node.ts';
import { Watch } from '../zone/watch.ts';
import type { Options } from './config.ts';
import { ForwardServers } from './forward-servers.ts';

export interface ForwardingParts {
  readonly contents: Contents;
  readonly table: AnswerTable;
  readonly answerer: Answerer;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly tap: TapWriter;
}

export class Forwarding {
  readonly #parts: ForwardingParts;
  readonly #forwarder: Forwarder;
  readonly #servers: ForwardServers;
  readonly #stubs: StubZones<ServerGroup>;
  readonly #resolver: Resolver;
  readonly #outside: Outside;
  readonly #externals: Externals;
  readonly #typed: Typed;
  /** Names at which workers must not say that nothing is there. */
  #open: readonly Name[] = [];
  #options: Options;
  /** What other servers are asked over. */
  #outgoing: Outgoing = portable;
  #isClosed = false;

  constructor(options: Options, parts: ForwardingParts) {
    this.#options = options;
    this.#parts = parts;
    const { contents, table, counters, logger: log, clock, tap } = parts;
    this.#forwarder = new Forwarder(limitsOf(options), {
      clock,
      counters,
      log,
      tap,
      openUdp: (server, listener) => this.#outgoing.open(server, listener),
    });
    const cache = options.forwardCache === 0 ? undefined : new UpstreamCache(options.forwardCache, counters);
    this.#resolver = new Resolver(resolverOptions(options), { cache, counters, clock });
    this.#servers = new ForwardServers({
      forwarder: this.#forwarder,
      log,
      clock,
      changed: () => this.#othersAnswer(ROOT),
    });
    this.#stubs = new StubZones({
      groups: this.#forwarder,
      own: contents.zones.all.map(({ labels }) => labels),
      log,
      changed: (zone) => this.#othersAnswer(zone),
    });
    this.#outside = new Outside(outsideOptions(options), {
      forwarder: this.#forwarder,
      resolver: this.#resolver,
      servers: () => this.#servers.group,
      stubOf: (labels, ownDepth) => this.#stubs.of(labels, ownDepth),
      keep: (request, query, answer) => table.keepForwarded(request, query, answer),
      clock,
    });
    this.#externals = new Externals(this.#outside, options.externalTimeout * 1000, clock);
    const typed = { contents, outside: this.#outside, externals: this.#externals, clock };
    this.#typed = new Typed((options.search ?? []).map(labelsOf), typed);
    this.#servers.configure(options.forward);
    this.#stubs.configure(stubsOf(options));
    for (const { labels } of contents.zones.all) this.#watch(labels);
    this.#changed();
  }

  get #beyond(): Beyond {
    return { outside: this.#outside, externals: this.#externals, typed: this.#typed };
  }

  /** What lies beyond the zones, for an explanation: watched, and asking nobody. */
  watched(witness: QueryWitness): Beyond {
    const { contents, clock } = this.#parts;
    return deafBeyond(this.#beyond, { contents, resolver: this.#resolver, clock }, witness);
  }

  /** What is registered under `stub.dns.<zone>`. */
  #watch(zone: readonly string[]): void {
    new Watch(this.#parts.contents.tree, [...zone, 'dns', 'stub'], (services) =>
      this.#stubs.register(
        zone,
        services.map(({ labels, stored }) => {
          const { port, priority } = stored.traits;
          return { labels, host: stored.host, port, priority };
        }),
      ),
    );
  }

  /** Something that was read has changed; false where it is nothing of ours. */
  static dropped(dependent: Dependent): boolean {
    if (!(dependent instanceof Watch)) return false;
    dependent.dropped();
    return true;
  }

  /** Others are asked about a zone from now on: what is known of it is not theirs. */
  #othersAnswer(zone: Name): void {
    this.#resolver.forget(zone === ROOT ? undefined : zone);
    this.#parts.table.dropForwarded(zone);
    this.#changed();
  }

  /** Whom we serve, and which names in the zones others know of, follows from whom there is to ask. */
  #changed(): void {
    const { table, answerer, contents } = this.#parts;
    const isOn = this.#servers.group !== undefined || this.#stubs.all.length > 0;
    table.serve(isOn ? this.#options.forwardFor : []);
    answerer.lookBeyond(isOn ? this.#beyond : undefined);
    for (const name of this.#open) table.names.close(name);
    const below = [...this.#stubs.all.map(({ labels }) => labels), ...(isOn ? this.#typed.search : [])];
    const inside = below.filter((labels) => contents.zones.of(labels) !== undefined);
    if (this.#servers.group !== undefined)
      inside.push(...contents.zones.all.map(({ labels }) => labels).filter(isReverse));
    const local = this.#options.local === undefined ? [] : contents.zones.all.map(localName);
    this.#open = [...inside, ...local].flatMap(nameOf);
    for (const name of this.#open) table.names.open(name);
  }

  /** Our own ports are open, here: looks for loops from now on. Resolves when it is known whom to ask; never rejects. */
  async start(listeners: readonly ServerAddress[]): Promise<void> {
    if (this.#isClosed) this.#reopen();
    const { clock, logger: log } = this.#parts;
    if (this.#options.workers > 0) this.#outgoing = await chooseOutgoing({ clock, log });
    await this.#servers.start(listeners);
    this.#forwarder.start();
  }

  /** Takes the options that can change while running. */
  configure(options: Options): void {
    this.#options = options;
    this.#forwarder.configure(limitsOf(options));
    this.#resolver.configure(resolverOptions(options));
    this.#outside.configure(outsideOptions(options));
    this.#servers.configure(options.forward);
    this.#externals.timeoutMs = options.externalTimeout * 1000;
    this.#typed.search = (options.search ?? []).map(labelsOf);
    this.#stubs.configure(stubsOf(options));
    this.#changed();
  }

  /** For health and metrics. */
  status(): ForwarderStatus {
    return this.#forwarder.status();
  }

  /** What was closed has no servers: all of them are taken anew. */
  #reopen(): void {
    this.#isClosed = false;
    this.#servers.configure(this.#options.forward);
    this.#stubs.configure(stubsOf(this.#options));
    this.#changed();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#forwarder.close();
    this.#servers.close();
    this.#stubs.close();
    const outgoing = this.#outgoing;
    this.#outgoing = portable;
    await outgoing.close();
  }
}

function labelsOf(zone: string): string[] {
  const name = nameFromText(zone);
  return isName(name) ? reversedLabels(name) : [];
}

function nameOf(labels: readonly string[]): Name[] {
  const name = nameFromReversed(labels);
  return isName(name) ? [name] : [];
}

function localName({ labels }: { readonly labels: readonly string[] }): string[] {
  return [...labels, 'dns', 'local'];
}

function stubsOf({ stub }: Options) {
  return (stub ?? []).map(({ zone, servers }) => ({ labels: labelsOf(zone), servers }));
}

function limitsOf(options: Options) {
  return {
    timeoutMs: options.forwardTimeout * 1000,
    max: options.forwardMax,
    maxPerClient: options.forwardMaxPerClient,
  };
}

function resolverOptions(options: Options): ResolverOptions {
  return {
    lifetimes: { min: options.forwardMinTtl, max: options.forwardMaxTtl },
    staleMax: options.forwardStaleMax,
  };
}

function outsideOptions({ forwardFor, ndots }: Options) {
  return { clients: forwardFor, ndots };
}
