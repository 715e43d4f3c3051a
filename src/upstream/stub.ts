// Stub zones: names that certain servers answer, given by the operator or registered under `stub.dns.<zone>`.
import { isIP } from 'node:net';
import type { Logger } from '../base/log.ts';
import { isName, labelsToText, type Name, nameFromReversed, type ReversedLabels } from '../wire/name.ts';

/** A server to ask: an IP address and a port. */
export interface StubServer {
  readonly host: string;
  readonly port: number;
}

/** A stub zone as the operator gives it. */
export interface GivenStub {
  readonly labels: ReversedLabels;
  readonly servers: readonly StubServer[];
}

/** A service below `stub.dns.<zone>`. */
export interface StubService {
  /** Its labels below `stub`, root first: those of the stub zone, then one that names the server. */
  readonly labels: ReversedLabels;
  readonly host: string;
  /** 0 means the port of DNS. */
  readonly port: number;
  /** The lower is asked first where nothing else is known of them. */
  readonly priority: number;
}

/** Servers that are asked for one zone. */
export interface StubGroup {
  replace(servers: readonly StubServer[]): void;
}

/** Makes such groups and ends them. */
export interface StubGroups<G extends StubGroup> {
  group(options: { readonly name: string; readonly stub: true }, servers: readonly StubServer[]): G;
  dissolve(group: G): void;
}

export interface StubParts<G extends StubGroup> {
  readonly groups: StubGroups<G>;
  /** Our own zones. */
  readonly own: readonly ReversedLabels[];
  readonly log: Logger;
  /** Who answers for this zone has changed: what is kept of it is to be forgotten. */
  readonly changed: (zone: Name) => void;
}

export interface StubZone<G extends StubGroup> {
  readonly labels: ReversedLabels;
  readonly name: Name;
  readonly group: G;
}

interface Followed<G extends StubGroup> extends StubZone<G> {
  /** Its servers, as text. */
  servers: string;
}

const DNS_PORT = 53;

export class StubZones<G extends StubGroup> {
  readonly #parts: StubParts<G>;
  #given: readonly GivenStub[] = [];
  /** What each zone of ours has registered, by that zone's name. */
  readonly #registered = new Map<string, readonly StubService[]>();
  #zones = new Map<string, Followed<G>>();
  /** Labels of the longest of them. */
  #longest = 0;
  /** Services of which it was said that they are of no use, as they were. */
  #told = new Set<string>();

  constructor(parts: StubParts<G>) {
    this.#parts = parts;
  }

  /** Takes these zones from the operator from now on. They go before what is registered for the same name. */
  configure(given: readonly GivenStub[]): void {
    this.#given = given;
    this.#follow();
  }

  /** Takes all that is registered below `stub.dns.<zone>` now. */
  register(zone: ReversedLabels, services: readonly StubService[]): void {
    this.#registered.set(labelsToText(zone), services);
    this.#follow();
  }

