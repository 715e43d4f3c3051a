// What was seen while a question was answered, as fields of an explanation.
import type { Entry } from '../../upstream/cache.ts';
import type { ServerGroup } from '../../upstream/group.ts';
import { groupStatus } from '../../upstream/status.ts';
import { Rcode, typeName } from '../../wire/codes.ts';
import { labelsToText, nameToText, type ReversedLabels } from '../../wire/name.ts';
import type { Ages } from '../../zone/ages.ts';
import type { Bad } from '../../zone/bad-records.ts';
import type { Contents } from '../../zone/contents.ts';
import type { Stored } from '../../zone/stored.ts';
import type { LeftOut } from '../../zone/witness.ts';
import type { ShownAlias, ShownBad, ShownCached, ShownServers, ShownService } from './explanation.ts';
import type { LookNotes, Notes } from './notes.ts';

const MOST_SERVICES = 200;
const MOST_BAD = 100;
const MOST_ALIASES = 200;
const rcodeNames = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));

export function rcodeName(rcode: number): string {
  return rcodeNames.get(rcode) ?? `RCODE${rcode}`;
}

export interface Known {
  readonly contents: Contents;
  readonly ages: Ages;
  /** The default TTL, in seconds. */
  readonly ttl: number;
}

/** Services used before those left out, each with the name that it was looked at for. */
export function shownServices(looks: readonly LookNotes[], known: Known): ShownService[] {
  const used = looks.flatMap(({ scope, taken }) =>
    taken.map((stored) => shownService(stored, scope.labels, undefined, known)),
  );
  const left = looks.flatMap(({ scope, left }) =>
    left.map(({ stored, why }) => shownService(stored, scope.labels, why, known)),
  );
  return once([...used, ...left]).slice(0, MOST_SERVICES);
}

/** A service is looked at once for each type; what it was used for counts. */
function once(services: readonly ShownService[]): ShownService[] {
  const seen = new Map<string, ShownService>();
  for (const service of services) {
    const key = `${service.for} ${service.key}`;
    if (!seen.has(key)) seen.set(key, service);
  }
  return [...seen.values()];
}

function shownService(
  stored: Stored,
  labels: ReversedLabels,
  why: LeftOut | undefined,
  { contents, ages, ttl }: Known,
): ShownService {
  const { traits, revision, lease, held } = stored;
  const { port, priority, weight, text, group } = traits;
  const key = contents.keyOf(stored);
  const bad = contents.bad.get(key);
  return {
    key,
    for: labelsToText(labels),
    host: stored.host,
    port,
    priority,
    weight,
    text,
    group,
    ttl: stored.ttl(ttl),
    revision,
    lease: lease === undefined ? null : { id: lease.id, ttl: lease.ttl },
    age: ages.of(revision) ?? null,
    state: held ? 'held' : bad?.kept === undefined ? 'good' : 'quarantined',
    used: why === undefined,
    leftOut: why ?? null,
  };
}

/** Names whose records count: `*` and `any` stand for any label in those of a question with wildcards. */
export interface Tops {
  readonly labels: ReversedLabels;
  readonly isPattern: boolean;
}

/** Records that cannot be used at these names or below them. */
export function badAt(tops: readonly Tops[], contents: Contents): Bad[] {
  const paths = tops.map(({ labels, isPattern }) => ({
    parts: contents.keyAt(labels).toLowerCase().split('/'),
    isPattern,
  }));
  return [...contents.bad.values()].filter(({ key }) => {
    const parts = key.toLowerCase().split('/');
    return paths.some((top) =>
      top.parts.every((part, i) => part === parts[i] || (top.isPattern && isAny(part) && i < parts.length)),
    );
  });
}

function isAny(label: string): boolean {
  return label === '*' || label === 'any';
}

export function shownBad(bad: readonly Bad[]): ShownBad[] {
  return bad.slice(0, MOST_BAD).map(({ key, revision, problem, kept }) => ({
    key,
    revision,
    problem,
    servedRevision: kept ?? null,
  }));
}

/** Every CNAME that was looked at, in the order in which they were reached. */
export function shownAliases(notes: Notes): ShownAlias[] {
  const aliases = new Map<string, ShownAlias>();
  for (const { start, others, ways } of notes.all('walk')) {
    for (const stop of [start, ...others]) {
      for (const { to } of stop.onward) {
        const name = nameToText(stop.owner);
        const target = nameToText(to.owner);
        const leads = stop === start ? ways.some((way) => way.to === to) : Number.isFinite(to.toEnd);
        aliases.set(`${name} ${target}`, { name, target, leads, outside: to.holding.isOutside });
      }
    }
  }
  return [...aliases.values()].slice(0, MOST_ALIASES);
}

/** Of all groups that have to do with it, each once. */
export function shownServers(notes: Notes): ShownServers[] {
  const groups = new Set<ServerGroup>();
  for (const { group } of [...notes.all('group'), ...notes.all('ask')]) groups.add(group);
  return [...groups].map((group) => {
    const { name, servers } = groupStatus(group);
    return { group: name, servers: servers.map(({ address, state }) => ({ address, state })) };
  });
}

export function shownCached(notes: Notes, now: number): ShownCached[] {
  return notes.all('cache').map(({ name, type, entry }) => ({
    name: nameToText(name),
    type: typeName(type),
    ...cachedState(entry, now),
  }));
}

function cachedState(entry: Entry, now: number): Pick<ShownCached, 'state' | 'rcode' | 'seconds'> {
  const { outcome, expiresAt } = entry;
  const isFresh = entry.isFresh(now);
  return {
    state: isFresh ? 'fresh' : 'expired',
    rcode: outcome.kind === 'answer' ? rcodeName(outcome.reply.rcode) : null,
    seconds: Math.floor(Math.abs(expiresAt - now) / 1000),
  };
}