  /** All of them, for health and people. */
  get all(): readonly StubZone<G>[] {
    return [...this.#zones.values()];
  }

  /**
   * The stub zone that a name lies in, the longest match; undefined where it lies in none, or in a zone of our own, of
   * `ownDepth` labels, that is as long. `ownDepth` is -1 outside our own zones.
   */
  of(labels: ReversedLabels, ownDepth = -1): StubZone<G> | undefined {
    let best: StubZone<G> | undefined;
    let key = '';
    for (let depth = 1; depth <= this.#longest; depth++) {
      const label = labels[depth - 1];
      if (label === undefined) break;
      key += keyPart(label);
      if (depth > ownDepth) best = this.#zones.get(key) ?? best;
    }
    return best;
  }

  /** Ends all groups. */
  close(): void {
    for (const { group } of this.#zones.values()) this.#parts.groups.dissolve(group);
    this.#zones = new Map();
    this.#longest = 0;
  }

  /** Makes the zones what was given and registered; zones that stay keep their groups. All is done when others are told. */
  #follow(): void {
    const wanted = this.#wanted();
    const old = this.#zones;
    const changed: Name[] = [];
    this.#zones = new Map([...wanted].map(([key, zone]) => [key, this.#begin(old.get(key), zone, changed)]));
    this.#longest = Math.max(0, ...[...this.#zones.values()].map(({ labels }) => labels.length));
    for (const [key, zone] of old) {
      if (wanted.has(key)) continue;
      this.#parts.groups.dissolve(zone.group);
      this.#parts.log.info({ zone: labelsToText(zone.labels) }, 'stub zone removed');
      changed.push(zone.name);
    }
    for (const name of changed) this.#parts.changed(name);
  }

  /** A zone as it is wanted; its name goes into `changed` where it was not so. */
  #begin(old: Followed<G> | undefined, { labels, servers }: GivenStub, changed: Name[]): Followed<G> {
    const text = servers.map(({ host, port }) => `${host} ${port}`).join(', ');
    if (old?.servers === text) return old;
    const { groups, log } = this.#parts;
    const zone = labelsToText(labels);
    log.info({ zone, servers }, 'stub zone followed');
    if (old !== undefined) {
      old.group.replace(servers);
      old.servers = text;
      changed.push(old.name);
      return old;
    }
    const group = groups.group({ name: `stub ${zone}`, stub: true }, servers);
    const followed = { labels, name: nameOf(labels), group, servers: text };
    changed.push(followed.name);
    return followed;
  }

  /** Zones by key, each with its servers, each of those once. */
  #wanted(): Map<string, GivenStub> {
    const wanted = new Map<string, { labels: ReversedLabels; servers: Map<string, StubServer> }>();
    for (const { labels, host, port } of this.#usable()) {
      const zone = labels.slice(0, -1);
      const key = keyOf(zone);
      const entry = wanted.get(key) ?? { labels: zone, servers: new Map() };
      const server = { host, port: port === 0 ? DNS_PORT : port };
      entry.servers.set(`${host} ${server.port}`, server);
      wanted.set(key, entry);
    }
    const registered = [...wanted].map(([key, { labels, servers }]): [string, GivenStub] => {
      return [key, { labels, servers: [...servers.values()] }];
    });
    return new Map([
      ...registered,
      ...this.#given.map((stub): [string, GivenStub] => [keyOf(stub.labels), stub]),
    ]);
  }

  /** The registered services that are servers of stub zones, those to be asked first in front; the others are told once. */
  #usable(): StubService[] {
    const told = this.#told;
    this.#told = new Set();
    const services = [...this.#registered.values()].flat();
    const usable = services.filter((service) => {
      const problem = this.#problemOf(service);
      if (problem === undefined) return true;
      const text = `${textOf(service)}: ${problem}`;
      if (!told.has(text) && !this.#told.has(text))
        this.#parts.log.warn({ service: textOf(service), problem }, 'stub zone server left out');
      this.#told.add(text);
      return false;
    });
    return usable.sort((a, b) => a.priority - b.priority || compare(textOf(a), textOf(b)));
  }

  /** Why a service is no server of a stub zone. */
  #problemOf({ labels, host }: StubService): string | undefined {
    if (labels.length < 2) return 'its key names no zone: stub/com/example/ns1 is a server of example.com';
    const zone = keyOf(labels.slice(0, -1));
    if (this.#parts.own.some((own) => keyOf(own) === zone)) return 'the zone is answered here';
    return isIP(host) === 0 ? `host: ${JSON.stringify(host)} is not an IP address` : undefined;
  }
}

function keyOf(labels: ReversedLabels): string {
  return labels.map(keyPart).join('');
}

/** A label with its length in front, so that no two lists of them look alike. */
function keyPart(label: string): string {
  return `${label.length} ${label}`;
}

function nameOf(labels: ReversedLabels): Name {
  const name = nameFromReversed(labels);
  if (!isName(name)) throw new RangeError(`${labelsToText(labels)}: ${name}`);
  return name;
}

function textOf({ labels }: StubService): string {
  return `stub/${labels.join('/')}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
